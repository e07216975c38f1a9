"""Who may be asked for which need: the hard rules, before any wish is weighed.

For each open need the rules are asked in order, and whoever falls to one is counted under it, so
that a place that stays empty can say why: an in-date certificate on the day; active; within the
person's reach; no answer given already; not as many places as one may have; and what must not be
told apart (a ward they ruled out, no known place). Needs not of a sensitive network are for
general champions, and what people do for a sensitive network is not weighed there: whoever reads
such a need must learn nothing of it. People who blocked the need's maker, the one who
runs the matching, or the organisation the need's network belongs to are counted nowhere: for this
need there is no such person. The same goes for whom the one who runs it may not see at all, and for
needs they may not know of. Only the worker and the command line import this module.

Distances: whether somebody is within reach is judged by the metre, but what is weighed and shown is
whole kilometres, because a home is told to nobody closer than by its ward.
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
from app.matching.optimum.problem import Need as AskedNeed
from app.matching.places import Flags, Places
from app.matching.queries import candidates as reads
from app.matching.queries import open_needs
from app.matching.queries.open_needs import OpenNeed
from app.people.queries import participation

METRES = 1_000


@dataclass
class Gathered:
    """What the solver is asked, and for each need how many people fell to which rule."""

    needs: list[AskedNeed] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    excluded: dict[int, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Everybody:
    """All who could ever be asked, as arrays in the order of their ids."""

    id: NDArray[np.int64]
    reach: NDArray[np.int64]  # metres
    load: NDArray[np.int64]  # assignments that stand, and requests without an answer
    active: Flags

    def flags(self, ids: Collection[int]) -> Flags:
        """True for the people named."""
        return np.isin(self.id, np.fromiter(ids, dtype=np.int64, count=len(ids)))


def gather_general(actor: Actor, on: date, prices: Prices) -> Gathered:
    """What a run on `on` needs to know of the needs of general champions."""
    scope = Scope.of(actor).as_sent_on()
    return _gather(actor, scope, open_needs.read(scope, on), on, prices, {})


def gather_sensitive(
    actor: Actor, on: date, prices: Prices, proposed: Mapping[int, int]
) -> Gathered:
    """The same of the needs of sensitive networks; nothing for who may not know of them.

    proposed: person id → for how many other needs this run proposes them.
    """
    scope = Scope.of(actor)
    needs = [need for need in open_needs.read(scope, on) if need.sensitive]
    return _gather(actor, scope, needs, on, prices, proposed) if needs else Gathered()


def _gather(
    actor: Actor,
    scope: Scope,
    needs: Sequence[OpenNeed],
    on: date,
    prices: Prices,
    proposed: Mapping[int, int],
) -> Gathered:
    everybody = _everybody(scope, on, proposed)
    places = Places.read(scope, on, everybody.id)
    members = _members(on)
    blocked = _Blocks.read(on)
    answered = _answered(on)
    ruled_out = _ruled_out()
    holders: dict[tuple[str, ...], set[int]] = {}
    gathered = Gathered()
    for need in needs:
        if need.held >= need.places:
            continue
        if need.kinds not in holders:
            holders[need.kinds] = certificates.ids_in_date(on, need.kinds)
        metres = places.metres_to(need)
        there = everybody.flags(blocked.none_of(actor.user_id, need))
        if need.network_id is not None:
            there &= everybody.flags(members[need.network_id])
        trained = everybody.flags(holders[need.kinds])
        free = metres >= 0
        for part in need.parts | need.wholes:
            free &= ~everybody.flags(ruled_out[part])
        rules = {
            "certificate": trained,
            "inactive": everybody.active,
            "reach": (metres <= everybody.reach) | (metres < 0),
            "answered": ~everybody.flags(answered[need.id]),
            "busy": everybody.load < len(prices.assignments),
            "unavailable": free,
        }
        may = np.logical_and.reduce([there, *rules.values()])
        gathered.excluded[need.id] = _fallen(there, rules)
        served = bool((places.present_in(need) & trained & everybody.active).any())
        gathered.needs.append(
            AskedNeed(need.id, need.area_id, need.places, need.priority, need.held, served)
        )
        gathered.candidates += [
            Candidate(int(person), need.id, _whole_kilometres(int(distance)), False, int(load))
            for person, distance, load in zip(
                everybody.id[may], metres[may], everybody.load[may], strict=True
            )
        ]
    return gathered


def _whole_kilometres(metres: int) -> int:
    """In metres, rounded to the nearest kilometre."""
    return (metres + METRES // 2) // METRES * METRES


def _fallen(there: Flags, rules: Mapping[str, Flags]) -> dict[str, int]:
    """How many fell to each rule, each counted once, under the first that applies."""
    left, counts = there.copy(), {}
    for rule, kept in rules.items():
        counts[rule] = int((left & ~kept).sum())
        left &= kept
    return counts


def _everybody(scope: Scope, on: date, proposed: Mapping[int, int]) -> _Everybody:
    """Everybody who could ever be asked, with what this run proposes them for already."""
    rows = reads.everybody(scope, on)
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    more = [proposed.get(person_id, 0) for person_id in columns[0]]
    return _Everybody(
        id=np.array(columns[0], dtype=np.int64),
        reach=np.array(columns[1], dtype=np.int64) * METRES,
        load=np.array(columns[2], dtype=np.int64) + np.array(more, dtype=np.int64),
        active=np.array(columns[3], dtype=np.bool_),
    )


def _members(on: date) -> dict[int, set[int]]:
    """Network id → ids of its members on a day."""
    members: dict[int, set[int]] = defaultdict(set)
    for person_id, network_id in participation.members_on(on):
        members[network_id].add(person_id)
    return members


@dataclass(frozen=True)
class _Blocks:
    """Who never wants to meet whom."""

    everybody: frozenset[int]
    by_user: dict[int, set[int]]
    by_organisation: dict[int, set[int]]

    @classmethod
    def read(cls, on: date) -> _Blocks:
        """Blocks that stand on a day."""
        by_user: dict[int, set[int]] = defaultdict(set)
        by_organisation: dict[int, set[int]] = defaultdict(set)
        for person_id, user_id, organisation_id in participation.blocks_on(on):
            if user_id is not None:
                by_user[user_id].add(person_id)
            if organisation_id is not None:
                by_organisation[organisation_id].add(person_id)
        return cls(participation.all_ids(), by_user, by_organisation)

    def none_of(self, runner_user_id: int | None, need: OpenNeed) -> frozenset[int]:
        """People who would not mind meeting whoever stands behind this need."""
        against: set[int] = set()
        for user_id in (runner_user_id, need.maker_user_id):
            if user_id is not None:
                against |= self.by_user.get(user_id, set())
        if need.approver_id is not None:
            against |= self.by_organisation.get(need.approver_id, set())
        return self.everybody - against


def _answered(on: date) -> dict[int, set[int]]:
    """Need id → people who serve it, were asked, or said no."""
    answered: dict[int, set[int]] = defaultdict(set)
    for need_id, person_id in reads.answered(on):
        answered[need_id].add(person_id)
    return answered


def _ruled_out() -> dict[int, set[int]]:
    """Area id → people who do not want to be asked to serve there."""
    ruled_out: dict[int, set[int]] = defaultdict(set)
    for person_id, area_id in participation.areas_ruled_out():
        ruled_out[area_id].add(person_id)
    return ruled_out
