"""Queries for a person's places, contact details, organisations and blocks.

A home is shown as a ward, without its postcode.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from app.accounts import queries as accounts
from app.areas.models import Area
from app.areas.types import AreaKind
from app.core import folding
from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force, is_current_or_future
from app.organisations.models import Organisation
from app.people.models import (
    Affiliation,
    Block,
    ContactPoint,
    PersonContact,
    Presence,
)
from app.people.queries.visibility import is_affiliation_visible, is_place_visible
from app.people.types import AreaSource, Basis, ContactKind


@dataclass(frozen=True)
class PlaceRow:
    """A place, without its postcode."""

    id: int
    basis: Basis
    place: str
    from_on: date
    ward_unknown: bool


@dataclass(frozen=True)
class ContactRow:
    """A contact detail. ``confirmed_at`` is None if it has not been verified."""

    id: int
    kind: ContactKind
    value: str
    confirmed_at: datetime | None


@dataclass(frozen=True)
class OrganisationRow:
    """An organisation that a person belongs to.

    ``organisation_id`` is None if the organisation is not in our list.
    """

    id: int
    organisation_id: int | None
    name: str
    from_on: date


@dataclass(frozen=True)
class BlockRow:
    """A user or organisation that a person blocks. ``organisation_id`` is None for a user."""

    id: int
    organisation_id: int | None
    name: str


def places(scope: Scope, person_id: int, on: date) -> list[PlaceRow]:
    """Return a person's places on a given day that the reader is allowed to see."""
    district = select(Area.code, Area.name).where(Area.kind == AreaKind.DISTRICT).subquery()
    area = Area.name.label("area")
    rows = db.session.execute(
        select(
            Presence.id,
            Presence.basis,
            Presence.settled,
            area,
            district.c.name.label("district"),
            Presence.from_on,
        )
        .outerjoin(
            Area,
            or_(
                Area.id == Presence.ward_id,
                Presence.ward_id.is_(None) & (Area.id == Presence.lsoa_id),
            ),
        )
        .outerjoin(district, district.c.code == Presence.district)
        .where(
            Presence.person_id == person_id,
            is_place_visible(scope, on),
            in_force(Presence, on),
        )
        .order_by(Presence.id)
    )
    order = list(Basis)
    lines = [
        PlaceRow(
            id=row.id,
            basis=row.basis,
            place=describe_place(row.settled, row.area, row.district),
            from_on=row.from_on,
            ward_unknown=row.settled is AreaSource.UNSETTLED and row.area is None,
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: (order.index(line.basis), line.id))


def contacts(person_id: int, on: date) -> list[ContactRow]:
    """Return a person's contact details on a given day."""
    rows = db.session.execute(
        select(PersonContact.id, ContactPoint.kind, ContactPoint.value, PersonContact.confirmed_at)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(
            PersonContact.person_id == person_id,
            in_force(PersonContact, on),
        )
        .order_by(PersonContact.id)
    )
    return [ContactRow(*row) for row in rows]


def affiliations(scope: Scope, person_id: int, on: date) -> list[OrganisationRow]:
    """Return a person's organisations on a given day that the reader is allowed to see."""
    rows = db.session.execute(
        select(
            Affiliation.id,
            Affiliation.organisation_id,
            func.coalesce(Organisation.name, Affiliation.named),
            Affiliation.from_on,
        )
        .outerjoin(Organisation, Organisation.id == Affiliation.organisation_id)
        .where(
            Affiliation.person_id == person_id,
            is_affiliation_visible(scope),
            in_force(Affiliation, on),
        )
        .order_by(Affiliation.id)
    )
    return [OrganisationRow(*row) for row in rows]


def blocks(person_id: int, on: date) -> list[BlockRow]:
    """Return the organisations and users that a person blocks, sorted by name."""
    name = func.coalesce(Organisation.name, accounts.user_name(Block.user_id))
    rows = db.session.execute(
        select(Block.id, Block.organisation_id, name)
        .outerjoin(Organisation, Organisation.id == Block.organisation_id)
        .where(
            Block.person_id == person_id,
            is_current_or_future(Block, on),
        )
        .order_by(folding.name_order(name), Block.id)
    )
    return [BlockRow(*row) for row in rows]


def describe_place(settled: AreaSource, ward: str | None, district: str | None) -> str:
    """Return the name of the ward, or words that say why the ward is not shown."""
    if ward:
        return ward
    if settled is AreaSource.OUTSIDE:
        if district:
            return str(_("%(district)s (outside the area)", district=district))
        return str(_("Outside the area"))
    return str(_("Ward unknown"))


def home_wards(person_ids: Iterable[int], on: date, basis: Basis = Basis.LIVES) -> dict[int, str]:
    """Return a description of each person's home (see `describe_place`), by person ID.

    The description is "" if there is no home. Pass another `basis` to describe another kind of
    place.
    """
    wanted = set(person_ids)
    if not wanted:
        return {}
    district = select(Area.code, Area.name).where(Area.kind == AreaKind.DISTRICT).subquery()
    rows = db.session.execute(
        select(Presence.person_id, Presence.settled, Area.name, district.c.name)
        .outerjoin(Area, Area.id == Presence.ward_id)
        .outerjoin(district, district.c.code == Presence.district)
        .where(
            Presence.person_id.in_(wanted),
            Presence.basis == basis,
            in_force(Presence, on),
        )
        .order_by(Presence.id)
    )
    found = dict.fromkeys(wanted, "")
    for person_id, settled, ward, district_name in rows:
        found[person_id] = describe_place(settled, ward, district_name)
    return found


def find_presences(person_id: int, on: date, *bases: Basis) -> list[Presence]:
    """Return a person's places on a given day. `bases` limits which places."""
    query = select(Presence).where(Presence.person_id == person_id, in_force(Presence, on))
    if bases:
        query = query.where(Presence.basis.in_(bases))
    return list(db.session.scalars(query.order_by(Presence.id)))


def find_serving_presence(person_id: int, area_id: int, on: date) -> int | None:
    """Return the ID of the presence for a person who helps in an area, or None."""
    return db.session.scalar(
        select(Presence.id).where(
            Presence.person_id == person_id,
            Presence.basis == Basis.SERVES,
            or_(Presence.ward_id == area_id, Presence.lsoa_id == area_id),
            in_force(Presence, on),
        )
    )


def home_ward(person_id: int, on: date) -> str | None:
    """Return the GSS code of a person's home ward on a given day, or None."""
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
