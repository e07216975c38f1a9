"""Queries for the list of people. They never count the whole table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, false, or_, select, true, tuple_

from app.core import folding
from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force, is_current_or_future
from app.core.parsing import ParseError, parse_phone
from app.organisations.models import Organisation
from app.people.models import (
    Affiliation,
    ContactPoint,
    Person,
    PersonContact,
    Presence,
)
from app.people.queries.states import (
    is_away_on,
    is_in_states,
    is_not_confirmed_on,
    is_out_of_touch_on,
    is_paused_on,
    state_on,
    was_heard_from_on,
)
from app.people.queries.visibility import (
    is_affiliation_visible,
    is_network_member,
    is_place_visible,
    visible_to,
)
from app.people.types import ContactKind, PersonState

IN_NETWORK = "in"  # approved and not left: active, away or not heard from
ANY = "any"
_MIN_TRIGRAM_LETTERS = 3  # a shorter word has no trigram to look up in the index


@dataclass(frozen=True)
class PeopleSearch:
    """Conditions for finding people.

    ``state`` is IN_NETWORK, ANY or a PersonState. ``area_ids`` are IDs of wards or LSOAs. The
    person must have a place in one of them. None means any area. ``matching`` contains subqueries
    of person IDs from other packages.
    """

    text: str = ""
    state: str = IN_NETWORK
    network_ids: frozenset[int] | None = None
    area_ids: frozenset[int] | None = None
    matching: tuple[Any, ...] = field(default=())


def search_people(
    scope: Scope, on: date, search: PeopleSearch, after: Sequence[Any] | None, size: int
) -> list[Row[Any]]:
    """Return up to ``size`` people who match the search, sorted by name.

    ``after`` is the (folded name, id) key of the last row of the previous page. Rows have id,
    full_name, folded_name, interest, registered_at and state. Search text matches names that
    contain every word, with up to one typing mistake. If nobody matches, similar names are
    returned.
    """
    conditions = [visible_to(scope, on), *_search_conditions(scope, on, search)]
    if not search.text:
        return _select_page(on, conditions, after, size)
    contact = _parse_contact(search.text)
    if contact is not None:
        return _select_page(on, [*conditions, _has_contact(*contact, on)], after, size)
    text = folding.fold_name(search.text)
    if not text:
        return []
    indexed = max(map(len, text.split())) >= _MIN_TRIGRAM_LETTERS
    named = folding.matches_name(Person, text)
    found = _select_page(on, [*conditions, named], after, size, search=indexed)
    if found or len(text) < folding.MIN_SEARCHED_LETTERS:
        return found
    similar = Person.folded_name.op("%>")(text)
    return _select_page(on, [*conditions, similar], after, size, search=True)


def _select_page(
    on: date,
    conditions: Sequence[ColumnElement[bool]],
    after: Sequence[Any] | None,
    size: int,
    *,
    search: bool = False,
) -> list[Row[Any]]:
    """Return one page of people with their states.

    ``search`` is True if the query searches names with the trigram index. In that case, the matches
    are materialised before sorting, because the planner would otherwise scan all names. States are
    computed only for the selected people.
    """
    ids = select(Person.id, Person.folded_name).where(*conditions)
    if search:
        matches = ids.cte("matches").prefix_with("MATERIALIZED")
        ids = select(matches.c.id, matches.c.folded_name)
    number, name = ids.selected_columns
    if after is not None:
        ids = ids.where(tuple_(name, number) > tuple(after))
    page_ids = ids.order_by(name, number).limit(size).subquery()
    query = (
        select(
            Person.id,
            Person.full_name,
            Person.folded_name,
            Person.interest,
            Person.registered_at,
            state_on(on).label("state"),
        )
        .where(Person.id.in_(select(page_ids.c.id)))
        .order_by(Person.folded_name, Person.id)
    )
    return list(db.session.execute(query))


def _search_conditions(scope: Scope, on: date, search: PeopleSearch) -> list[ColumnElement[bool]]:
    conditions = [_is_in_state(search.state, on)]
    if search.network_ids is not None:
        conditions.append(is_network_member(search.network_ids, on))
    if search.area_ids is not None:
        conditions.append(_has_place_in(scope, search.area_ids, on))
    conditions += [Person.id.in_(ids) for ids in search.matching]
    return conditions


def _is_in_state(state: str, on: date) -> ColumnElement[bool]:
    in_network = and_(
        Person.approved_at.is_not(None), or_(Person.left_on.is_(None), Person.left_on > on)
    )
    by_state = {
        IN_NETWORK: in_network,
        ANY: true(),
        PersonState.ACTIVE: was_heard_from_on(on),
        PersonState.NOT_CONFIRMED: is_not_confirmed_on(on),
        PersonState.AWAY: is_away_on(on),
        PersonState.PAUSED: and_(in_network, is_paused_on(on)),
        PersonState.QUIET: is_out_of_touch_on(on),
        PersonState.LEFT: Person.left_on <= on,
        PersonState.DECLINED: and_(Person.declined_at.is_not(None), Person.left_on.is_(None)),
    }
    if state in by_state:
        return by_state[state]
    undecided = and_(
        Person.approved_at.is_(None), Person.declined_at.is_(None), Person.left_on.is_(None)
    )
    return and_(undecided, is_in_states([PersonState(state)], on))


def _has_contact(kind: ContactKind, value: str, on: date) -> ColumnElement[bool]:
    return (
        select(PersonContact.id)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(
            PersonContact.person_id == Person.id,
            ContactPoint.kind == kind,
            ContactPoint.value == value,
            is_current_or_future(PersonContact, on),
        )
        .exists()
    )


def _parse_contact(text: str) -> tuple[ContactKind, str] | None:
    if "@" in text:
        return ContactKind.EMAIL, text
    if len(re.sub(r"\D", "", text)) >= 9:
        try:
            return ContactKind.PHONE, parse_phone(text)
        except ParseError:
            return ContactKind.PHONE, text
    return None


def _has_place_in(scope: Scope, area_ids: frozenset[int], on: date) -> ColumnElement[bool]:
    if not area_ids:
        return false()
    ids = sorted(area_ids)
    return (
        select(Presence.id)
        .where(
            Presence.person_id == Person.id,
            is_place_visible(scope, on),
            or_(Presence.ward_id.in_(ids), Presence.lsoa_id.in_(ids)),
            in_force(Presence, on),
        )
        .exists()
    )


def organisation_names(
    scope: Scope, person_ids: Iterable[int], on: date
) -> dict[int, tuple[str, ...]]:
    """Return the names of people's organisations on a given day, by person ID.

    Organisations hidden from the reader are left out.
    """
    ids = set(person_ids)
    found: dict[int, tuple[str, ...]] = {person_id: () for person_id in ids}
    if not ids:
        return found
    rows = db.session.execute(
        select(Affiliation.person_id, Organisation.name, Affiliation.named)
        .outerjoin(Organisation, Organisation.id == Affiliation.organisation_id)
        .where(
            Affiliation.person_id.in_(ids),
            is_affiliation_visible(scope),
            in_force(Affiliation, on),
        )
        .order_by(Affiliation.id)
    )
    for person_id, name, named in rows:
        found[person_id] += (name or named or "",)
    return found
