"""Whether who was asked may still be asked: between a request and its answer things change.

The rules are those of a run (app.matching.candidates) that hold for the person and the need as
such, read again for those few; being near, and having other places, was weighed when they were
asked. Nothing of numbers is loaded here: web pages import this module.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import case, or_, select

from app.certificates import queries as certificates
from app.certificates.models import CertificateKind
from app.core import programme
from app.core.db import db
from app.core.in_force import in_force, not_over
from app.matching import open_needs, queries
from app.matching.models import Need, Proposal
from app.matching.types import Against, ProposalRow
from app.organisations.models import Network
from app.people.models import Block, ExcludedArea, Membership, Person
from app.people.queries.states import active_on, quiet_on


@dataclass(frozen=True)
class _Asked:
    """A request with what the rules look at."""

    id: int
    run_id: int
    person_id: int
    area_id: int
    network_id: int | None
    maker_user_id: int | None
    approver_id: int | None
    kind: str | None
    here: bool  # approved, not away, not left


def marked(rows: Iterable[ProposalRow], on: date) -> list[ProposalRow]:
    """The rows, each with what is against it now."""
    listed = list(rows)
    found = against([row.id for row in listed], on)
    return [replace(row, against=found.get(row.id)) for row in listed]


def against(proposal_ids: Collection[int], on: date) -> dict[int, Against]:
    """Proposal → why its person can't serve the need now; nothing for those who can."""
    asked = _read(proposal_ids, on)
    people = {each.person_id for each in asked}
    trained = _trained({_kinds(each.kind) for each in asked}, people, on)
    around = open_needs.around({each.area_id for each in asked})
    ruled_out, members, blocks = _ruled_out(people), _members(people, on), _blocks(people, on)
    found = {}
    for each in asked:
        behind = {
            ("user", each.maker_user_id),
            ("user", queries.started_by(each.run_id)),
            ("organisation", each.approver_id),
        }
        unavailable = (
            not around[each.area_id].isdisjoint(ruled_out.get(each.person_id, ()))
            or (each.network_id is not None and (each.person_id, each.network_id) not in members)
            or any((each.person_id, *who) in blocks for who in behind)
        )
        if not each.here:
            found[each.id] = Against.INACTIVE
        elif (each.person_id, _kinds(each.kind)) not in trained:
            found[each.id] = Against.CERTIFICATE
        elif unavailable:
            found[each.id] = Against.UNAVAILABLE
    return found


def _read(proposal_ids: Collection[int], on: date) -> list[_Asked]:
    here = case((or_(active_on(on), quiet_on(on)), True), else_=False)
    rows = db.session.execute(
        select(
            Proposal.id,
            Proposal.run_id,
            Proposal.person_id,
            Need.area_id,
            Need.network_id,
            Need.made_by_user_id,
            Network.approver_id,
            CertificateKind.slug,
            here,
        )
        .join(Need, Need.id == Proposal.need_id)
        .join(Person, Person.id == Proposal.person_id)
        .outerjoin(Network, Network.id == Need.network_id)
        .outerjoin(CertificateKind, CertificateKind.id == Need.kind_id)
        .where(Proposal.id.in_(proposal_ids))
        .order_by(Proposal.id)
    )
    return [_Asked(*row) for row in rows]


def _kinds(kind: str | None) -> tuple[str, ...]:
    return (kind,) if kind else tuple(programme.setting("community_status", {}).get("kinds", ()))


def _trained(
    kinds: Iterable[tuple[str, ...]], people: set[int], on: date
) -> set[tuple[int, tuple[str, ...]]]:
    found = set()
    for each in kinds:
        holders = set(db.session.scalars(certificates.holders_in_date(on, each)))
        found |= {(person_id, each) for person_id in people & holders}
    return found


def _ruled_out(people: set[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    rows = db.session.execute(
        select(ExcludedArea.person_id, ExcludedArea.area_id).where(
            ExcludedArea.person_id.in_(people)
        )
    )
    for person_id, area_id in rows:
        found.setdefault(person_id, set()).add(area_id)
    return found


def _members(people: set[int], on: date) -> set[tuple[int, int]]:
    rows = db.session.execute(
        select(Membership.person_id, Membership.network_id).where(
            Membership.person_id.in_(people), in_force(Membership, on)
        )
    )
    return {(person_id, network_id) for person_id, network_id in rows}


def _blocks(people: set[int], on: date) -> set[tuple[int, str, int | None]]:
    rows = db.session.execute(
        select(Block.person_id, Block.user_id, Block.organisation_id).where(
            Block.person_id.in_(people), not_over(Block, on)
        )
    )
    return {
        (person_id, "user", user_id) if user_id else (person_id, "organisation", organisation_id)
        for person_id, user_id, organisation_id in rows
    }
