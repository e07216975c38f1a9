"""Create areas and postcodes. The programme's own areas have already been loaded."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from app.areas.models import Area, AreaPart, AreaVersion, DirectoryEdition, Postcode
from app.areas.types import AreaKind
from app.core import clock
from app.core.db import db

_numbers = count(1)
LONG_AGO = date(2019, 4, 1)


def area(kind: AreaKind = AreaKind.WARD, code: str | None = None, **values: Any) -> Area:
    """Create an area of the programme, by default far away from all others."""
    number = next(_numbers)
    given: dict[str, Any] = {
        "name": f"Place {number}",
        "vintage": "2025",
        "easting": 100_000 + number,
        "northing": 900_000,
        "in_programme": True,
    }
    made = Area(kind=kind, code=code or f"E05999{number:03d}", **(given | values))
    db.session.add(made)
    db.session.flush()
    db.session.add(
        AreaVersion(
            area_id=made.id, name=made.name, in_programme=made.in_programme, from_on=LONG_AGO
        )
    )
    db.session.flush()
    return made


def part(whole: Area, inside: Area) -> None:
    """Record that the area `inside` is part of the area `whole`."""
    db.session.add(AreaPart(whole_id=whole.id, part_id=inside.id, from_on=LONG_AGO))
    db.session.flush()


def edition(*, has_wards: bool = True, rows: int = 0, vintage: str = "2025-11") -> DirectoryEdition:
    """Create an imported edition of the postcode directory."""
    made = DirectoryEdition(
        source="A directory of tests",
        vintage=vintage,
        digest=f"{next(_numbers):064d}",
        rows=rows,
        has_wards=has_wards,
        imported_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    return made


def postcode(
    text: str,
    district: str | None = "E07000143",
    ward: str | None = None,
    lsoa: str | None = None,
    *,
    at: tuple[int, int] | None = None,
    terminated_on: date | None = None,
    stems_from: DirectoryEdition | None = None,
) -> Postcode:
    """Create a postcode in the directory, or replace it. `at` is its position in metres."""
    source = stems_from or edition(has_wards=ward is not None)
    made = Postcode(
        postcode=text.replace(" ", ""),
        district=district,
        ward=ward,
        lsoa=lsoa,
        easting=at[0] if at else None,
        northing=at[1] if at else None,
        terminated_on=terminated_on,
        edition_id=source.id,
    )
    made = db.session.merge(made)
    db.session.flush()
    return made
