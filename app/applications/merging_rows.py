"""What one record brings to another when the two are merged: rows change hands, from today on.

What the other has already stays as it is there, and the double goes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, select

from app.changes import asking
from app.core.actor import Actor
from app.core.db import db
from app.core.in_force import is_over
from app.people.models import (
    Affiliation,
    Block,
    ContactPoint,
    ExcludedArea,
    Membership,
    NoticeGiven,
    Person,
    PersonContact,
    Presence,
    Suspension,
    TrainingClaim,
)
from app.people.queries.details import places_of
from app.people.queries.ways import safe_contact
from app.people.safety import contact_details, wishes
from app.people.types import Basis

Key = Callable[[Any], Hashable]


def move_all(actor: Actor, kept: Person, closed: Person, on: date) -> None:
    """Give `kept` all that `closed` has and it has not. Nothing of `kept` is changed or lost."""
    kept.over_18_at = kept.over_18_at or closed.over_18_at
    kept.confirmed_at = kept.confirmed_at or closed.confirmed_at
    _contacts(actor, kept, closed, on)
    _wishes(actor, kept, closed, on)
    _places(kept, closed, on)
    for model, key in _DATED:
        _unite(kept, _current(model, kept, on), _current(model, closed, on), key, on)
    for model, key in _UNDATED:
        _unite(kept, _all(model, kept), _all(model, closed), key)
    for model in (TrainingClaim, Suspension):
        for row in _all(model, closed):
            row.person_id = kept.id
    db.session.flush()


def _organisation(row: Affiliation) -> Hashable:
    return row.organisation_id or (row.named or "").casefold()


def _whom(row: Block) -> Hashable:
    return row.user_id, row.organisation_id


_DATED: Sequence[tuple[Any, Key]] = (
    (Membership, lambda row: row.network_id),
    (Affiliation, _organisation),
    (Block, _whom),
)
_UNDATED: Sequence[tuple[Any, Key]] = (
    (ExcludedArea, lambda row: row.area_id),
    (NoticeGiven, lambda row: row.version),
)


def _all(model: Any, person: Person) -> Sequence[Any]:
    rows = select(model).where(model.person_id == person.id).order_by(model.id)
    return db.session.scalars(rows.with_for_update()).all()


def _current(model: Any, person: Person, on: date) -> Sequence[Any]:
    return [each for each in _all(model, person) if not is_over(each, on)]


def _unite(
    kept: Person,
    known: Sequence[Any],
    brought: Sequence[Any],
    key: Key,
    on: date | None = None,
) -> None:
    """Rows whose key is new become kept's, from `on`; the others are doubles, and go."""
    keys = {key(row) for row in known}
    for row in brought:
        if key(row) in keys:
            db.session.delete(row)
            continue
        keys.add(key(row))
        row.person_id = kept.id
        if on is not None:
            row.from_on = on


def _contacts(actor: Actor, kept: Person, closed: Person, on: date) -> None:
    """Ways to reach them. One that both have is proved once either of them proved it.

    A way that the record does not have yet may have to wait for a call.
    """
    known = {row.contact_point_id: row for row in _current(PersonContact, kept, on)}
    brought = _current(PersonContact, closed, on)
    for row in brought:
        if kept.approved_at is not None:
            row.vouched_at = None  # it did not come with the record
        same = known.get(row.contact_point_id)
        if same is not None:
            same.confirmed_at = same.confirmed_at or row.confirmed_at
    if asking.waits_for(actor, kept):
        for row in brought:
            if row.contact_point_id not in known:
                asking.add_contact(actor, kept, row.point.kind, row.point.value)
        return
    _unite(kept, list(known.values()), brought, lambda row: row.contact_point_id, on)


def _wishes(actor: Actor, kept: Person, closed: Person, on: date) -> None:
    """How they want to be contacted: where both said something, the more careful answer."""
    theirs = safe_contact(closed.id, on)
    if theirs is None:
        return
    mine = safe_contact(kept.id, on)
    merged = theirs.wishes if mine is None else mine.wishes.within(theirs.wishes)
    if kept.protected_at is not None:
        known = contact_details.facts_of([kept.id], on)[kept.id]
        merged = merged.within(known.terms())
    if merged.ways or merged.silent:
        wishes.record(actor, kept, merged)


def _places(kept: Person, closed: Person, on: date) -> None:
    """A home or place of work only where there is none; all the places they could help in."""
    known = places_of(kept.id, on)
    bases = {place.basis for place in known}
    brought = _current(Presence, closed, on)
    wanted = [
        place
        for place in brought
        if place.basis is Basis.COULD_HELP
        or (place.basis in (Basis.LIVES, Basis.WORKS) and place.basis not in bases)
    ]
    _unite(kept, known, wanted, _where, on)
    for place in brought:
        if place not in wanted:
            db.session.delete(place)


def _where(place: Presence) -> Hashable:
    return place.basis, place.postcode, place.ward_id, place.lsoa_id, place.district


def forget(closed: Person) -> None:
    """Remove the record itself, with what is left of it, and addresses that nobody has any more."""
    of_theirs = select(PersonContact.contact_point_id).where(PersonContact.person_id == closed.id)
    points = db.session.scalars(of_theirs).all()
    db.session.execute(delete(Person).where(Person.id == closed.id))
    used = select(PersonContact.id).where(PersonContact.contact_point_id == ContactPoint.id)
    db.session.execute(delete(ContactPoint).where(ContactPoint.id.in_(points), ~used.exists()))
    db.session.expire_all()
