"""Check whether people who were asked to serve a need can still do so.

The rules are the same as in a run (app.matching.candidates), except for distance and load, which
the run considered before the person was asked. Web pages import this module, so it must not load
numpy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from app.certificates import queries as certificates
from app.core import programme
from app.matching import queries
from app.matching.queries import candidates as candidate_queries
from app.matching.queries import open_needs
from app.matching.types import Obstacle, ProposalRow
from app.people.queries import participation


def with_obstacles(rows: Iterable[ProposalRow], on: date) -> list[ProposalRow]:
    """Return the proposals, each with the reason why its person cannot serve now, or None."""
    rows = list(rows)
    found = find_obstacles([row.id for row in rows], on)
    return [replace(row, obstacle=found.get(row.id)) for row in rows]


def find_obstacles(proposal_ids: Collection[int], on: date) -> dict[int, Obstacle]:
    """Return why people cannot serve now, by proposal ID. Leave out proposals without a reason."""
    asked = candidate_queries.request_facts(proposal_ids, on)
    people = {each.person_id for each in asked}
    trained = _trained({_kinds(each.kind) for each in asked}, people, on)
    areas = open_needs.areas_around({each.area_id for each in asked})
    ruled_out, members, blocks = (
        _ruled_out(people),
        set(participation.members_on(on, people)),
        _blocks(people, on),
    )
    found = {}
    for each in asked:
        people_behind_need = {
            ("user", each.creator_user_id),
            ("user", queries.started_by(each.run_id)),
            ("organisation", each.approver_id),
        }
        unavailable = (
            not areas[each.area_id].isdisjoint(ruled_out.get(each.person_id, ()))
            or (each.network_id is not None and (each.person_id, each.network_id) not in members)
            or any((each.person_id, *blocked) in blocks for blocked in people_behind_need)
        )
        if not each.is_participating:
            found[each.id] = Obstacle.INACTIVE
        elif (each.person_id, _kinds(each.kind)) not in trained:
            found[each.id] = Obstacle.CERTIFICATE
        elif unavailable:
            found[each.id] = Obstacle.UNAVAILABLE
    return found


def _kinds(kind: str | None) -> tuple[str, ...]:
    return (kind,) if kind else tuple(programme.setting("community_status", {}).get("kinds", ()))


def _trained(
    kinds: Iterable[tuple[str, ...]], people: set[int], on: date
) -> set[tuple[int, tuple[str, ...]]]:
    found = set()
    for each in kinds:
        holders = certificates.ids_in_date(on, each)
        found |= {(person_id, each) for person_id in people & holders}
    return found


def _ruled_out(people: set[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for person_id, area_id in participation.excluded_areas_of(people):
        found.setdefault(person_id, set()).add(area_id)
    return found


def _blocks(people: set[int], on: date) -> set[tuple[int, str, int | None]]:
    return {
        (person_id, "user", user_id) if user_id else (person_id, "organisation", organisation_id)
        for person_id, user_id, organisation_id in participation.blocks_on(on, people)
    }
