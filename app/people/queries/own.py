"""Reads for somebody's own page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.areas.models import Area
from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force, not_over
from app.organisations.models import Network
from app.organisations.queries import secrecy
from app.people.models import Absence, ExcludedArea, Membership, Person, Presence
from app.people.types import Basis


@dataclass(frozen=True)
class OfUser:
    """Who signs in as a user; approved: they were taken on."""

    id: int
    approved: bool


def person_of_user(user_id: int) -> OfUser | None:
    """Who signs in as this user; None for staff, who are no people of the network."""
    row = db.session.execute(
        select(Person.id, Person.approved_at).where(Person.user_id == user_id)
    ).first()
    return OfUser(row.id, row.approved_at is not None) if row is not None else None


def is_protected_user(user_id: int) -> bool:
    """Whether the person who signs in as this user is protected."""
    found = select(Person.id).where(Person.user_id == user_id, Person.protected_at.is_not(None))
    return db.session.scalar(found) is not None


def memberships(person_id: int, on: date) -> list[Membership]:
    """What a person belongs to on a day."""
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
    """The networks a person belongs to on a day."""
    return frozenset(each.network_id for each in memberships(person_id, on))


def absences(person_id: int, on: date) -> list[Absence]:
    """The absences that cover a day, or are still to come; the nearest first."""
    return list(
        db.session.scalars(
            select(Absence)
            .where(
                Absence.person_id == person_id,
                not_over(Absence, on),
            )
            .order_by(Absence.from_on, Absence.id)
        )
    )


def absence(person_id: int, on: date) -> Absence | None:
    """The absence that covers a day, or is still to come; the nearest."""
    return next(iter(absences(person_id, on)), None)


def excluded_areas(person_id: int) -> list[ExcludedArea]:
    """The wards where a person does not want to be asked to help."""
    return list(
        db.session.scalars(
            select(ExcludedArea)
            .where(ExcludedArea.person_id == person_id)
            .order_by(ExcludedArea.area_id)
        )
    )


def network_slugs(scope: Scope, person_id: int, on: date) -> list[str]:
    """The slugs of the networks a person belongs to on a day, that the reader may know of."""
    return list(
        db.session.scalars(
            select(Network.slug)
            .where(Network.id.in_(network_ids(person_id, on)), secrecy.network_known_to(scope))
            .order_by(Network.position, Network.id)
        )
    )


def home_ward(person_id: int, on: date) -> str | None:
    """GSS code of the ward a person lives in on a day, where it is known."""
    return db.session.scalar(
        select(Area.code)
        .join(Presence, Presence.ward_id == Area.id)
        .where(
            Presence.person_id == person_id,
            Presence.basis == Basis.LIVES,
            in_force(Presence, on),
        )
        .order_by(Presence.id.desc())
        .limit(1)
    )
