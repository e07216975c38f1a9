"""Whether who was asked may still be asked: between a request and its answer things change.

The rules are those of a run (app.matching.candidates) that hold for the person and the need as
such, read again for those few; being near, and having other places, was weighed when they were
asked. Nothing of numbers is loaded here: web pages import this module.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from app.certificates import queries as certificates
from app.core import programme
from app.matching import queries
from app.matching.queries import candidates as reads
from app.matching.queries import open_needs
from app.matching.types import Against, ProposalRow
from app.people.queries import participation


def marked(rows: Iterable[ProposalRow], on: date) -> list[ProposalRow]:
    """The rows, each with what is against it now."""
    listed = list(rows)
    found = against([row.id for row in listed], on)
    return [replace(row, against=found.get(row.id)) for row in listed]


def against(proposal_ids: Collection[int], on: date) -> dict[int, Against]:
    """Proposal → why its person can't serve the need now; nothing for those who can."""
    asked = reads.asked(proposal_ids, on)
    people = {each.person_id for each in asked}
    trained = _trained({_kinds(each.kind) for each in asked}, people, on)
    around = open_needs.around({each.area_id for each in asked})
    ruled_out, members, blocks = (
        _ruled_out(people),
        set(participation.members_on(on, people)),
        _blocks(people, on),
    )
    found = {}
    for each in asked:
        makers = {
            ("user", each.maker_user_id),
            ("user", queries.started_by(each.run_id)),
            ("organisation", each.approver_id),
        }
        unavailable = (
            not around[each.area_id].isdisjoint(ruled_out.get(each.person_id, ()))
            or (each.network_id is not None and (each.person_id, each.network_id) not in members)
            or any((each.person_id, *who) in blocks for who in makers)
        )
        if not each.here:
            found[each.id] = Against.INACTIVE
        elif (each.person_id, _kinds(each.kind)) not in trained:
            found[each.id] = Against.CERTIFICATE
        elif unavailable:
            found[each.id] = Against.UNAVAILABLE
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
    for person_id, area_id in participation.areas_ruled_out(people):
        found.setdefault(person_id, set()).add(area_id)
    return found


def _blocks(people: set[int], on: date) -> set[tuple[int, str, int | None]]:
    return {
        (person_id, "user", user_id) if user_id else (person_id, "organisation", organisation_id)
        for person_id, user_id, organisation_id in participation.blocks_on(on, people)
    }
