"""Where people are, as rows; and where they live in words: a ward, never a postcode."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import or_, select

from app.areas.models import Area
from app.areas.types import AreaKind
from app.core.db import db
from app.core.in_force import in_force
from app.people.models import Presence
from app.people.types import Basis, Settled


def place_in_words(settled: Settled, ward: str | None, district: str | None) -> str:
    """A place as staff and its owner read it."""
    if ward:
        return ward
    if settled is Settled.OUTSIDE:
        if district:
            return str(_("%(district)s (outside the area)", district=district))
        return str(_("Outside the area"))
    return str(_("Ward unknown"))


def homes(person_ids: Iterable[int], on: date, basis: Basis = Basis.LIVES) -> dict[int, str]:
    """Person id → their home on a day as its ward; "" for who named none."""
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
        found[person_id] = place_in_words(settled, ward, district_name)
    return found


def places_of(person_id: int, on: date, *bases: Basis) -> list[Presence]:
    """A person's places on a day, of these bases (all when none is named)."""
    query = select(Presence).where(Presence.person_id == person_id, in_force(Presence, on))
    if bases:
        query = query.where(Presence.basis.in_(bases))
    return list(db.session.scalars(query.order_by(Presence.id)))


def serving_place(person_id: int, area_id: int, on: date) -> int | None:
    """The id of the presence by which a person serves an area on a day; None: they do not."""
    return db.session.scalar(
        select(Presence.id).where(
            Presence.person_id == person_id,
            Presence.basis == Basis.SERVES,
            or_(Presence.ward_id == area_id, Presence.lsoa_id == area_id),
            in_force(Presence, on),
        )
    )
