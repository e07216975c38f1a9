"""Queries for planning. They are not limited to a scope."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
)

from app.areas.models import Area, Postcode
from app.certificates.models import Certificate, CertificateKind
from app.certificates.queries import is_renewed
from app.core import clock
from app.core.db import db, shared_alias
from app.core.in_force import in_force
from app.messages.models import Message
from app.messages.queries import WAITING, may_have_been_sent
from app.people.models import Absence, NoticeGiven, Person, Presence
from app.people.queries import is_paused_on, notices
from app.people.types import Basis, Source
from app.reminders.models import Reminder
from app.reminders.types import (
    REISSUED,
    REVERSIBLE_REASONS,
    CertificateFacts,
    DueReminder,
    KindFacts,
    Position,
    SkipReason,
    WaitingReminder,
)

MAX_TIME_AFTER_EXPIRY = timedelta(days=90)  # older expiry dates are ignored
RECENTLY_RECORDED = timedelta(days=31)  # not ignored, even if expired long ago
BATCH_SIZE = 10_000  # IDs in one statement
_CALL = shared_alias(Message)


def split_into_batches(ids: Iterable[int]) -> Iterator[list[int]]:
    """Yield the distinct IDs, sorted, in batches that fit into one statement."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), BATCH_SIZE):
        yield ordered[start : start + BATCH_SIZE]


def is_away(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people who are away on a given day."""
    return exists().where(
        Absence.person_id == Person.id,
        in_force(Absence, on),
    )


def handles_step(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for reminders that mark a step of the certificate as handled.

    A step is handled if it was skipped, if its message was not voided, or if that message may have
    been sent. A step skipped because of a renewal is handled only while the renewal is valid.
    """
    in_doubt = exists().where(Message.id == Reminder.message_id, may_have_been_sent())
    because_renewed = case(
        (Reminder.voided_at.is_(None), Reminder.skipped == SkipReason.RENEWED),
        else_=Reminder.void_reason == SkipReason.RENEWED.value,
    )
    return and_(
        Reminder.certificate_id == Certificate.id,
        Reminder.expires_on == Certificate.expires_on,
        or_(
            Reminder.voided_at.is_(None),
            Reminder.void_reason.not_in(sorted(REVERSIBLE_REASONS)),
            in_doubt.correlate(Reminder),
        ),
        or_(not_(_is_true(because_renewed)), is_renewed(on)),
    )


def latest_due_step(on: date) -> ColumnElement[int | None]:
    """Return a subquery for the latest due step, which is the one with the fewest days."""
    step = func.unnest(CertificateKind.reminder_steps).column_valued("step")
    return (
        select(func.min(step))
        .where(Certificate.expires_on - cast(step, Integer) <= on)
        .correlate(Certificate, CertificateKind)
        .scalar_subquery()
    )


def _is_true(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition, with NULL treated as false."""
    return func.coalesce(condition, false())


def _certificate_columns(on: date) -> Select[Any]:
    end_of_day = clock.end_of_day(on)
    handled_steps = select(Reminder.step_days).where(handles_step(on)).correlate(Certificate)
    return (
        select(
            Certificate.id,
            Certificate.person_id,
            Certificate.kind_id,
            Certificate.expires_on,
            Certificate.expiry_known,
            CertificateKind.reminder_steps,
            Certificate.recorded_at,
            func.array(handled_steps.scalar_subquery()).label("handled_steps"),
            is_renewed(on).label("renewed"),
            _is_true(Certificate.revoked_at < end_of_day).label("revoked"),
            and_(_is_true(Person.approved_at < end_of_day), Person.declined_at.is_(None)).label(
                "approved"
            ),
            _is_true(Person.left_on <= on).label("left"),
            or_(is_away(on), is_paused_on(on)).label("away"),
            or_(
                Person.source != Source.IMPORT,
                and_(
                    exists().where(
                        NoticeGiven.person_id == Person.id, NoticeGiven.given_at < end_of_day
                    ),
                    not_(notices.is_notice_pending()),
                ),
            ).label("notice_given"),
            exists()
            .where(Message.person_id == Person.id, Message.sent_at < end_of_day)
            .label("contacted_before"),
        )
        .join(CertificateKind, CertificateKind.id == Certificate.kind_id)
        .join(Person, Person.id == Certificate.person_id)
    )


def _certificate_facts(row: Any) -> CertificateFacts:
    return CertificateFacts(
        certificate_id=row.id,
        person_id=row.person_id,
        kind_id=row.kind_id,
        expires_on=row.expires_on,
        expiry_known=row.expiry_known,
        steps=tuple(row.reminder_steps),
        recorded_on=clock.london_day(row.recorded_at),
        handled_steps=frozenset(row.handled_steps),
        renewed=row.renewed,
        revoked=row.revoked,
        approved=row.approved,
        has_left=row.left,
        away=row.away,
        notice_given=row.notice_given,
        contacted_before=row.contacted_before,
    )


def certificates_with_due_step(
    on: date, *conditions: ColumnElement[bool]
) -> list[CertificateFacts]:
    """Return the certificates whose latest due step has not been handled."""
    steps = db.session.scalars(select(CertificateKind.reminder_steps))
    max_step = max((step for each in steps for step in each), default=0)
    relevant = or_(
        Certificate.expires_on.between(on - MAX_TIME_AFTER_EXPIRY, on + timedelta(days=max_step)),
        and_(
            Certificate.expires_on.is_not(None),
            Certificate.recorded_at >= clock.start_of_day(on - RECENTLY_RECORDED),
        ),
    )
    latest = latest_due_step(on)
    handled = (
        exists()
        .where(handles_step(on), Reminder.step_days == latest)
        .correlate(Certificate, CertificateKind)
    )
    query = _certificate_columns(on).where(
        Certificate.confirmed_at < clock.end_of_day(on),
        relevant,
        latest.is_not(None),
        ~handled,
        *conditions,
    )
    return [_certificate_facts(row) for row in db.session.execute(query)]


def certificates_by_id(certificate_ids: Collection[int], on: date) -> dict[int, CertificateFacts]:
    """Return these certificates by ID, including those whose steps have been handled.

    Certificates without an expiry date are left out.
    """
    found: dict[int, CertificateFacts] = {}
    for batch in split_into_batches(certificate_ids):
        query = _certificate_columns(on).where(
            Certificate.id.in_(batch), Certificate.expires_on.is_not(None)
        )
        found |= {row.id: _certificate_facts(row) for row in db.session.execute(query)}
    return found


def waiting_reminders(*conditions: ColumnElement[bool]) -> list[WaitingReminder]:
    """Return the reminders with a letter or call that is still waiting.

    This includes letters that could not be delivered, until staff call or write.
    """
    open_call = and_(_CALL.sent_at.is_(None), _CALL.voided_at.is_(None))
    undelivered = and_(Message.failed_at.is_not(None), Message.sent_at.is_(None))
    return _reminders_with_messages(or_(WAITING, undelivered, open_call), *conditions)


def sent_reminders_without_call(on: date) -> list[WaitingReminder]:
    """Return the sent reminders whose call was voided for a reason that may pass."""
    return _reminders_with_messages(
        Message.sent_at.is_not(None),
        _CALL.voided_at.is_not(None),
        _CALL.void_reason.in_(sorted(REVERSIBLE_REASONS)),
        Reminder.expires_on >= on - MAX_TIME_AFTER_EXPIRY,
    )


def _reminders_with_messages(*conditions: ColumnElement[bool]) -> list[WaitingReminder]:
    rows = db.session.execute(
        select(
            Reminder,
            Message.sent_at.is_not(None),
            may_have_been_sent(),
            Message.context["renewals"],
        )
        .join(Message, Message.id == Reminder.message_id)
        .outerjoin(_CALL, _CALL.id == Reminder.call_id)
        .where(Reminder.voided_at.is_(None), *conditions)
        .order_by(Reminder.id)
    )
    return [
        WaitingReminder(
            reminder_id=row.id,
            certificate_id=row.certificate_id,
            person_id=row.person_id,
            step_days=row.step_days,
            expires_on=row.expires_on,
            message_id=row.message_id or 0,
            call_id=row.call_id,
            letter_sent=letter_sent,
            in_doubt=in_doubt,
            renewal_run_id=(renewals or {}).get(str(row.certificate_id)),
        )
        for row, letter_sent, in_doubt, renewals in rows
    ]


def finished_calls(reminders: Iterable[DueReminder]) -> dict[tuple[int, int], int]:
    """Return the IDs of calls that staff made about reminders that are now being reissued.

    The keys are the certificate's ID and the step.
    """
    expiry = {(each.certificate_id, each.step_days): each.expires_on for each in reminders}
    found: dict[tuple[int, int], int] = {}
    for batch in split_into_batches(certificate_id for certificate_id, _step in expiry):
        rows = db.session.execute(
            select(Reminder.certificate_id, Reminder.step_days, Reminder.expires_on, Message.id)
            .join(Message, Message.id == Reminder.call_id)
            .where(
                Reminder.certificate_id.in_(batch),
                Reminder.void_reason == REISSUED,
                Message.sent_at.is_not(None),
            )
        )
        found |= {
            (certificate_id, step): call_id
            for certificate_id, step, expires_on, call_id in rows
            if expiry.get((certificate_id, step)) == expires_on
        }
    return found


def reminders_in_messages(message_ids: Collection[int]) -> ColumnElement[bool]:
    """Return the SQL condition for reminders included in any of these messages."""
    return or_(Reminder.message_id.in_(message_ids), Reminder.call_id.in_(message_ids))


def home_positions(person_ids: Iterable[int], on: date) -> dict[int, Position]:
    """Return where people live or work, and how far they will travel, by person ID.

    A home takes precedence over a workplace. The position is that of the postcode, or the centre of
    the ward if no postcode is stored.
    """
    found: dict[int, Position] = {}
    for batch in split_into_batches(person_ids):
        rows = db.session.execute(
            select(
                Person.id,
                func.coalesce(Postcode.easting, Area.easting).label("easting"),
                func.coalesce(Postcode.northing, Area.northing).label("northing"),
                Person.reach_km,
            )
            .join(Presence, Presence.person_id == Person.id)
            .outerjoin(Postcode, Postcode.postcode == func.replace(Presence.postcode, " ", ""))
            .outerjoin(Area, Area.id == Presence.ward_id)
            .where(
                Person.id.in_(batch),
                Presence.basis.in_([Basis.LIVES, Basis.WORKS]),
                in_force(Presence, on),
            )
            .order_by(Person.id, Presence.basis.desc(), Presence.id)
        )
        found |= {
            row.id: Position(row.easting, row.northing, row.reach_km)
            for row in rows  # the latest home is the last row
            if row.easting is not None and row.northing is not None
        }
    return found


def kinds(kind_ids: Collection[int]) -> dict[int, KindFacts]:
    """Return the details of these kinds for letters, by kind ID."""
    rows: Sequence[CertificateKind] = db.session.scalars(
        select(CertificateKind).where(CertificateKind.id.in_(kind_ids))
    ).all()
    return {row.id: KindFacts(row.name, row.awarding_body) for row in rows}
