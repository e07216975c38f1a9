"""Queries for the queue of applications, and for the approvers of each person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, not_, or_, select, tuple_

from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force, is_current_or_future
from app.organisations.queries import Approver, approvers
from app.people.models import Block, Membership, Person, TrainingClaim
from app.people.queries.joining import is_blocked
from app.people.queries.states import must_confirm_email
from app.people.queries.visibility import (
    is_claim_visible,
    is_general_champion_on,
    is_network_member,
    visible_to,
)
from app.registration.queries import has_phone_or_post


@dataclass(frozen=True)
class ApplicationFilter:
    """The filter for the queue of applications.

    ``confirmed`` includes applications without an email address, and applications that staff can
    confirm by phone or post. ``network_ids`` limits the queue to people in these networks. None
    means no limit.
    """

    confirmed: bool = True
    network_ids: frozenset[int] | None = None


def _is_pending(filters: ApplicationFilter, on: date) -> ColumnElement[bool]:
    unconfirmed = and_(must_confirm_email(on), Person.confirmed_at.is_(None))
    conditions = [
        Person.approved_at.is_(None),
        Person.declined_at.is_(None),
        Person.left_on.is_(None),
        or_(not_(unconfirmed), has_phone_or_post()) if filters.confirmed else unconfirmed,
    ]
    if filters.network_ids is not None:
        conditions.append(is_network_member(filters.network_ids, on))
    return and_(*conditions)


def _is_readable(scope: Scope, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for applications that the reader can see.

    Partners see only the applications that they decide on.
    """
    visible = visible_to(scope, on)
    if scope.everyone:
        return visible
    own_decisions = [
        _is_approved_by(each, on) for each in approvers(on) if _is_own_organisation(scope, each)
    ]
    return and_(visible, or_(false(), *own_decisions))


def _is_approved_by(approver: Approver, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people that this organisation approves."""
    members = is_network_member({approver.network_id}, on)
    return and_(members, not_(is_general_champion_on(on))) if approver.sensitive else members


def _is_own_organisation(scope: Scope, approver: Approver) -> bool:
    return approver.organisation_id in scope.organisation_ids


def pending_applicants(
    scope: Scope, on: date, filters: ApplicationFilter, after: Sequence[Any] | None, size: int
) -> list[Person]:
    """Return up to ``size`` applicants, longest waiting first.

    ``after`` is the (registered_at, id) of the last applicant on the previous page.
    """
    query = select(Person).where(_is_pending(filters, on), _is_readable(scope, on))
    if after is not None:
        query = query.where(tuple_(Person.registered_at, Person.id) > tuple(after))
    return list(db.session.scalars(query.order_by(Person.registered_at, Person.id).limit(size)))


def count_awaiting_decision(scope: Scope, on: date) -> int:
    """Return the number of applications that are waiting for a decision by this reader."""
    condition = and_(_is_pending(ApplicationFilter(), on), _is_readable(scope, on))
    if scope.everyone:
        condition = and_(condition, not_(_is_decided_by_partner(on)))
    return db.session.scalar(select(func.count()).select_from(Person).where(condition)) or 0


def _is_decided_by_partner(on: date) -> ColumnElement[bool]:
    conditions = [
        and_(
            _is_approved_by(each, on),
            not_(is_blocked(each, Person.id, on)),
        )
        for each in approvers(on)
    ]
    return or_(*conditions) if conditions else Person.id.is_(None)


def approvers_by_person(person_ids: Iterable[int], on: date) -> dict[int, tuple[Approver, ...]]:
    """Return the organisations that decide on each person, by person ID.

    The tuple is empty if coordinators decide. An organisation does not decide on people who blocked
    it or all of its partner coordinators.
    """
    ids = set(person_ids)
    found: dict[int, tuple[Approver, ...]] = {person_id: () for person_id in ids}
    by_network: dict[int, list[Approver]] = {}
    for approver in approvers(on):
        by_network.setdefault(approver.network_id, []).append(approver)
    if not ids or not by_network:
        return found
    blocked: dict[int, tuple[list[int | None], list[int | None]]] = {each: ([], []) for each in ids}
    for person_id, organisation_id, user_id in db.session.execute(
        select(Block.person_id, Block.organisation_id, Block.user_id).where(
            Block.person_id.in_(ids), is_current_or_future(Block, on)
        )
    ):
        blocked[person_id][0].append(organisation_id)
        blocked[person_id][1].append(user_id)
    members = db.session.execute(
        select(
            Membership.person_id,
            Membership.network_id,
            case((is_general_champion_on(on), True), else_=False),
        )
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.person_id.in_(ids),
            Membership.network_id.in_(by_network),
            in_force(Membership, on),
        )
        .order_by(Membership.id)
    )
    for person_id, network_id, general in members:
        for approver in by_network[network_id]:
            if approver.sensitive and general:
                continue
            if not approver.is_blocked(*blocked[person_id]):
                found[person_id] += (approver,)
    return found


def people_with_unchecked_claims(scope: Scope, person_ids: Iterable[int]) -> frozenset[int]:
    """Return the IDs of the people who reported training that has not been checked yet."""
    return frozenset(
        db.session.scalars(
            select(TrainingClaim.person_id).where(
                TrainingClaim.person_id.in_(set(person_ids)),
                TrainingClaim.settled_at.is_(None),
                is_claim_visible(scope),
            )
        )
    )


def lock_person(person_id: int) -> bool:
    """Lock the row of a person. Return False if it no longer exists."""
    locked = select(Person.id).where(Person.id == person_id).with_for_update()
    return db.session.scalar(locked) is not None


def people_by_id(person_ids: Iterable[int]) -> Sequence[Person]:
    """Return these people. The caller must check that the reader is allowed to see them."""
    return db.session.scalars(select(Person).where(Person.id.in_(list(person_ids)))).all()
