"""Check whether people can be asked to serve, can accept a request, or can continue to serve.

The hard rules are in app.matching.rules. Web pages import this module, so it must not load numpy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date

from app.certificates import queries as certificates
from app.core.actor import EVERYONE, Scope
from app.matching.optimum.problem import Prices
from app.matching.queries import candidates as candidate_queries
from app.matching.queries import open_needs
from app.matching.queries.candidates import Case, PersonFacts
from app.matching.queries.open_needs import OpenNeed
from app.matching.rules import METRES_PER_KM, Facts, Location, Stage, find_obstacle, metres_between
from app.matching.types import Obstacle, ProposalRow
from app.people.queries import participation


def add_obstacles(rows: Iterable[ProposalRow], on: date) -> list[ProposalRow]:
    """Return the requests, each with the reason why the person can no longer accept it, if any."""
    rows = list(rows)
    found = find_obstacles_to_accepting([row.id for row in rows], on)
    return [replace(row, obstacle=found.get(row.id)) for row in rows]


def find_obstacles_to_accepting(proposal_ids: Collection[int], on: date) -> dict[int, Obstacle]:
    """Return the reasons why people cannot accept these requests, by proposal ID."""
    cases = candidate_queries.cases_for_proposals(proposal_ids)
    return find_obstacles(EVERYONE, cases, Stage.ACCEPT, on)


def find_obstacles_to_asking(
    scope: Scope, proposal_ids: Collection[int], on: date
) -> dict[int, Obstacle]:
    """Return the reasons why people cannot be asked, by proposal ID.

    Assignments for sensitive networks do not count as obstacles to other needs.
    """
    cases = candidate_queries.cases_for_proposals(proposal_ids)
    sensitive = {
        need.id
        for need in open_needs.load_needs_by_id({each.need_id for each in cases}, on).values()
        if need.sensitive
    }
    hidden = [each for each in cases if each.need_id in sensitive]
    general = [each for each in cases if each.need_id not in sensitive]
    return {
        **find_obstacles(scope.for_sharing(), general, Stage.ASK, on),
        **find_obstacles(scope, hidden, Stage.ASK, on),
    }


def find_obstacles_to_serving(assignment_ids: Collection[int], on: date) -> dict[int, Obstacle]:
    """Return the reasons why people can no longer serve, by assignment ID."""
    cases = candidate_queries.cases_for_assignments(assignment_ids)
    return find_obstacles(EVERYONE, cases, Stage.SERVE, on)


def find_obstacles(
    scope: Scope, cases: Sequence[Case], stage: Stage, on: date
) -> dict[int, Obstacle]:
    """Return the first rule that each person does not meet, by case ID.

    Only the locations, assignments and requests visible to the reader are considered.
    """
    if not cases:
        return {}
    facts = _facts_by_case(scope, cases, on)
    found = {each.id: find_obstacle(facts[each.id], stage) for each in cases}
    return {case_id: obstacle for case_id, obstacle in found.items() if obstacle is not None}


def _facts_by_case(scope: Scope, cases: Sequence[Case], on: date) -> dict[int, Facts]:
    """Return the facts that the rules check, by case ID."""
    person_ids = {each.person_id for each in cases}
    needs = open_needs.load_needs_by_id({each.need_id for each in cases}, on)
    people = candidate_queries.facts_by_person(person_ids, on)
    trained = {
        kinds: certificates.in_date_holder_ids(on, kinds, person_ids)
        for kinds in {need.kinds for need in needs.values()}
    }
    places = _find_locations(scope, person_ids, on)
    restrictions = _Restrictions(person_ids, on)
    loads = candidate_queries.count_loads(scope, person_ids, on)
    asked_pairs = set(candidate_queries.pairs_to_exclude(on, person_ids))
    max_load = len(Prices().assignments)
    facts = {}
    for each in cases:
        need, person = needs[each.need_id], people[each.person_id]
        facts[each.id] = Facts(
            is_trained=each.person_id in trained[need.kinds],
            state=person.state,
            metres=metres_between(
                places[each.person_id], need.centres, need.parts | need.containers
            ),
            reach_metres=person.reach_km * METRES_PER_KM,
            is_allowed=restrictions.allow(each, need),
            load=loads.get(each.person_id, 0),
            max_load=max_load,
            was_asked=(each.need_id, each.person_id) in asked_pairs,
            protection_changed=_has_become_protected_since(person, each.since),
        )
    return facts


def _has_become_protected_since(person: PersonFacts, since: date | None) -> bool:
    return since is not None and person.protected_on is not None and person.protected_on > since


def _find_locations(
    scope: Scope, person_ids: Collection[int], on: date
) -> dict[int, list[Location]]:
    found: dict[int, list[Location]] = defaultdict(list)
    for person_id, *place in candidate_queries.visible_presences(scope, on, person_ids):
        found[person_id].append(Location(*place))
    return found


class _Restrictions:
    """The people's networks, excluded areas, and blocked users and organisations."""

    def __init__(self, person_ids: Collection[int], on: date) -> None:
        self._ruled_out = set(participation.excluded_areas_by_person(person_ids))
        self._members = set(participation.membership_pairs(on, person_ids))
        self._blocks = {
            (person_id, "user", user_id)
            if user_id
            else (person_id, "organisation", organisation_id)
            for person_id, user_id, organisation_id in participation.unexpired_blocks(
                on, person_ids
            )
        }

    def allow(self, case: Case, need: OpenNeed) -> bool:
        """Return whether the person can be considered for the need."""
        person_id = case.person_id
        responsible = {
            ("user", need.creator_user_id),
            ("user", case.starter_user_id),
            ("organisation", need.approver_id),
        }
        return not (
            any((person_id, area_id) in self._ruled_out for area_id in need.parts | need.containers)
            or (need.network_id is not None and (person_id, need.network_id) not in self._members)
            or any((person_id, *party) in self._blocks for party in responsible)
        )
