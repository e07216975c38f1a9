"""Queries for applications to join a network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, tuple_

from app.accounts import queries as accounts
from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force, is_current_or_future
from app.organisations.models import Network
from app.organisations.queries import Approver, approvers, secrecy
from app.people.membership_models import MembershipApplication
from app.people.models import Block, Membership, Person
from app.people.queries.visibility import is_general_champion_on, visible_network_ids, visible_to


@dataclass(frozen=True)
class ApplicationRow:
    """An open application to join a network.

    ``decider`` is the name of the organisation that decides, or "" if coordinators decide.
    """

    id: int
    person_id: int
    person: str
    network_id: int
    network: str
    sensitive: bool
    applied_at: datetime
    decider: str


@dataclass(frozen=True)
class DecidedApplication:
    """An application and its outcome. The outcome is empty for an open application."""

    network: str
    applied_at: datetime
    decided_at: datetime | None
    accepted: bool | None
    withdrawn_at: datetime | None
    reason: str | None
    decided_by_user_id: int | None
    decided_by: str | None


def _is_open() -> ColumnElement[bool]:
    return and_(
        MembershipApplication.decided_at.is_(None), MembershipApplication.withdrawn_at.is_(None)
    )


def is_blocked(approver: Approver, person_id: Any, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for an approver that the person blocks.

    A person can block the approver itself or all its partner coordinators. `person_id` is a column.
    """
    mine = (Block.person_id == person_id, is_current_or_future(Block, on))
    organisation = select(Block.id).where(*mine, Block.organisation_id == approver.organisation_id)
    coordinators = select(func.count(Block.user_id.distinct())).where(
        *mine, Block.user_id.in_(approver.coordinator_ids)
    )
    blocked = coordinators.scalar_subquery() == len(approver.coordinator_ids)
    return or_(organisation.exists(), blocked)


def _is_decided_by(approver: Approver, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for applications that an approver decides.

    The approver must not be blocked by the person. Unless the network is sensitive, the person must
    be a general champion.
    """
    seen = [not_(is_blocked(approver, MembershipApplication.person_id, on))]
    if not approver.sensitive:
        seen.append(is_general_champion_on(on))
    return and_(MembershipApplication.network_id == approver.network_id, *seen)


def _is_visible_to(
    scope: Scope, on: date, all_approvers: Sequence[Approver]
) -> ColumnElement[bool]:
    """Return the SQL condition for applications that a reader is allowed to see.

    Coordinators see applications from people and to networks that are visible to them. Partners see
    applications that their organisation decides, even before they can see the person's record.
    """
    if scope.everyone:
        return and_(visible_to(scope, on), secrecy.is_network_visible(scope))
    networks = visible_network_ids(scope)
    own = [
        _is_decided_by(each, on)
        for each in all_approvers
        if each.organisation_id in scope.organisation_ids and each.network_id in networks
    ]
    user_blocked = (
        select(Block.id)
        .where(
            Block.person_id == MembershipApplication.person_id,
            Block.user_id == scope.user_id,
            is_current_or_future(Block, on),
        )
        .exists()
    )
    return and_(or_(false(), *own), not_(user_blocked))


def _member_conditions(on: date) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for applications from people who are in the network."""
    return [
        Person.approved_at.is_not(None),
        or_(Person.left_on.is_(None), Person.left_on > on),
    ]


def _select_applications(
    scope: Scope, on: date, all_approvers: Sequence[Approver], condition: ColumnElement[bool]
) -> Any:
    return (
        select(MembershipApplication, Person.full_name, Network.name, Network.sensitive)
        .join(Person, Person.id == MembershipApplication.person_id)
        .join(Network, Network.id == MembershipApplication.network_id)
        .where(condition, *_member_conditions(on), _is_visible_to(scope, on, all_approvers))
    )


def open_applications(
    scope: Scope, on: date, after: Sequence[Any] | None, size: int
) -> list[ApplicationRow]:
    """Return up to ``size`` open applications that the reader can see, oldest first.

    ``after`` is the (applied_at, id) of the last row of the previous page.
    """
    all_approvers = approvers(on)
    query = _select_applications(scope, on, all_approvers, _is_open())
    key = (MembershipApplication.applied_at, MembershipApplication.id)
    if after is not None:
        query = query.where(tuple_(*key) > tuple(after))
    return _application_rows(
        db.session.execute(query.order_by(*key).limit(size)).all(), all_approvers, on
    )


def find_application(scope: Scope, on: date, application_id: int) -> ApplicationRow | None:
    """Return an application, or None if it is not visible to the reader.

    The application is open, or was decided by the reader.
    """
    all_approvers = approvers(on)
    mine = MembershipApplication.decided_by_user_id == scope.user_id
    query = _select_applications(scope, on, all_approvers, or_(_is_open(), mine)).where(
        MembershipApplication.id == application_id
    )
    return next(iter(_application_rows(db.session.execute(query).all(), all_approvers, on)), None)


def _application_rows(
    rows: Sequence[Any], all_approvers: Sequence[Approver], on: date
) -> list[ApplicationRow]:
    names = _approver_names_by_application([row[0].id for row in rows], all_approvers, on)
    return [
        ApplicationRow(
            id=row.id,
            person_id=row.person_id,
            person=person,
            network_id=row.network_id,
            network=network,
            sensitive=sensitive,
            applied_at=row.applied_at,
            decider=names.get(row.id, ""),
        )
        for row, person, network, sensitive in rows
    ]


def _approver_names_by_application(
    ids: Collection[int], all_approvers: Sequence[Approver], on: date
) -> dict[int, str]:
    found: dict[int, str] = {}
    for approver in all_approvers if ids else ():
        decided = (
            select(MembershipApplication.id)
            .join(Person, Person.id == MembershipApplication.person_id)
            .where(MembershipApplication.id.in_(ids), _is_decided_by(approver, on))
        )
        for application_id in db.session.scalars(decided):
            found.setdefault(application_id, approver.organisation)
    return found


def count_open_applications(scope: Scope, on: date) -> int:
    """Return the number of open applications that the reader can decide."""
    all_approvers = approvers(on)
    query = (
        select(func.count())
        .select_from(MembershipApplication)
        .join(Person, Person.id == MembershipApplication.person_id)
        .join(Network, Network.id == MembershipApplication.network_id)
        .where(_is_open(), *_member_conditions(on), _is_visible_to(scope, on, all_approvers))
    )
    if scope.everyone:
        query = query.where(*(not_(_is_decided_by(each, on)) for each in all_approvers))
    return db.session.scalar(query) or 0


def approver_names_by_network(
    person_id: int, network_ids: Collection[int], on: date
) -> dict[int, str]:
    """Return the name of the organisation that decides applications to each network.

    Networks without an approver are left out, and so are networks whose approver cannot decide on
    this person.
    """
    rows = db.session.execute(
        select(Block.organisation_id, Block.user_id).where(
            Block.person_id == person_id, is_current_or_future(Block, on)
        )
    ).all()
    blocked = [row[0] for row in rows], [row[1] for row in rows]
    general = db.session.scalar(
        select(Person.id).where(Person.id == person_id, is_general_champion_on(on))
    )
    found: dict[int, str] = {}
    for each in approvers(on):
        may_see = not each.is_blocked(*blocked) and (each.sensitive or general is not None)
        if each.network_id in network_ids and may_see:
            found.setdefault(each.network_id, each.organisation)
    return found


def approver_ids(network_ids: Iterable[int]) -> dict[int, int]:
    """Return the approver's ID by network ID. Omits networks without an approver."""
    rows = db.session.execute(
        select(Network.id, Network.approver_id).where(
            Network.id.in_(set(network_ids)), Network.approver_id.is_not(None)
        )
    )
    return {network_id: organisation_id for network_id, organisation_id in rows if organisation_id}


def find_open_applications(person_id: int) -> list[MembershipApplication]:
    """Return a person's open applications, sorted by ID."""
    return list(
        db.session.scalars(
            select(MembershipApplication)
            .where(MembershipApplication.person_id == person_id, _is_open())
            .order_by(MembershipApplication.id)
        )
    )


def open_network_ids(person_id: int) -> frozenset[int]:
    """Return the IDs of the networks that a person has applied to join."""
    return frozenset(each.network_id for each in find_open_applications(person_id))


def lock_application(application_id: int) -> MembershipApplication | None:
    """Lock and return an application, or None if it does not exist."""
    return db.session.scalar(
        select(MembershipApplication)
        .where(MembershipApplication.id == application_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def pending_network_names(scope: Scope, person_id: int, on: date) -> list[tuple[str, str]]:
    """Return (network, organisation) names for each of a person's open applications.

    They are in the programme's order of networks. The organisation is "" if coordinators
    decide. Networks hidden from the reader are left out.
    """
    rows = db.session.execute(
        select(Network.id, Network.name)
        .join(MembershipApplication, MembershipApplication.network_id == Network.id)
        .where(
            MembershipApplication.person_id == person_id,
            _is_open(),
            secrecy.is_network_visible(scope),
        )
        .order_by(Network.position, Network.id)
    ).all()
    approver_names = (
        approver_names_by_network(person_id, {row[0] for row in rows}, on) if rows else {}
    )
    return [(name, approver_names.get(network_id, "")) for network_id, name in rows]


def visible_applications(scope: Scope, person_id: int) -> list[DecidedApplication]:
    """Return all of a person's applications that the reader is allowed to see, oldest first."""
    rows = db.session.execute(
        select(
            Network.name,
            MembershipApplication,
            accounts.user_name(MembershipApplication.decided_by_user_id),
        )
        .join(Network, Network.id == MembershipApplication.network_id)
        .where(MembershipApplication.person_id == person_id, secrecy.is_network_visible(scope))
        .order_by(MembershipApplication.applied_at, MembershipApplication.id)
    )
    return [
        DecidedApplication(
            network=name,
            applied_at=row.applied_at,
            decided_at=row.decided_at,
            accepted=row.accepted,
            withdrawn_at=row.withdrawn_at,
            reason=row.reason,
            decided_by_user_id=row.decided_by_user_id,
            decided_by=by,
        )
        for name, row, by in rows
    ]


def application_pairs(person_ids: Collection[int]) -> set[tuple[int, int]]:
    """Return (person ID, network ID) pairs for all applications from these people."""
    rows = db.session.execute(
        select(MembershipApplication.person_id, MembershipApplication.network_id).where(
            MembershipApplication.person_id.in_(person_ids)
        )
    )
    return {(row[0], row[1]) for row in rows}


def find_membership(person_id: int, network_id: int, on: date) -> Membership | None:
    """Return the person's membership of a network on a given day, or None."""
    return db.session.scalar(
        select(Membership)
        .where(
            Membership.person_id == person_id,
            Membership.network_id == network_id,
            in_force(Membership, on),
        )
        .limit(1)
    )
