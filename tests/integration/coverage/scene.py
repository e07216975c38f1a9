"""People and areas for tests of figures, in the loaded programme and at a fixed date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from app.areas.models import Area
from app.areas.types import AreaKind
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.organisations.models import Organisation
from app.organisations.types import OrganisationKind
from app.people.models import Person
from app.people.types import AreaSource, Basis
from app.signin.sessions import actor_for_user
from tests.factories import certificates, organisations, people

JOINED = date(2024, 5, 1)
AWARDED = date(2024, 6, 1)  # in date through 1 June 2027
ON = date(2026, 6, 30)
OURS = "E07000143"
DEPRIVED = "E01026467"  # Thetford Priory: in the set of the most deprived areas
ELSEWHERE = "E01026446"  # Necton: in no set of deprived areas


def area(code: str) -> int:
    """Return the ID of the area with this code."""
    return db.session.scalars(select(Area.id).where(Area.code == code)).one()


def ward(name: str) -> int:
    """Return the ID of the ward with this name."""
    return db.session.scalars(
        select(Area.id).where(Area.kind == AreaKind.WARD, Area.name == name)
    ).one()


def noon(day: date = JOINED) -> datetime:
    """Return noon in London on a day."""
    return clock.london_instant(day, time(12))


def person(
    name: str | None = None,
    *,
    networks: Sequence[str] = (),
    groups: Sequence[Organisation] = (),
    joined_on: date = JOINED,
    last_heard_on: date = ON - timedelta(days=30),
    **more: Any,
) -> Person:
    """Create a person who joined and was approved on `joined_on`, and was last heard from later."""
    with clock.frozen(joined_on):
        return people.person(
            name,
            networks=[organisations.network(slug) for slug in networks],
            organisations=groups,
            registered_at=noon(joined_on),
            active_on=last_heard_on,
            **more,
        )


def add_place(person: Person, ward_id: int | None = None, **more: Any) -> None:
    """Give a person a home from the day they joined, or a place with another ``basis``."""
    settled = more.pop("settled", AreaSource.CHOSEN if ward_id else AreaSource.UNSETTLED)
    basis = more.pop("basis", Basis.LIVES)
    with clock.frozen(clock.london_day(person.registered_at)):
        people.presence(person, basis, ward_id=ward_id, settled=settled, **more)


def add_certificate(
    person: Person, kind: str = "mhfa-adult", awarded_on: date = AWARDED, **more: Any
) -> None:
    """Give a person a certificate that was confirmed on the day of its award."""
    certificates.certificate(person, kind, awarded_on=awarded_on, **more)


def group(
    *,
    kind: OrganisationKind = OrganisationKind.VOLUNTARY,
    lsoa: str | None = None,
    ward_id: int | None = None,
) -> Organisation:
    """Create an organisation, with a site if an area is given."""
    made = organisations.organisation(kind=kind)
    if lsoa or ward_id:
        organisations.site(made, ward_id=ward_id, lsoa_id=area(lsoa) if lsoa else None)
    return made


def figures(report: dict[str, Any], slug: str) -> tuple[int, int]:
    """Return (people held, people whose area is unknown) for a target in a report."""
    row = next(row for row in report["targets"] if row["slug"] == slug)
    return row["held"], row["unsettled"]


def held_in(report: dict[str, Any], code: str) -> int:
    """Return the number of people who count in an area, from a report."""
    return int(next(row for row in report["areas"] if row["code"] == code)["held"])


def actor_for(user: Any) -> Actor:
    """Return the user as an actor."""
    actor = actor_for_user(user.id)
    assert actor is not None
    return actor
