"""Queries for networks, absences, activity, excluded areas and blocks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select

from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force, is_current_or_future
from app.organisations.models import Network
from app.organisations.queries import secrecy
from app.people.models import (
    Absence,
    Block,
    ExcludedArea,
    Membership,
    Person,
)
from app.people.queries.joining import open_network_ids


def memberships(person_id: int, on: date) -> list[Membership]:
    """Return a person's memberships on a given day."""
    return list(
        db.session.scalars(
            select(Membership)
            .where(
                Membership.person_id == person_id,
                in_force(Membership, on),
            )
            .order_by(Membership.id)
        )
    )


def network_ids(person_id: int, on: date) -> frozenset[int]:
    """Return the IDs of a person's networks on a given day."""
    return frozenset(each.network_id for each in memberships(person_id, on))


def absences(person_id: int, on: date) -> list[Absence]:
    """Return a person's current and future absences on a given day, soonest first."""
    return list(
        db.session.scalars(
            select(Absence)
            .where(
                Absence.person_id == person_id,
                is_current_or_future(Absence, on),
            )
            .order_by(Absence.from_on, Absence.id)
        )
    )


def find_absence(person_id: int, on: date) -> Absence | None:
    """Return a person's current or next absence on a given day, or None."""
    return next(iter(absences(person_id, on)), None)


def excluded_areas(person_id: int) -> list[ExcludedArea]:
    """Return the wards where a person does not want to help."""
    return list(
        db.session.scalars(
            select(ExcludedArea)
            .where(ExcludedArea.person_id == person_id)
            .order_by(ExcludedArea.area_id)
        )
    )


def network_slugs(scope: Scope, person_id: int, on: date) -> list[str]:
    """Return the slugs of a person's networks that the reader is allowed to see.

    This includes networks that the person has applied to join.
    """
    chosen = network_ids(person_id, on) | open_network_ids(person_id)
    return list(
        db.session.scalars(
            select(Network.slug)
            .where(Network.id.in_(chosen), secrecy.is_network_visible(scope))
            .order_by(Network.position, Network.id)
        )
    )


def membership_pairs(on: date, person_ids: Collection[int] | None = None) -> list[tuple[int, int]]:
    """Return (person ID, network ID) pairs for memberships on a given day.

    If ``person_ids`` is None, include everybody.
    """
    query = select(Membership.person_id, Membership.network_id).where(in_force(Membership, on))
    if person_ids is not None:
        query = query.where(Membership.person_id.in_(person_ids))
    return [(person_id, network_id) for person_id, network_id in db.session.execute(query)]


def unexpired_blocks(
    on: date, person_ids: Collection[int] | None = None
) -> list[tuple[int, int | None, int | None]]:
    """Return (person ID, user ID, organisation ID) for each current or future block.

    A block has either a user or an organisation. The other one is None. If ``person_ids`` is None,
    include everybody.
    """
    query = select(Block.person_id, Block.user_id, Block.organisation_id).where(
        is_current_or_future(Block, on)
    )
    if person_ids is not None:
        query = query.where(Block.person_id.in_(person_ids))
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]


def excluded_areas_by_person(person_ids: Collection[int] | None = None) -> list[tuple[int, int]]:
    """Return (person ID, area ID) pairs for areas where people do not want to help.

    If ``person_ids`` is None, include everybody.
    """
    query = select(ExcludedArea.person_id, ExcludedArea.area_id)
    if person_ids is not None:
        query = query.where(ExcludedArea.person_id.in_(person_ids))
    return [(person_id, area_id) for person_id, area_id in db.session.execute(query)]


def all_person_ids() -> frozenset[int]:
    """Return the IDs of all people. This ignores who is allowed to see them."""
    return frozenset(db.session.scalars(select(Person.id)))
