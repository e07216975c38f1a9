"""Queries for the places where fictional people can live, and for rows that the steps need."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from app.areas import queries as areas
from app.areas.models import Area, AreaPart, Postcode
from app.areas.types import AreaKind
from app.core.db import db
from app.core.links import Link
from app.messages.models import Message
from app.messages.types import DEMO_HISTORY
from app.organisations.models import Network, Organisation
from app.people.models import TrainingClaim


def postcodes(districts: Collection[str], excluded: Collection[str] = ()) -> Sequence[Any]:
    """Return the postcode, easting and northing of current postcodes, sorted by postcode.

    Only postcodes in ``districts`` and not in ``excluded`` are returned.
    """
    return db.session.execute(
        select(Postcode.postcode, Postcode.easting, Postcode.northing)
        .where(
            Postcode.district.in_(districts),
            Postcode.district.not_in(excluded),
            Postcode.terminated_on.is_(None),
            Postcode.easting.is_not(None),
            Postcode.northing.is_not(None),
        )
        .order_by(Postcode.postcode)
    ).all()


def wards() -> Sequence[Area]:
    """Return the programme's current wards that have a centre, sorted by code."""
    return db.session.scalars(
        select(Area)
        .where(
            Area.kind == AreaKind.WARD,
            Area.in_programme,
            Area.valid_until.is_(None),
            Area.easting.is_not(None),
        )
        .order_by(Area.code)
    ).all()


def lsoas(area_ids: Collection[int]) -> Sequence[Area]:
    """Return the LSOAs among these areas that have a centre, sorted by code."""
    return db.session.scalars(
        select(Area)
        .where(Area.id.in_(area_ids), Area.kind == AreaKind.LSOA, Area.easting.is_not(None))
        .order_by(Area.code)
    ).all()


def towns_by_ward() -> dict[int, str]:
    """Return the slug of each area's town, by area ID. Areas outside towns are left out."""
    rows = db.session.execute(
        select(AreaPart.part_id, Area.code)
        .join(Area, Area.id == AreaPart.whole_id)
        .where(Area.kind == AreaKind.TOWN, areas.is_current_part())
    )
    return {ward_id: town for ward_id, town in rows}


def wards_by_area(area_ids: Collection[int]) -> dict[int, int]:
    """Return the ID of each area's ward, by area ID."""
    rows = db.session.execute(
        select(AreaPart.part_id, Area.id)
        .join(Area, Area.id == AreaPart.whole_id)
        .where(Area.kind == AreaKind.WARD, AreaPart.part_id.in_(area_ids), areas.is_current_part())
    )
    return {lsoa_id: ward_id for lsoa_id, ward_id in rows}


def organisation(slug: str) -> Organisation | None:
    """Return the organisation with this slug, or None."""
    return db.session.scalar(select(Organisation).where(Organisation.slug == slug))


def network_id(slug: str | None) -> int | None:
    """Return the ID of the network with this slug, or None."""
    return db.session.scalar(select(Network.id).where(Network.slug == slug))


def link_id(purpose: str, subject: str) -> Any:
    """Return the ID of the link with this purpose and subject, or None."""
    return db.session.scalar(
        select(Link.id).where(Link.purpose == purpose, Link.subject == subject)
    )


def claim_id(person_id: int) -> int | None:
    """Return the ID of a person's training claim, or None."""
    return db.session.scalar(select(TrainingClaim.id).where(TrainingClaim.person_id == person_id))


def messages_without_text() -> Sequence[Message]:
    """Return the messages without stored text, sorted by ID."""
    return db.session.scalars(
        select(Message)
        .where(Message.provider_reference == DEMO_HISTORY, Message.text.is_(None))
        .order_by(Message.id)
    ).all()
