"""Move the rows of one person to another when their records are merged.

The rows of an application that is waiting for a decision count from today. Other rows keep their
dates. Rows that the kept person already has are deleted as duplicates.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, delete, literal, not_, or_, select, update

from app.applications.queries.snapshots import tables_referring_to_people
from app.changes import delays
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.in_force import is_current_or_future, is_over
from app.people.models import (
    ActivityConfirmation,
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
from app.people.queries import joining, participation
from app.people.queries.contacts import find_safe_contact
from app.people.queries.details import find_presences
from app.people.safety import contact_details, wishes
from app.people.safety.models import CallAttempt
from app.people.types import Basis, PersonState

Key = Callable[[Any], Hashable]


def move_rows(actor: Actor, kept: Person, closed: Person, on: date) -> None:
    """Move to ``kept`` everything that only ``closed`` has."""
    kept.over_18_at = kept.over_18_at or closed.over_18_at
    was_unconfirmed = [each.state(on) is PersonState.UNCONFIRMED for each in (kept, closed)]
    kept.confirmed_at = kept.confirmed_at or closed.confirmed_at
    if kept.approved_at is None and not all(was_unconfirmed):
        kept.confirmed_at = kept.confirmed_at or clock.now()
    _merge_contacts(actor, kept, closed, on, *was_unconfirmed)
    _merge_wishes(actor, kept, closed, on)
    _merge_places(kept, closed, on)
    since = _first_day_counted(closed, on)
    for model, key in _DATED_MODELS:
        _move_new_rows(
            kept, _current_rows(model, kept, on), _current_rows(model, closed, on), key, since
        )
    _move_new_rows(
        kept,
        joining.find_open_applications(kept.id) + participation.memberships(kept.id, on),
        joining.find_open_applications(closed.id),
        lambda row: row.network_id,
    )
    for model, key in _UNDATED_MODELS:
        _move_new_rows(kept, _rows_for_update(model, kept), _rows_for_update(model, closed), key)
    for model in (TrainingClaim, Suspension):
        for row in _rows_for_update(model, closed):
            row.person_id = kept.id
    db.session.flush()


def _organisation_key(row: Affiliation) -> Hashable:
    return row.organisation_id or (row.named or "").casefold()


def _blocked_key(row: Block) -> Hashable:
    return row.user_id, row.organisation_id


def _call_key(row: CallAttempt) -> Hashable:
    return row.on, row.outcome


_DATED_MODELS: Sequence[tuple[Any, Key]] = (
    (Membership, lambda row: row.network_id),
    (Affiliation, _organisation_key),
    (Block, _blocked_key),
)
_UNDATED_MODELS: Sequence[tuple[Any, Key]] = (
    (ExcludedArea, lambda row: row.area_id),
    (NoticeGiven, lambda row: row.version),
    (CallAttempt, _call_key),
    (ActivityConfirmation, lambda row: row.on),
)
# The remaining rows of these tables are deleted with the closed record. The reasons are in
# tests/guards/test_merging_columns.py.
TABLES_NOT_MOVED = frozenset(
    {"people", "general_answers", "loosenings", "not_duplicates", "private_words", "safe_contacts"}
)


def move_remaining_rows(kept: Person, closed: Person, on: date) -> None:
    """Move all other rows that refer to ``closed``, without changing them.

    This includes the tables of higher rooms. Current contact details and places are not moved,
    apart from places where the person serves, because they were merged before. Past contact details
    of a registration are not moved.
    """
    db.session.flush()
    for table, columns in tables_referring_to_people():
        if table.name in TABLES_NOT_MOVED:
            continue
        for column in columns:
            moved = column == closed.id
            if table.name == PersonContact.__tablename__:
                was_approved = literal(closed.approved_at is not None)
                moved &= and_(not_(is_current_or_future(PersonContact, on)), was_approved)
            elif table.name == Presence.__tablename__:
                moved &= or_(
                    not_(is_current_or_future(Presence, on)), Presence.basis == Basis.SERVES
                )
            db.session.execute(update(table).where(moved).values({column.name: kept.id}))
    db.session.expire_all()


def _first_day_counted(closed_record: Person, on: date) -> date | None:
    """Return the first day on which moved rows count, or None if they keep their dates."""
    return on if closed_record.approved_at is None else None


def _rows_for_update(model: Any, person: Person) -> Sequence[Any]:
    rows = select(model).where(model.person_id == person.id).order_by(model.id)
    return db.session.scalars(rows.with_for_update()).all()


def _current_rows(model: Any, person: Person, on: date) -> Sequence[Any]:
    return [each for each in _rows_for_update(model, person) if not is_over(each, on)]


def _move_new_rows(
    kept: Person,
    existing: Sequence[Any],
    incoming: Sequence[Any],
    key: Key,
    on: date | None = None,
) -> None:
    """Move rows with a new key to ``kept``, and delete the duplicates.

    With ``on``, the moved rows start on that day. Without ``on``, a duplicate that started before
    the other row is moved, and ends the day before it.
    """
    starts: dict[Hashable, date | None] = {
        key(row): getattr(row, "from_on", None) for row in existing
    }
    for row in incoming:
        if key(row) in starts:
            start = starts[key(row)]
            if on is None and start is not None and getattr(row, "from_on", start) < start:
                row.person_id, row.until_on = kept.id, start - timedelta(days=1)
            else:
                db.session.delete(row)
            continue
        starts[key(row)] = getattr(row, "from_on", None)
        row.person_id = kept.id
        if on is not None:
            row.from_on = on


def _merge_contacts(
    actor: Actor,
    kept: Person,
    closed: Person,
    on: date,
    kept_unconfirmed: bool,
    closed_unconfirmed: bool,
) -> None:
    """Merge the contact details.

    A detail that was confirmed in either record counts as confirmed. New contact details of a
    protected person may have to wait for a call. The email address of an unconfirmed registration
    loses any confirmation by staff, because it may be the address of a stranger. If both
    registrations were unconfirmed, the address of the kept registration must still be confirmed.
    """
    existing = {row.contact_point_id: row for row in _current_rows(PersonContact, kept, on)}
    incoming = _current_rows(PersonContact, closed, on)
    for row in incoming:
        if closed_unconfirmed or kept.approved_at or closed.approved_at or closed.declined_at:
            row.vouched_at = None  # somebody vouched for it in the other record
        same = existing.get(row.contact_point_id)
        if same is not None:
            same.confirmed_at = same.confirmed_at or row.confirmed_at
    if kept_unconfirmed and not closed_unconfirmed:
        for row in existing.values():
            row.vouched_at = row.vouched_at if row.confirmed_at else None
    if delays.is_change_delayed(actor, kept):
        for row in incoming:
            if row.contact_point_id not in existing:
                delays.request_contact(actor, kept, row.point.kind, row.point.value)
        return
    since = _first_day_counted(closed, on)
    _move_new_rows(kept, list(existing.values()), incoming, lambda row: row.contact_point_id, since)


def _merge_wishes(actor: Actor, kept: Person, closed: Person, on: date) -> None:
    """Merge the contact wishes. If both records have wishes, the stricter wishes are kept."""
    closed_wishes = find_safe_contact(closed.id, on)
    if closed_wishes is None:
        return
    kept_wishes = find_safe_contact(kept.id, on)
    merged = (
        closed_wishes.wishes
        if kept_wishes is None
        else kept_wishes.wishes.intersection(closed_wishes.wishes)
    )
    if kept.protected_at is not None:
        facts = contact_details.read_contact_facts([kept.id], on)[kept.id]
        merged = merged.intersection(facts.effective_wishes())
    if merged.ways or merged.silent:
        wishes.record_wishes(actor, kept, merged, resend=False)  # merging sends them again later


def _merge_places(kept: Person, closed: Person, on: date) -> None:
    """Move the home or workplace if ``kept`` has none, and all places where the person could help.

    Another home or workplace of a person who was in the network ends yesterday. Places where the
    person serves are moved by `move_remaining_rows`.
    """
    since = _first_day_counted(closed, on)
    existing = find_presences(kept.id, on)
    bases = {place.basis for place in existing}
    incoming = [
        each for each in _current_rows(Presence, closed, on) if each.basis is not Basis.SERVES
    ]
    moved = [
        place for place in incoming if place.basis is Basis.COULD_HELP or place.basis not in bases
    ]
    _move_new_rows(kept, existing, moved, _place_key, since)
    for place in incoming:
        if place in moved:
            continue
        if since is None and place.from_on < on:
            place.person_id, place.until_on = kept.id, on - timedelta(days=1)
        else:
            db.session.delete(place)


def _place_key(place: Presence) -> Hashable:
    return place.basis, place.postcode, place.ward_id, place.lsoa_id, place.district


def delete_record(closed: Person) -> None:
    """Delete the record, its remaining rows, and contact details that nobody else uses."""
    their_points = select(PersonContact.contact_point_id).where(
        PersonContact.person_id == closed.id
    )
    points = db.session.scalars(their_points).all()
    db.session.execute(delete(Person).where(Person.id == closed.id))
    used = select(PersonContact.id).where(PersonContact.contact_point_id == ContactPoint.id)
    db.session.execute(delete(ContactPoint).where(ContactPoint.id.in_(points), ~used.exists()))
    db.session.expire_all()
