"""Where people live, as staff may read it: a ward, never a postcode."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select

from app.areas.models import Area
from app.areas.types import AreaKind
from app.core.db import db
from app.core.in_force import in_force
from app.people.models import Presence
from app.people.types import Basis, Settled

NOT_SETTLED = "Not settled yet"
OUTSIDE = "Outside the area"


def place_in_words(settled: Settled, ward: str | None, district: str | None) -> str:
    """A place as staff and its owner read it."""
    if ward:
        return ward
    if settled is Settled.OUTSIDE:
        return f"{district} (outside the area)" if district else OUTSIDE
    return NOT_SETTLED


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
