"""What the pages show, within the reader's Scope; keyset pages, never a count of everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    and_,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
)

from app.certificates.models import Certificate, CertificateKind
from app.core import clock, paging
from app.core.actor import Scope
from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.messages.letters import change_report_names, fixed_address_names, letter
from app.messages.models import Message
from app.messages.queries import readable_by, readable_writers
from app.messages.types import BY_HAND, Channel
from app.organisations.queries import secrecy
from app.people.models import Person
from app.people.queries import visible_to
from app.reminders.models import Reminder
from app.reminders.queries.facts import of_this_expiry, renewed
from app.reminders.types import Contact, Sent, Skipped, Upcoming

PAGE = 25
REMINDERS = ("reminder", "reminder-course")
AHEAD = timedelta(days=60)
_LONGEST_FIRST = paging.Order("reminders", (int,))
_SOONEST_FIRST = paging.Order("reminders-due", (date, int, int))
_NEWEST_FIRST = paging.Order("reminders-made", (datetime, int))


def to_contact() -> ColumnElement[bool]:
    """A condition on Message: it waits for somebody to ring or write.

    Whatever any room has to say to people who are not reached by email, and what could not be
    delivered: no other way is tried by itself. A link for one mailbox is of no use elsewhere.
    """
    by_hand = and_(Message.channel.in_(BY_HAND), Message.failed_at.is_(None))
    came_back = and_(Message.letter.not_in(fixed_address_names()), Message.failed_at.is_not(None))
    return and_(Message.sent_at.is_(None), Message.voided_at.is_(None), or_(by_hand, came_back))


def unseen_entry(scope: Scope) -> ColumnElement[bool]:
    """A condition on AuditEntry: an entry of the call list was opened that is about something the
    reader may not see. Which entry it was has been kept since November 2026; without it nobody
    knows.
    """
    if secrecy.knows_all(scope):
        return false()
    which = Message.id == cast(AuditEntry.changes["message_id"].astext, BigInteger)
    known = select(true()).where(which, readable_by(scope)).limit(1).scalar_subquery()
    return and_(AuditEntry.verb == AuditVerb.PERSON_CALL_READ, not_(func.coalesce(known, false())))


def _may_work(scope: Scope, on: date) -> ColumnElement[bool]:
    """A condition on Message, with Person joined: the reader may see who it is for, and what it is
    about. The words to copy onto paper tell who is protected, and a letter that some people have a
    line for and others not would tell it too: all letters by post are for readers who may know.
    So are lines without a number that say that details changed: only protected people have them.
    """
    if scope.sensitive:
        return and_(visible_to(scope, on), readable_by(scope))
    changed = and_(Message.letter.in_(change_report_names()), Message.address == "")
    told = and_(Message.channel != Channel.POST, not_(changed))
    return and_(visible_to(scope, on), readable_by(scope), told)


def _contacts(scope: Scope, on: date) -> Any:
    return (
        select(Message)
        .join(Person, Person.id == Message.person_id)
        .where(to_contact(), _may_work(scope, on))
    )


def _contact(message: Message) -> Contact:
    reminds = message.letter in REMINDERS
    return Contact(
        message_id=message.id,
        person_id=message.person_id or 0,
        name=message.name,
        purpose=str(letter(message.letter).purpose),
        channel=message.channel,
        address=message.address,
        failed=message.last_error if message.failed_at else None,
        certificates=tuple(message.context.get("certificates", ())) if reminds else (),
        runs=tuple(message.context.get("runs", ())) if reminds else (),
        since=clock.london_day(message.created_at),
    )


def contacts(scope: Scope, on: date, cursor: str | None) -> paging.Page[Contact]:
    """Whom to ring or write to, the longest waiting first."""
    query = _contacts(scope, on).order_by(Message.id).limit(PAGE + 1)
    after = _LONGEST_FIRST.decode(cursor)
    if after is not None:
        query = query.where(Message.id > after[0])
    rows = [_contact(message) for message in db.session.scalars(query)]
    return _LONGEST_FIRST.page(rows, lambda row: (row.message_id,), cursor, PAGE)


def contact(scope: Scope, on: date, message_id: int) -> Contact | None:
    """One of them, if it still waits and the reader may see the person."""
    message = db.session.scalar(_contacts(scope, on).where(Message.id == message_id))
    return _contact(message) if message else None


def was_to_contact(scope: Scope, on: date, message_id: int) -> bool:
    """Whether it once waited for somebody to ring or write, about a person the reader may see."""
    query = (
        select(Message.id)
        .join(Person, Person.id == Message.person_id)
        .where(Message.id == message_id, Message.channel.in_(BY_HAND), _may_work(scope, on))
    )
    return db.session.scalar(query) is not None


def also_waiting(scope: Scope, on: date, contact: Contact) -> list[Contact]:
    """What else there is to tell the same person, the longest waiting first."""
    query = _contacts(scope, on).where(
        Message.person_id == contact.person_id, Message.id != contact.message_id
    )
    return [_contact(message) for message in db.session.scalars(query.order_by(Message.id))]


def count_contacts(scope: Scope, on: date) -> int:
    """How many people there are to ring or write to."""
    people = _contacts(scope, on).with_only_columns(Message.person_id).distinct().subquery()
    return db.session.scalar(select(func.count()).select_from(people)) or 0


def upcoming(scope: Scope, on: date, cursor: str | None) -> paging.Page[Upcoming]:
    """Steps that fall due in the next 60 days, the soonest first."""
    unnested = func.unnest(CertificateKind.reminder_steps)
    step = unnested.table_valued("days", name="step").render_derived()
    days = cast(step.c.days, Integer)
    due_on = (Certificate.expires_on - days).label("due_on")
    evening = clock.end_of(on)
    dealt_with = (
        exists().where(of_this_expiry(on), Reminder.step_days == days).correlate(Certificate, step)
    )
    query = (
        select(
            Certificate.id,
            Certificate.expires_on,
            Person.id.label("person_id"),
            Person.full_name,
            CertificateKind.name,
            days.label("days"),
            due_on,
        )
        .join(CertificateKind, CertificateKind.id == Certificate.kind_id)
        .join(Person, Person.id == Certificate.person_id)
        .join(step, true())
        .where(
            Certificate.expires_on > on - AHEAD,
            due_on.between(on, on + AHEAD),
            Certificate.confirmed_at < evening,
            or_(Certificate.revoked_at.is_(None), Certificate.revoked_at >= evening),
            ~renewed(on),
            ~dealt_with,
            Person.approved_at < evening,
            Person.declined_at.is_(None),
            or_(Person.left_on.is_(None), Person.left_on > on),
            visible_to(scope, on),
        )
        .order_by("due_on", Certificate.id, "days")
        .limit(PAGE + 1)
    )
    after = _SOONEST_FIRST.decode(cursor)
    if after is not None:
        query = query.where(tuple_(Certificate.expires_on - days, Certificate.id, days) > after)
    rows = [
        Upcoming(
            certificate_id=row.id,
            person_id=row.person_id,
            name=row.full_name,
            kind=row.name,
            expires_on=row.expires_on,
            step_days=row.days,
            due_on=row.due_on,
        )
        for row in db.session.execute(query)
    ]
    return _SOONEST_FIRST.page(
        rows, lambda row: (row.due_on, row.certificate_id, row.step_days), cursor, PAGE
    )


def _ledger(scope: Scope, on: date, cursor: str | None, *conditions: ColumnElement[bool]) -> Any:
    """Rows of the ledger with their person and kind, newest first."""
    query = (
        select(Reminder, Person.full_name, CertificateKind.name, Message)
        .join(Person, Person.id == Reminder.person_id)
        .join(Certificate, Certificate.id == Reminder.certificate_id)
        .join(CertificateKind, CertificateKind.id == Certificate.kind_id)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(visible_to(scope, on), *conditions)
        .order_by(Reminder.made_at.desc(), Reminder.id.desc())
        .limit(PAGE + 1)
    )
    after = _NEWEST_FIRST.decode(cursor)
    if after is not None:
        query = query.where(tuple_(Reminder.made_at, Reminder.id) < after)
    return db.session.execute(query)


def _place(row: Sent | Skipped) -> Sequence[Any]:
    return (row.made_at, row.reminder_id)


def sent(scope: Scope, on: date, cursor: str | None) -> paging.Page[Sent]:
    """Reminders that became a letter or a call, newest first."""
    kept = (Reminder.message_id.is_not(None), Reminder.voided_at.is_(None))
    found = _ledger(scope, on, cursor, *kept).all()
    writers = readable_writers(scope, [row.Message for row in found])
    rows = [
        Sent(
            reminder_id=reminder.id,
            person_id=reminder.person_id,
            name=name,
            kind=kind,
            step_days=reminder.step_days,
            expires_on=reminder.expires_on,
            made_at=reminder.made_at,
            channel=message.channel,
            sent_at=message.sent_at,
            failed=bool(message.failed_at),
            outcome=message.outcome if message.done_by_user_id in writers else None,
        )
        for reminder, name, kind, message in found
    ]
    return _NEWEST_FIRST.page(rows, _place, cursor, PAGE)


def skipped(scope: Scope, on: date, cursor: str | None) -> paging.Page[Skipped]:
    """Reminders that were skipped or voided, and why, newest first."""
    against = or_(Reminder.skipped.is_not(None), Reminder.voided_at.is_not(None))
    rows = [
        Skipped(
            reminder_id=reminder.id,
            person_id=reminder.person_id,
            name=name,
            kind=kind,
            step_days=reminder.step_days,
            expires_on=reminder.expires_on,
            made_at=reminder.made_at,
            reason=reminder.void_reason or (reminder.skipped and reminder.skipped.value) or "",
        )
        for reminder, name, kind, _message in _ledger(scope, on, cursor, against)
    ]
    return _NEWEST_FIRST.page(rows, _place, cursor, PAGE)


def names(person_ids: Sequence[int], certificate_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Certificate id → its holder's name and its kind's, of people already scoped."""
    rows = db.session.execute(
        select(Certificate.id, Person.full_name, CertificateKind.name)
        .join(Person, Person.id == Certificate.person_id)
        .join(CertificateKind, CertificateKind.id == Certificate.kind_id)
        .where(Certificate.id.in_(certificate_ids), Person.id.in_(person_ids))
    )
    return {row.id: (row.full_name, row.name) for row in rows}
