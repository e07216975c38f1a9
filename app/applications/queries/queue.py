"""The queue of applications, and who decides about whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, not_, or_, select, tuple_

from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force, not_over
from app.organisations.queries import Approver, approvers
from app.people.models import Block, Membership, Person, TrainingClaim
from app.people.queries.states import needs_proof
from app.people.queries.visibility import belongs_to, claim_known_to, general_on, visible_to


@dataclass(frozen=True)
class ApplicationFilter:
    """The applications to show: with their address proved (or without one), or not proved yet; and
    of which networks (None: of all and none).
    """

    proved: bool = True
    network_ids: frozenset[int] | None = None


def _waiting(which: ApplicationFilter, on: date) -> ColumnElement[bool]:
    unproved = and_(needs_proof(on), Person.confirmed_at.is_(None))
    wanted = [
        Person.approved_at.is_(None),
        Person.declined_at.is_(None),
        Person.left_on.is_(None),
        not_(unproved) if which.proved else unproved,
    ]
    if which.network_ids is not None:
        wanted.append(belongs_to(which.network_ids, on))
    return and_(*wanted)


def _theirs(scope: Scope, on: date) -> ColumnElement[bool]:
    """Coordinators see all they may read; a partner sees those it decides about, nobody else."""
    seen = visible_to(scope, on)
    if scope.everyone:
        return seen
    theirs = [_of(each, on) for each in approvers(on) if _is_of(scope, each)]
    return and_(seen, or_(false(), *theirs))


def _of(approver: Approver, on: date) -> ColumnElement[bool]:
    """A condition on Person: this organisation approves them."""
    members = belongs_to({approver.network_id}, on)
    return and_(members, not_(general_on(on))) if approver.sensitive else members


def _is_of(scope: Scope, approver: Approver) -> bool:
    return approver.organisation_id in scope.organisation_ids


def waiting_people(
    scope: Scope, on: date, which: ApplicationFilter, after: Sequence[Any] | None, size: int
) -> list[Person]:
    """Up to `size` applicants, the longest waiting first, after a (registered_at, id)."""
    query = select(Person).where(_waiting(which, on), _theirs(scope, on))
    if after is not None:
        query = query.where(tuple_(Person.registered_at, Person.id) > tuple(after))
    return list(db.session.scalars(query.order_by(Person.registered_at, Person.id).limit(size)))


def count_to_decide(scope: Scope, on: date) -> int:
    """How many wait for this reader's own decision."""
    mine = and_(_waiting(ApplicationFilter(), on), _theirs(scope, on))
    if scope.everyone:
        mine = and_(mine, not_(_decided_by_a_partner(on)))
    return db.session.scalar(select(func.count()).select_from(Person).where(mine)) or 0


def _decided_by_a_partner(on: date) -> ColumnElement[bool]:
    conditions = [
        and_(
            _of(each, on),
            not_(_has_blocked(each.organisation_id, on)),
        )
        for each in approvers(on)
    ]
    return or_(*conditions) if conditions else Person.id.is_(None)


def _has_blocked(organisation_id: int, on: date) -> ColumnElement[bool]:
    return (
        select(Block.id)
        .where(
            Block.person_id == Person.id,
            Block.organisation_id == organisation_id,
            not_over(Block, on),
        )
        .exists()
    )


def waiting_for(person_ids: Iterable[int], on: date) -> dict[int, tuple[Approver, ...]]:
    """Person id → the organisations that decide about them; () when coordinators do.

    An organisation that the person never wants to meet does not decide about them.
    """
    wanted = set(person_ids)
    found: dict[int, tuple[Approver, ...]] = {person_id: () for person_id in wanted}
    by_network: dict[int, list[Approver]] = {}
    for approver in approvers(on):
        by_network.setdefault(approver.network_id, []).append(approver)
    if not wanted or not by_network:
        return found
    blocked = {
        (person_id, organisation_id)
        for person_id, organisation_id in db.session.execute(
            select(Block.person_id, Block.organisation_id).where(
                Block.person_id.in_(wanted),
                not_over(Block, on),
            )
        )
    }
    members = db.session.execute(
        select(
            Membership.person_id, Membership.network_id, case((general_on(on), True), else_=False)
        )
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.person_id.in_(wanted),
            Membership.network_id.in_(by_network),
            in_force(Membership, on),
        )
        .order_by(Membership.id)
    )
    for person_id, network_id, general in members:
        for approver in by_network[network_id]:
            if approver.sensitive and general:
                continue
            if (person_id, approver.organisation_id) not in blocked:
                found[person_id] += (approver,)
    return found


def with_claims(scope: Scope, person_ids: Iterable[int]) -> frozenset[int]:
    """Those among them who say they were trained before, and nobody has looked at it yet."""
    return frozenset(
        db.session.scalars(
            select(TrainingClaim.person_id).where(
                TrainingClaim.person_id.in_(set(person_ids)),
                TrainingClaim.settled_at.is_(None),
                claim_known_to(scope),
            )
        )
    )


def lock(person_id: int) -> bool:
    """Lock the person's row, with all that refers to it; False when it no longer exists."""
    locked = select(Person.id).where(Person.id == person_id).with_for_update()
    return db.session.scalar(locked) is not None


def people(person_ids: Iterable[int]) -> Sequence[Person]:
    """These people. Whether the reader may see them was asked before."""
    return db.session.scalars(select(Person).where(Person.id.in_(list(person_ids)))).all()
