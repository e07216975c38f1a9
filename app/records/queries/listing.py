"""The list of people and its filters: a page at a time, never a count over the whole table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, false, or_, select, true, tuple_

from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force, not_over
from app.core.reading import Unreadable, read_phone
from app.organisations.models import Organisation
from app.people.models import (
    Affiliation,
    ContactPoint,
    Person,
    PersonContact,
    Presence,
)
from app.people.queries.states import (
    active_on,
    away_on,
    in_states,
    paused_on,
    quiet_on,
    state_on,
)
from app.people.queries.visibility import (
    affiliation_known_to,
    belongs_to,
    place_known_to,
    visible_to,
)
from app.people.types import ContactKind, PersonState

IN_NETWORK = "in"  # approved and not left: active, away or not heard from
ANY = "any"
_INDEXED_FROM = 3  # letters in a word: it has a trigram
_FUZZY_FROM = 4  # letters


@dataclass(frozen=True)
class PeopleSearch:
    """The conditions of a search for people.

    state: IN_NETWORK, ANY or a PersonState. area_ids: wards or LSOAs one of which is among their
    places (None: anywhere). matching: selects of ids that higher rooms add.
    """

    text: str = ""
    state: str = IN_NETWORK
    network_ids: frozenset[int] | None = None
    area_ids: frozenset[int] | None = None
    matching: tuple[Any, ...] = field(default=())


def people(
    scope: Scope, on: date, wanted: PeopleSearch, after: Sequence[Any] | None, size: int
) -> list[Row[Any]]:
    """Up to `size` people by name, after a (name, id); only those the scope's owner may read.

    Rows have id, full_name, interest, registered_at, state. By name, those whose name holds the
    words; only when there is nobody, those whose name is much like them.
    """
    conditions = [visible_to(scope, on), *_conditions(scope, on, wanted)]
    if not wanted.text:
        return _page(on, conditions, after, size)
    contact = _as_contact(wanted.text)
    if contact is not None:
        return _page(on, [*conditions, _reached_at(*contact, on)], after, size)
    indexed = max(map(len, wanted.text.split())) >= _INDEXED_FROM
    found = _page(on, [*conditions, _named(wanted.text)], after, size, search=indexed)
    if found or len(wanted.text) < _FUZZY_FROM:
        return found
    alike = Person.full_name.op("%>")(wanted.text)
    return _page(on, [*conditions, alike], after, size, search=True)


def _page(
    on: date,
    conditions: Sequence[ColumnElement[bool]],
    after: Sequence[Any] | None,
    size: int,
    *,
    search: bool = False,
) -> list[Row[Any]]:
    """The page first, then what it takes to tell the state of those few.

    search: few are found, by the trigrams' index. They are gathered before they are sorted, lest
    the planner walk through everybody by name for the sake of the page's size.
    """
    ids = select(Person.id, Person.full_name).where(*conditions)
    if search:
        gathered = ids.cte("gathered").prefix_with("MATERIALIZED")
        ids = select(gathered.c.id, gathered.c.full_name)
    number, name = ids.selected_columns
    if after is not None:
        ids = ids.where(tuple_(name, number) > tuple(after))
    few = ids.order_by(name, number).limit(size).subquery()
    query = (
        select(
            Person.id,
            Person.full_name,
            Person.interest,
            Person.registered_at,
            state_on(on).label("state"),
        )
        .where(Person.id.in_(select(few.c.id)))
        .order_by(Person.full_name, Person.id)
    )
    return list(db.session.execute(query))


def _conditions(scope: Scope, on: date, wanted: PeopleSearch) -> list[ColumnElement[bool]]:
    conditions = [_in_state(wanted.state, on)]
    if wanted.network_ids is not None:
        conditions.append(belongs_to(wanted.network_ids, on))
    if wanted.area_ids is not None:
        conditions.append(_present_in(scope, wanted.area_ids, on))
    conditions += [Person.id.in_(ids) for ids in wanted.matching]
    return conditions


def _in_state(state: str, on: date) -> ColumnElement[bool]:
    here = and_(Person.approved_at.is_not(None), or_(Person.left_on.is_(None), Person.left_on > on))
    by_state = {
        IN_NETWORK: here,
        ANY: true(),
        PersonState.ACTIVE: active_on(on),
        PersonState.AWAY: away_on(on),
        PersonState.PAUSED: and_(here, paused_on(on)),
        PersonState.QUIET: quiet_on(on),
        PersonState.LEFT: Person.left_on <= on,
        PersonState.DECLINED: and_(Person.declined_at.is_not(None), Person.left_on.is_(None)),
    }
    if state in by_state:
        return by_state[state]
    undecided = and_(
        Person.approved_at.is_(None), Person.declined_at.is_(None), Person.left_on.is_(None)
    )
    return and_(undecided, in_states([PersonState(state)], on))


def _reached_at(kind: ContactKind, value: str, on: date) -> ColumnElement[bool]:
    return (
        select(PersonContact.id)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(
            PersonContact.person_id == Person.id,
            ContactPoint.kind == kind,
            ContactPoint.value == value,
            not_over(PersonContact, on),
        )
        .exists()
    )


def _named(text: str) -> ColumnElement[bool]:
    """Every word stands in the name."""
    return and_(*(Person.full_name.icontains(word, autoescape=True) for word in text.split()))


def _as_contact(text: str) -> tuple[ContactKind, str] | None:
    if "@" in text:
        return ContactKind.EMAIL, text
    if len(re.sub(r"\D", "", text)) >= 9:
        try:
            return ContactKind.PHONE, read_phone(text)
        except Unreadable:
            return ContactKind.PHONE, text
    return None


def _present_in(scope: Scope, area_ids: frozenset[int], on: date) -> ColumnElement[bool]:
    if not area_ids:
        return false()
    ids = sorted(area_ids)
    return (
        select(Presence.id)
        .where(
            Presence.person_id == Person.id,
            place_known_to(scope, on),
            or_(Presence.ward_id.in_(ids), Presence.lsoa_id.in_(ids)),
            in_force(Presence, on),
        )
        .exists()
    )


def organisations_of(
    scope: Scope, person_ids: Iterable[int], on: date
) -> dict[int, tuple[str, ...]]:
    """Person id → names of the organisations they belong to on a day, as far as the reader may
    know of them.
    """
    wanted = set(person_ids)
    found: dict[int, tuple[str, ...]] = {person_id: () for person_id in wanted}
    if not wanted:
        return found
    rows = db.session.execute(
        select(Affiliation.person_id, Organisation.name, Affiliation.named)
        .outerjoin(Organisation, Organisation.id == Affiliation.organisation_id)
        .where(
            Affiliation.person_id.in_(wanted),
            affiliation_known_to(scope),
            in_force(Affiliation, on),
        )
        .order_by(Affiliation.id)
    )
    for person_id, name, named in rows:
        found[person_id] += (name or named or "",)
    return found
