"""Queries that compare the wards of people's places with the current postcode directory.

A place stores the edition of the directory that it was compared with. A place that staff have
reviewed is not listed again until a newer edition is imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    distinct,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from app.areas.models import Area, Postcode
from app.areas.queries import own_district_codes
from app.core import clock
from app.core.actor import Scope
from app.core.db import db, shared_alias
from app.people.models import Person, Presence
from app.people.queries.locking import lock_people
from app.people.queries.visibility import is_place_visible, visible_to
from app.people.types import AreaSource, Basis

_Ward = shared_alias(Area, name="directory_ward")
_Lsoa = shared_alias(Area, name="directory_lsoa")
_CurrentWard = shared_alias(Area, name="current_ward")


@dataclass(frozen=True)
class WardMismatch:
    """A place whose ward differs from the ward in the directory."""

    id: int
    person_id: int
    name: str
    basis: Basis
    current_ward: str
    directory_ward: str
    chosen: bool


def _places_in_directory(scope: Scope, *columns: Any) -> Select[Any]:
    """Return a query that joins the visible current places to the directory."""
    today = clock.today()
    return (
        select(*columns)
        .select_from(Presence)
        .join(Person, Person.id == Presence.person_id)
        .join(Postcode, Postcode.postcode == func.replace(Presence.postcode, " ", ""))
        .outerjoin(_Ward, and_(_Ward.code == Postcode.ward, _Ward.in_programme))
        .outerjoin(_Lsoa, and_(_Lsoa.code == Postcode.lsoa, _Lsoa.in_programme))
        .where(
            Presence.postcode.is_not(None),
            Presence.until_on.is_(None),
            visible_to(scope, today),
            is_place_visible(scope, today),
        )
    )


def _is_outside_programme() -> ColumnElement[bool]:
    return and_(_Ward.id.is_(None), Postcode.district.not_in(sorted(own_district_codes())))


def _can_be_confirmed() -> ColumnElement[bool]:
    """Return the SQL condition for places that the directory can confirm.

    The ward is unknown, or it was selected and matches the directory.
    """
    return or_(
        and_(
            Presence.settled == AreaSource.UNSETTLED,
            or_(_Ward.id.is_not(None), _is_outside_programme()),
        ),
        and_(Presence.settled == AreaSource.CHOSEN, Presence.ward_id == _Ward.id),
    )


def _has_other_ward() -> ColumnElement[bool]:
    return and_(
        Presence.settled.in_([AreaSource.CHOSEN, AreaSource.DIRECTORY]),
        _Ward.id.is_not(None),
        Presence.ward_id != _Ward.id,
        Presence.edition_id.is_distinct_from(Postcode.edition_id),
    )


def count_confirmable(scope: Scope) -> int:
    """Return the number of people with a place that the directory can confirm."""
    query = _places_in_directory(scope, func.count(distinct(Presence.person_id)))
    return db.session.scalar(query.where(_can_be_confirmed())) or 0


_HISTORY_COLUMNS = (
    Presence.person_id,
    Presence.basis,
    Presence.postcode,
    Presence.district,
    Presence.ward_id,
    Presence.lsoa_id,
    Presence.settled,
    Presence.settled_at,
    Presence.edition_id,
)


def _preserve_history(scope: Scope, today: date) -> None:
    """Copy each place to a row that ends yesterday, so that past figures do not change."""
    unchanged = _places_in_directory(
        scope, *_HISTORY_COLUMNS, Presence.from_on, literal(today - timedelta(days=1))
    )
    db.session.execute(
        insert(Presence).from_select(
            [*(column.key for column in _HISTORY_COLUMNS), "from_on", "until_on"],
            unchanged.where(_can_be_confirmed(), Presence.from_on < today),
        )
    )


def confirm_wards(scope: Scope) -> list[tuple[int, int, AreaSource]]:
    """Confirm wards from today. Return (presence ID, person ID, new source) for each place."""
    today = clock.today()
    lock_people(
        db.session.scalars(
            _places_in_directory(scope, Presence.person_id).where(_can_be_confirmed())
        )
    )
    _preserve_history(scope, today)
    directory = (
        _places_in_directory(
            scope,
            Presence.id,
            _Ward.id.label("ward_id"),
            _Lsoa.id.label("lsoa_id"),
            Postcode.district,
            Postcode.edition_id,
        )
        .where(_can_be_confirmed())
        .subquery()
    )
    rows = db.session.execute(
        update(Presence)
        .where(Presence.id == directory.c.id)
        .values(
            ward_id=directory.c.ward_id,
            lsoa_id=directory.c.lsoa_id,
            district=directory.c.district,
            edition_id=directory.c.edition_id,
            settled=case(
                (directory.c.ward_id.is_(None), literal(AreaSource.OUTSIDE.value)),
                else_=literal(AreaSource.DIRECTORY.value),
            ),
            settled_at=clock.now(),
            from_on=func.greatest(Presence.from_on, today),
        )
        .returning(Presence.id, Presence.person_id, Presence.settled)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.expire_all()
    return sorted((row.id, row.person_id, AreaSource(row.settled)) for row in rows)


def ward_mismatches(scope: Scope, limit: int) -> list[WardMismatch]:
    """Return the places whose ward differs from the one in the directory, oldest first."""
    query = (
        _places_in_directory(
            scope,
            Presence.id,
            Presence.person_id,
            Person.full_name,
            Presence.basis,
            _CurrentWard.name.label("current_ward"),
            _Ward.name.label("directory_ward"),
            Presence.settled,
        )
        .outerjoin(_CurrentWard, _CurrentWard.id == Presence.ward_id)
        .where(_has_other_ward())
        .order_by(Presence.id)
        .limit(limit)
    )
    return [
        WardMismatch(
            row.id,
            row.person_id,
            row.full_name,
            row.basis,
            row.current_ward or "",
            row.directory_ward,
            row.settled is AreaSource.CHOSEN,
        )
        for row in db.session.execute(query)
    ]


def count_ward_mismatches(scope: Scope) -> int:
    """Return the number of places whose ward differs from the one in the directory."""
    query = _places_in_directory(scope, func.count(Presence.id)).where(_has_other_ward())
    return db.session.scalar(query) or 0


def lock_ward_mismatch(scope: Scope, presence_id: int) -> tuple[Presence, Any] | None:
    """Lock a place whose ward differs from the one in the directory.

    Returns the place and the directory row, or None if the wards are the same. The directory row
    has ward_id, lsoa_id, directory_district and directory_edition.
    """
    query = _places_in_directory(
        scope,
        Presence,
        _Ward.id.label("ward_id"),
        func.coalesce(_Lsoa.id, null()).label("lsoa_id"),
        Postcode.district.label("directory_district"),
        Postcode.edition_id.label("directory_edition"),
    ).where(_has_other_ward(), Presence.id == presence_id)
    row = db.session.execute(query.with_for_update(of=Presence)).first()
    return (row[0], row) if row else None


def find_person_id(scope: Scope, presence_id: int, on: date) -> int | None:
    """Return the ID of the person who has this place, or None if the place is hidden."""
    return db.session.scalar(
        select(Presence.person_id)
        .join(Person, Person.id == Presence.person_id)
        .where(Presence.id == presence_id, visible_to(scope, on), is_place_visible(scope, on))
    )


def lock_place(scope: Scope, person_id: int, presence_id: int, on: date) -> Presence | None:
    """Lock and return a person's place, or None if the reader is not allowed to see it."""
    return db.session.scalar(
        select(Presence)
        .where(
            Presence.id == presence_id,
            Presence.person_id == person_id,
            is_place_visible(scope, on),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
