"""Places whose ward the postcode directory in use can confirm, or would put elsewhere.

A place keeps the edition of the directory it was last compared with, so that one which was looked
at is not proposed again until another edition comes.
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
from app.areas.queries import own_districts
from app.core import clock
from app.core.actor import Scope
from app.core.db import db, shared_alias
from app.people.models import Person, Presence
from app.people.queries.locking import lock_all
from app.people.queries.visibility import place_known_to, visible_to
from app.people.types import Basis, Settled

_Ward = shared_alias(Area, name="said_ward")
_Lsoa = shared_alias(Area, name="said_lsoa")
_KnownWard = shared_alias(Area, name="known_ward")


@dataclass(frozen=True)
class Proposal:
    """A place whose ward the directory sees elsewhere. now: the ward it has; said: the other."""

    id: int
    person_id: int
    name: str
    basis: Basis
    now: str
    said: str
    chosen: bool


def _compared(scope: Scope, *columns: Any) -> Select[Any]:
    """Places of today, as far as the reader may know of them, with what the directory says of their
    postcode.
    """
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
            place_known_to(scope, today),
        )
    )


def _is_outside() -> ColumnElement[bool]:
    return and_(_Ward.id.is_(None), Postcode.district.not_in(sorted(own_districts())))


def _can_be_confirmed() -> ColumnElement[bool]:
    """Nobody knew where it is, and the directory does; or it agrees with the ward picked."""
    return or_(
        and_(Presence.settled == Settled.UNSETTLED, or_(_Ward.id.is_not(None), _is_outside())),
        and_(Presence.settled == Settled.CHOSEN, Presence.ward_id == _Ward.id),
    )


def _is_elsewhere() -> ColumnElement[bool]:
    return and_(
        Presence.settled.in_([Settled.CHOSEN, Settled.DIRECTORY]),
        _Ward.id.is_not(None),
        Presence.ward_id != _Ward.id,
        Presence.edition_id.is_distinct_from(Postcode.edition_id),
    )


def count(scope: Scope) -> int:
    """How many people have a place whose ward can be confirmed."""
    query = _compared(scope, func.count(distinct(Presence.person_id)))
    return db.session.scalar(query.where(_can_be_confirmed())) or 0


_KEPT = (
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


def _keep_what_was_known(scope: Scope, today: date) -> None:
    """Leave a row of each place as it was known until yesterday, for figures of past days."""
    known = _compared(scope, *_KEPT, Presence.from_on, literal(today - timedelta(days=1)))
    db.session.execute(
        insert(Presence).from_select(
            [*(column.key for column in _KEPT), "from_on", "until_on"],
            known.where(_can_be_confirmed(), Presence.from_on < today),
        )
    )


def confirm_wards(scope: Scope) -> list[tuple[int, int, Settled]]:
    """Confirm wards from today on; returns (presence id, person id, how) of each."""
    today = clock.today()
    lock_all(db.session.scalars(_compared(scope, Presence.person_id).where(_can_be_confirmed())))
    _keep_what_was_known(scope, today)
    said = (
        _compared(
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
        .where(Presence.id == said.c.id)
        .values(
            ward_id=said.c.ward_id,
            lsoa_id=said.c.lsoa_id,
            district=said.c.district,
            edition_id=said.c.edition_id,
            settled=case(
                (said.c.ward_id.is_(None), literal(Settled.OUTSIDE.value)),
                else_=literal(Settled.DIRECTORY.value),
            ),
            settled_at=clock.now(),
            from_on=func.greatest(Presence.from_on, today),
        )
        .returning(Presence.id, Presence.person_id, Presence.settled)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.expire_all()
    return sorted((row.id, row.person_id, Settled(row.settled)) for row in rows)


def proposals(scope: Scope, limit: int) -> list[Proposal]:
    """Places that the directory sees in another ward than they have, the oldest first."""
    query = (
        _compared(
            scope,
            Presence.id,
            Presence.person_id,
            Person.full_name,
            Presence.basis,
            _KnownWard.name.label("now"),
            _Ward.name.label("said"),
            Presence.settled,
        )
        .outerjoin(_KnownWard, _KnownWard.id == Presence.ward_id)
        .where(_is_elsewhere())
        .order_by(Presence.id)
        .limit(limit)
    )
    return [
        Proposal(
            row.id,
            row.person_id,
            row.full_name,
            row.basis,
            row.now or "",
            row.said,
            row.settled is Settled.CHOSEN,
        )
        for row in db.session.execute(query)
    ]


def count_proposals(scope: Scope) -> int:
    """How many places the directory sees elsewhere."""
    query = _compared(scope, func.count(Presence.id)).where(_is_elsewhere())
    return db.session.scalar(query) or 0


def proposed(scope: Scope, presence_id: int) -> tuple[Presence, Any] | None:
    """A place that the directory sees elsewhere, locked, and what it says; None: it does not.

    What it says has ward_id, lsoa_id, district, edition_id.
    """
    query = _compared(
        scope,
        Presence,
        _Ward.id.label("ward_id"),
        func.coalesce(_Lsoa.id, null()).label("lsoa_id"),
        Postcode.district.label("said_district"),
        Postcode.edition_id.label("said_edition"),
    ).where(_is_elsewhere(), Presence.id == presence_id)
    row = db.session.execute(query.with_for_update(of=Presence)).first()
    return (row[0], row) if row else None


def person_of(scope: Scope, presence_id: int, on: date) -> int | None:
    """Whose place it is, if the reader may know of it and of its person on a day."""
    return db.session.scalar(
        select(Presence.person_id)
        .join(Person, Person.id == Presence.person_id)
        .where(Presence.id == presence_id, visible_to(scope, on), place_known_to(scope, on))
    )


def place_locked(scope: Scope, person_id: int, presence_id: int, on: date) -> Presence | None:
    """A place of the person as it is now, locked, if the reader may know of it."""
    return db.session.scalar(
        select(Presence)
        .where(
            Presence.id == presence_id,
            Presence.person_id == person_id,
            place_known_to(scope, on),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
