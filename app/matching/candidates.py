"""Select the candidates for each open need.

A person must pass every hard rule to be a candidate. Each person is counted once, under the first
rule that excludes them, to explain why a vacancy was not filled. The rules, in order:

1. The person holds a certificate that is in date on the day.
2. The person is active.
3. The need is within the distance that the person is willing to travel.
4. The person has not been asked about this need before.
5. The person has fewer assignments and open requests than the limit.
6. The person is available: they have not ruled out the ward, and their location is known. Staff
   must not be able to tell these two reasons apart.

Only general champions are considered for a need without a sensitive network. Their assignments for
sensitive networks are ignored when their load is calculated, because staff who can see the need
must not learn about those assignments.

These people and needs are never considered or counted:

- people who have blocked the user who created the need, the user who started the run, or the
  organisation that approves the need's network
- people and needs that the actor is not allowed to see

Distances are compared in metres but scored and shown in whole kilometres, so that they do not
reveal a home more precisely than its ward does.

app.matching.rules applies the same rules to one person and one need. A test compares the two.

Only the worker and the command line import this module.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.certificates import queries as certificates
from app.core.actor import Actor, Scope
from app.matching.optimum.problem import Candidate, Prices
from app.matching.optimum.problem import Need as SolverNeed
from app.matching.places import Flags, Locations
from app.matching.queries import candidates as candidate_queries
from app.matching.queries import open_needs
from app.matching.queries.open_needs import OpenNeed
from app.matching.rules import METRES_PER_KM
from app.people.queries import participation


@dataclass
class SolverInput:
    """The solver's input, and the number of people excluded by each rule, by need ID."""

    needs: list[SolverNeed] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    excluded: dict[int, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class _People:
    """The people who could be asked, as arrays sorted by ID."""

    id: NDArray[np.int64]
    reach: NDArray[np.int64]  # metres
    load: NDArray[np.int64]  # current assignments and unanswered requests
    active: Flags

    def to_mask(self, ids: Collection[int]) -> Flags:
        """Return an array that is True at the positions of these people."""
        return np.isin(self.id, np.fromiter(ids, dtype=np.int64, count=len(ids)))


def build_general_input(actor: Actor, on: date, prices: Prices) -> SolverInput:
    """Return the solver's input for needs that general champions can fill."""
    scope = Scope.for_actor(actor).for_sharing()
    return _gather_candidates(actor, scope, open_needs.read_open_needs(scope, on), on, prices, {})


def build_sensitive_input(
    actor: Actor, on: date, prices: Prices, times_proposed: Mapping[int, int]
) -> SolverInput:
    """Return the solver's input for the needs of sensitive networks.

    The input is empty if the actor is not allowed to see these needs. ``times_proposed`` is the
    number of other needs that this run has proposed each person for, by person ID.
    """
    scope = Scope.for_actor(actor)
    needs = [need for need in open_needs.read_open_needs(scope, on) if need.sensitive]
    return (
        _gather_candidates(actor, scope, needs, on, prices, times_proposed)
        if needs
        else SolverInput()
    )


def _gather_candidates(
    actor: Actor,
    scope: Scope,
    needs: Sequence[OpenNeed],
    on: date,
    prices: Prices,
    times_proposed: Mapping[int, int],
) -> SolverInput:
    """Apply the hard rules to these needs and return the solver's input."""
    people = _read_people(scope, on, times_proposed)
    places = Locations.load(scope, on, people.id)
    members = _members_by_network(on)
    blocks = _Blocks.load(on)
    already_asked = _asked_people_by_need(on)
    ruled_out = _unwilling_people_by_area()
    holders: dict[tuple[str, ...], set[int]] = {}
    solver_input = SolverInput()
    for need in needs:
        if need.held >= need.places:
            continue
        if need.kinds not in holders:
            holders[need.kinds] = certificates.in_date_holder_ids(on, need.kinds)
        metres = places.distances_to(need)
        considered = people.to_mask(blocks.unblocked_people(actor.user_id, need))
        if need.network_id is not None:
            considered &= people.to_mask(members[need.network_id])
        trained = people.to_mask(holders[need.kinds])
        available = metres >= 0
        for area_id in need.parts | need.containers:
            available &= ~people.to_mask(ruled_out[area_id])
        rules = {
            "certificate": trained,
            "inactive": people.active,
            "reach": (metres <= people.reach) | (metres < 0),
            "answered": ~people.to_mask(already_asked[need.id]),
            "busy": people.load < len(prices.assignments),
            "unavailable": available,
        }
        eligible = np.logical_and.reduce([considered, *rules.values()])
        solver_input.excluded[need.id] = _count_exclusions(considered, rules)
        served = bool((places.mask_present(need) & trained & people.active).any())
        solver_input.needs.append(
            SolverNeed(need.id, need.area_id, need.places, need.priority, need.held, served)
        )
        solver_input.candidates += [
            Candidate(int(person), need.id, _round_to_kilometres(int(distance)), False, int(load))
            for person, distance, load in zip(
                people.id[eligible], metres[eligible], people.load[eligible], strict=True
            )
        ]
    return solver_input


def _round_to_kilometres(metres: int) -> int:
    """Round a distance to the nearest kilometre and return it in metres."""
    return (metres + METRES_PER_KM // 2) // METRES_PER_KM * METRES_PER_KM


def _count_exclusions(considered: Flags, rules: Mapping[str, Flags]) -> dict[str, int]:
    """Return the number of people excluded by each rule, counting each person once."""
    remaining, counts = considered.copy(), {}
    for rule, passed in rules.items():
        counts[rule] = int((remaining & ~passed).sum())
        remaining &= passed
    return counts


def _read_people(scope: Scope, on: date, times_proposed: Mapping[int, int]) -> _People:
    """Return everyone who could be asked. Their load includes the proposals of this run."""
    rows = candidate_queries.list_candidates(scope, on)
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    newly_proposed = [times_proposed.get(person_id, 0) for person_id in columns[0]]
    return _People(
        id=np.array(columns[0], dtype=np.int64),
        reach=np.array(columns[1], dtype=np.int64) * METRES_PER_KM,
        load=np.array(columns[2], dtype=np.int64) + np.array(newly_proposed, dtype=np.int64),
        active=np.array(columns[3], dtype=np.bool_),
    )


def _members_by_network(on: date) -> dict[int, set[int]]:
    """Return the IDs of the members of each network, by network ID."""
    members: dict[int, set[int]] = defaultdict(set)
    for person_id, network_id in participation.membership_pairs(on):
        members[network_id].add(person_id)
    return members


@dataclass(frozen=True)
class _Blocks:
    """The users and organisations that people have blocked."""

    everybody: frozenset[int]
    by_user: dict[int, set[int]]
    by_organisation: dict[int, set[int]]

    @classmethod
    def load(cls, on: date) -> _Blocks:
        """Return the blocks that are in force on a given day."""
        by_user: dict[int, set[int]] = defaultdict(set)
        by_organisation: dict[int, set[int]] = defaultdict(set)
        for person_id, user_id, organisation_id in participation.unexpired_blocks(on):
            if user_id is not None:
                by_user[user_id].add(person_id)
            if organisation_id is not None:
                by_organisation[organisation_id].add(person_id)
        return cls(participation.all_person_ids(), by_user, by_organisation)

    def unblocked_people(self, runner_user_id: int | None, need: OpenNeed) -> frozenset[int]:
        """Return the IDs of people who have not blocked anybody responsible for this need."""
        blocked: set[int] = set()
        for user_id in (runner_user_id, need.creator_user_id):
            if user_id is not None:
                blocked |= self.by_user.get(user_id, set())
        if need.approver_id is not None:
            blocked |= self.by_organisation.get(need.approver_id, set())
        return self.everybody - blocked


def _asked_people_by_need(on: date) -> dict[int, set[int]]:
    """Return the IDs of the people assigned to each need or already asked about it."""
    asked: dict[int, set[int]] = defaultdict(set)
    for need_id, person_id in candidate_queries.pairs_to_exclude(on):
        asked[need_id].add(person_id)
    return asked


def _unwilling_people_by_area() -> dict[int, set[int]]:
    """Return the IDs of people who do not want to serve in an area, by area ID."""
    ruled_out: dict[int, set[int]] = defaultdict(set)
    for person_id, area_id in participation.excluded_areas_by_person():
        ruled_out[area_id].add(person_id)
    return ruled_out
