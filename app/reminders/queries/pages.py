"""Queries for pages, limited to the reader's scope. Pagination is by key, without totals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    and_,
    case,
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
from app.certificates.queries import is_renewed
from app.changes.queries import calls_by_person
from app.core import clock, paging
from app.core.actor import GENERAL, Scope
from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.messages.letters import change_report_names, find_letter, fixed_address_names
from app.messages.models import Message
from app.messages.queries import is_readable_by, is_still_needed, readable_writers
from app.messages.types import BY_HAND, Channel
from app.organisations.queries import secrecy
from app.people.models import Person
from app.people.queries import is_paused_on, visible_to
from app.people.types import CallOutcome
from app.reminders.models import Reminder
from app.reminders.queries.facts import handles_step
from app.reminders.types import (
    Call,
    ContactEntry,
    ContactTask,
    SentReminder,
    SkippedReminder,
    UpcomingReminder,
)

PAGE_SIZE = 25
# Channels whose messages do not show who is protected. Every reader may pass such messages on.
ORDINARY_CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.PHONE)
REMINDER_LETTERS = ("reminder", "reminder-course")
DECISION_LETTERS = ("approved", "declined")  # the letters about decisions on applications
LOOK_AHEAD = timedelta(days=60)
_LONGEST_WAITING_FIRST = paging.Order("reminders", (int,))
_SOONEST_FIRST = paging.Order("reminders-due", (date, int, int))
_NEWEST_FIRST = paging.Order("reminders-made", (datetime, int))


def needs_contact(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for messages that staff have to pass on by phone or post.

    These are messages to people without email, and undelivered emails. Messages with a link for
    only one mailbox and messages that are no longer needed are left out.
    """
    by_hand = and_(Message.channel.in_(BY_HAND), Message.failed_at.is_(None))
    came_back = and_(Message.letter.not_in(fixed_address_names()), Message.failed_at.is_not(None))
    is_open = and_(Message.sent_at.is_(None), Message.voided_at.is_(None))
    return and_(is_open, or_(by_hand, came_back), is_still_needed(on))


def is_hidden_call_entry(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for audit entries about calls that are hidden from the reader.

    Entries made before November 2026 have no message ID, so only readers who can see everything can
    see them.
    """
    if secrecy.can_see_all(scope):
        return false()
    recorded = AuditEntry.changes["message_id"].astext
    is_number = recorded.op("~")("^[0-9]{1,18}$")  # other audit entries store a list in this field
    is_message = Message.id == case((is_number, cast(recorded, BigInteger)))
    is_readable = select(true()).where(is_message, is_readable_by(scope)).limit(1).scalar_subquery()
    about_calls = AuditEntry.verb.in_([AuditVerb.PERSON_CALL_READ, AuditVerb.PERSON_CALL])
    return and_(about_calls, not_(func.coalesce(is_readable, false())))


def _can_pass_on(scope: Scope, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for messages, joined with Person, that the reader can pass on.

    A letter by post reveals that a person is protected. So does a letter about changed details to
    somebody without a phone number. They are hidden from readers without the permission for
    sensitive networks.
    """
    readable = and_(visible_to(scope, on), is_readable_by(scope))
    if not scope.everyone:  # partners tell their own people about their decisions
        readable = and_(readable, Message.letter.in_(DECISION_LETTERS), not_(is_paused_on(on)))
    if scope.sensitive:
        return readable
    return and_(readable, _hides_protection())


def _hides_protection() -> ColumnElement[bool]:
    """Return the SQL condition for messages that do not show who is protected."""
    changed = and_(Message.letter.in_(change_report_names()), Message.address == "")
    return and_(Message.channel.in_(ORDINARY_CHANNELS), not_(changed))


def ids_open_to_all_readers(message_ids: Collection[int]) -> Sequence[int]:
    """Return the IDs of the messages that are not hidden from any reader who sees the person."""
    query = select(Message.id).where(
        Message.id.in_(message_ids), is_readable_by(GENERAL), _hides_protection()
    )
    return db.session.scalars(query.order_by(Message.id)).all()


def _task_query(scope: Scope, on: date) -> Any:
    return (
        select(Message)
        .join(Person, Person.id == Message.person_id)
        .where(needs_contact(on), _can_pass_on(scope, on))
    )


def _renewal_groups(context: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return how the certificates in a reminder can be renewed.

    Older reminders contain only a list of courses.
    """
    default = [{"what": None, "runs": context.get("runs", ())}]
    return tuple(context.get("to_renew", default))


def _to_task(message: Message) -> ContactTask:
    is_reminder = message.letter in REMINDER_LETTERS
    return ContactTask(
        message_id=message.id,
        person_id=message.person_id or 0,
        name=message.name,
        purpose=str(find_letter(message.letter).purpose),
        channel=message.channel,
        address=message.address,
        failed=message.last_error if message.failed_at else None,
        maybe_sent=(
            clock.london_day(message.unsettled_at)
            if message.unsettled_at and message.is_in_doubt
            else None
        ),
        certificates=tuple(message.context.get("certificates", ())) if is_reminder else (),
        to_renew=_renewal_groups(message.context) if is_reminder else (),
        waiting_since=clock.london_day(message.created_at),
    )


def contact_entries(scope: Scope, on: date, cursor: str | None) -> paging.Page[ContactEntry]:
    """Return a page of the people to contact, longest waiting first."""
    first = func.min(Message.id)
    query = (
        _task_query(scope, on)
        .with_only_columns(Message.person_id)
        .group_by(Message.person_id)
        .order_by(first)
        .limit(PAGE_SIZE + 1)
    )
    after = _LONGEST_WAITING_FIRST.decode(cursor)
    if after is not None:
        query = query.having(first > after[0])
    entries = person_entries(scope, on, list(db.session.scalars(query)))
    return _LONGEST_WAITING_FIRST.page(entries, lambda row: (row.message_id,), cursor, PAGE_SIZE)


def person_entries(scope: Scope, on: date, person_ids: Sequence[int]) -> list[ContactEntry]:
    """Return the entries of these people that the reader can see, longest waiting first."""
    messages = _task_query(scope, on).where(Message.person_id.in_(person_ids)).order_by(Message.id)
    tasks: dict[int, list[ContactTask]] = {}
    for message in db.session.scalars(messages):
        tasks.setdefault(message.person_id or 0, []).append(_to_task(message))
    calls: dict[int, list[Call]] = {}
    for row in calls_by_person(list(tasks)):
        seen = scope.sensitive or not row.hidden
        if (
            seen
            and row.outcome is not CallOutcome.REACHED
            and row.on >= tasks[row.person_id][0].waiting_since
        ):
            left_message = row.outcome is CallOutcome.LEFT_MESSAGE
            calls.setdefault(row.person_id, []).append(
                Call(row.on, left_message, row.call_again_on)
            )
    return [
        ContactEntry(person_id, found[0].name, tuple(found), tuple(calls.get(person_id, ())))
        for person_id, found in tasks.items()
    ]


def contact_task(scope: Scope, on: date, message_id: int) -> ContactTask | None:
    """Return the message if it still has to be passed on and the reader can see it, or None."""
    message = db.session.scalar(_task_query(scope, on).where(Message.id == message_id))
    return _to_task(message) if message else None


def was_contact_task(scope: Scope, on: date, message_id: int) -> bool:
    """Return whether a message was ever on the list, if the reader can see the person."""
    query = (
        select(Message.id)
        .join(Person, Person.id == Message.person_id)
        .where(Message.id == message_id, Message.channel.in_(BY_HAND), _can_pass_on(scope, on))
    )
    return db.session.scalar(query) is not None


def count_people_to_contact(scope: Scope, on: date) -> int:
    """Return the number of people to call or write to."""
    people = _task_query(scope, on).with_only_columns(Message.person_id).distinct().subquery()
    return db.session.scalar(select(func.count()).select_from(people)) or 0


def upcoming_reminders(scope: Scope, on: date, cursor: str | None) -> paging.Page[UpcomingReminder]:
    """Return a page of the reminders that are due in the next 60 days, soonest first."""
    unnested = func.unnest(CertificateKind.reminder_steps)
    step = unnested.table_valued("days", name="step").render_derived()
    days = cast(step.c.days, Integer)
    due_on = (Certificate.expires_on - days).label("due_on")
    end_of_day = clock.end_of_day(on)
    handled = (
        exists().where(handles_step(on), Reminder.step_days == days).correlate(Certificate, step)
    )
    query = (
        select(
            Certificate.id,
            Certificate.expires_on,
            Certificate.expiry_known,
            Certificate.kind_id,
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
            Certificate.expires_on > on - LOOK_AHEAD,
            due_on.between(on, on + LOOK_AHEAD),
            Certificate.confirmed_at < end_of_day,
            or_(Certificate.revoked_at.is_(None), Certificate.revoked_at >= end_of_day),
            ~is_renewed(on),
            ~handled,
            Person.approved_at < end_of_day,
            Person.declined_at.is_(None),
            or_(Person.left_on.is_(None), Person.left_on > on),
            visible_to(scope, on),
        )
        .order_by("due_on", Certificate.id, "days")
        .limit(PAGE_SIZE + 1)
    )
    after = _SOONEST_FIRST.decode(cursor)
    if after is not None:
        query = query.where(tuple_(Certificate.expires_on - days, Certificate.id, days) > after)
    rows = [
        UpcomingReminder(
            certificate_id=row.id,
            person_id=row.person_id,
            name=row.full_name,
            kind_id=row.kind_id,
            kind=row.name,
            expires_on=row.expires_on,
            expiry_known=row.expiry_known,
            step_days=row.days,
            due_on=row.due_on,
        )
        for row in db.session.execute(query)
    ]
    return _SOONEST_FIRST.page(
        rows, lambda row: (row.due_on, row.certificate_id, row.step_days), cursor, PAGE_SIZE
    )


def _select_reminders(
    scope: Scope, on: date, cursor: str | None, *conditions: ColumnElement[bool]
) -> Any:
    """Return reminders with their person, kind and message, newest first."""
    query = (
        select(Reminder, Person.full_name, CertificateKind.name, Message, Certificate.expiry_known)
        .join(Person, Person.id == Reminder.person_id)
        .join(Certificate, Certificate.id == Reminder.certificate_id)
        .join(CertificateKind, CertificateKind.id == Certificate.kind_id)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(visible_to(scope, on), *conditions)
        .order_by(Reminder.made_at.desc(), Reminder.id.desc())
        .limit(PAGE_SIZE + 1)
    )
    after = _NEWEST_FIRST.decode(cursor)
    if after is not None:
        query = query.where(tuple_(Reminder.made_at, Reminder.id) < after)
    return db.session.execute(query)


def _paging_key(row: SentReminder | SkippedReminder) -> Sequence[Any]:
    return (row.made_at, row.reminder_id)


def sent_and_waiting_reminders(
    scope: Scope, on: date, cursor: str | None
) -> paging.Page[SentReminder]:
    """Return a page of the reminders with a letter or a call, newest first."""
    not_voided = (Reminder.message_id.is_not(None), Reminder.voided_at.is_(None))
    found = _select_reminders(scope, on, cursor, *not_voided).all()
    writers = readable_writers(scope, [row.Message for row in found])
    rows = [
        SentReminder(
            reminder_id=reminder.id,
            person_id=reminder.person_id,
            name=name,
            kind=kind,
            step_days=reminder.step_days,
            expires_on=reminder.expires_on,
            expiry_known=known,
            made_at=reminder.made_at,
            channel=message.channel,
            sent_at=message.sent_at,
            failed=bool(message.failed_at),
            maybe_sent=message.is_in_doubt,
            outcome=message.outcome if message.done_by_user_id in writers else None,
        )
        for reminder, name, kind, message, known in found
    ]
    return _NEWEST_FIRST.page(rows, _paging_key, cursor, PAGE_SIZE)


def skipped_reminders(scope: Scope, on: date, cursor: str | None) -> paging.Page[SkippedReminder]:
    """Return a page of the reminders that were skipped or voided, newest first."""
    not_sent = or_(Reminder.skipped.is_not(None), Reminder.voided_at.is_not(None))
    rows = [
        SkippedReminder(
            reminder_id=reminder.id,
            person_id=reminder.person_id,
            name=name,
            kind=kind,
            step_days=reminder.step_days,
            expires_on=reminder.expires_on,
            expiry_known=known,
            made_at=reminder.made_at,
            reason=reminder.void_reason or (reminder.skipped and reminder.skipped.value) or "",
        )
        for reminder, name, kind, _message, known in _select_reminders(scope, on, cursor, not_sent)
    ]
    return _NEWEST_FIRST.page(rows, _paging_key, cursor, PAGE_SIZE)


def holder_and_kind_names(
    person_ids: Sequence[int], certificate_ids: Sequence[int]
) -> dict[int, tuple[str, str]]:
    """Return the names of each certificate's holder and kind, by certificate ID.

    Callers must limit the IDs to their scope.
    """
    rows = db.session.execute(
        select(Certificate.id, Person.full_name, CertificateKind.name)
        .join(Person, Person.id == Certificate.person_id)
        .join(CertificateKind, CertificateKind.id == Certificate.kind_id)
        .where(Certificate.id.in_(certificate_ids), Person.id.in_(person_ids))
    )
    return {row.id: (row.full_name, row.name) for row in rows}
