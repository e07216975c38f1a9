"""What planning needs to know, read in sets: the worker's view, of everybody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
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
from sqlalchemy.orm import aliased

from app.areas.models import Area, Postcode
from app.certificates.models import Certificate, CertificateKind, KindInclusion
from app.certificates.types import ExpiryBasis
from app.core import clock
from app.core.db import db, shared_alias
from app.core.in_force import in_force
from app.messages.models import Message
from app.messages.queries import WAITING
from app.people.models import Absence, NoticeGiven, Person, Presence
from app.people.queries import notices, paused_on
from app.people.types import Basis, Source
from app.reminders.models import Reminder
from app.reminders.types import REVIVABLE, CertificateFacts, KindFacts, Position, Skip, Waiting

LONGEST_AFTER = timedelta(days=90)  # how long after expiry a certificate is still looked at
RECENT = timedelta(days=31)  # one recorded this lately is looked at however long ago it lapsed
AT_ONCE = 10_000  # ids in one statement

_other = shared_alias(Certificate)


def in_portions(ids: Iterable[int]) -> Iterator[list[int]]:
    """The distinct ids, sorted, in lists that one statement can take."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]


def _inclusions() -> CTE:
    """Pairs (a kind, a kind it includes), at any remove."""
    pairs = select(KindInclusion.kind_id, KindInclusion.includes_id).cte(
        "inclusions", recursive=True
    )
    return pairs.union(
        select(pairs.c.kind_id, KindInclusion.includes_id).join(
            KindInclusion, KindInclusion.kind_id == pairs.c.includes_id
        )
    )


INCLUSIONS = _inclusions()  # one, because a statement may ask of renewals more than once


def renewed(on: date) -> ColumnElement[bool]:
    """A certificate that lasts longer stood on `on`: of this kind, or of one that includes it.

    Of two of one kind with the same last day the one recorded later counts.
    """
    evening = clock.end_of(on)
    inclusions = INCLUSIONS
    including = (
        exists()
        .where(
            inclusions.c.kind_id == _other.kind_id,
            inclusions.c.includes_id == Certificate.kind_id,
        )
        .correlate(_other, Certificate)
    )
    as_long = and_(
        _other.expires_on == Certificate.expires_on,
        or_(_other.kind_id != Certificate.kind_id, _other.id > Certificate.id),
    )
    return (
        exists()
        .where(
            _other.person_id == Certificate.person_id,
            _other.id != Certificate.id,
            _other.confirmed_at < evening,
            or_(_other.revoked_at.is_(None), _other.revoked_at >= evening),
            or_(_other.awarded_on.is_(None), _other.awarded_on <= on),
            or_(_other.kind_id == Certificate.kind_id, including),
            or_(
                and_(_other.expires_on.is_(None), _other.expiry_basis == ExpiryBasis.NONE),
                _other.expires_on > Certificate.expires_on,
                as_long,
            ),
        )
        .correlate(Certificate)
    )


def away(on: date) -> ColumnElement[bool]:
    """An absence of the person covers the day."""
    return exists().where(
        Absence.person_id == Person.id,
        in_force(Absence, on),
    )


def of_this_expiry(on: date) -> ColumnElement[bool]:
    """The ledger's rows that settle a step of the certificate: skipped, or their message stands.

    "Renewed" settles it for as long as the certificate is: the newer one may be revoked.
    """
    because_renewed = case(
        (Reminder.voided_at.is_(None), Reminder.skipped == Skip.RENEWED),
        else_=Reminder.void_reason == Skip.RENEWED.value,
    )
    return and_(
        Reminder.certificate_id == Certificate.id,
        Reminder.expires_on == Certificate.expires_on,
        or_(Reminder.voided_at.is_(None), Reminder.void_reason.not_in(sorted(REVIVABLE))),
        or_(not_(_known(because_renewed)), renewed(on)),
    )


def latest_step(on: date) -> ColumnElement[int | None]:
    """The latest step of the certificate's kind that has fallen due: the fewest days."""
    step = func.unnest(CertificateKind.reminder_steps).column_valued("step")
    return (
        select(func.min(step))
        .where(Certificate.expires_on - cast(step, Integer) <= on)
        .correlate(Certificate, CertificateKind)
        .scalar_subquery()
    )


def _known(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Neither true nor false is false."""
    return func.coalesce(condition, false())


def _held_columns(on: date) -> Select[Any]:
    evening = clock.end_of(on)
    settled = select(Reminder.step_days).where(of_this_expiry(on)).correlate(Certificate)
    return (
        select(
            Certificate.id,
            Certificate.person_id,
            Certificate.kind_id,
            Certificate.expires_on,
            CertificateKind.reminder_steps,
            Certificate.recorded_at,
            func.array(settled.scalar_subquery()).label("settled"),
            renewed(on).label("renewed"),
            _known(Certificate.revoked_at < evening).label("revoked"),
            and_(_known(Person.approved_at < evening), Person.declined_at.is_(None)).label(
                "approved"
            ),
            _known(Person.left_on <= on).label("left"),
            or_(away(on), paused_on(on)).label("away"),
            or_(
                Person.source != Source.IMPORT,
                and_(
                    exists().where(
                        NoticeGiven.person_id == Person.id, NoticeGiven.given_at < evening
                    ),
                    not_(notices.still_waits()),
                ),
            ).label("notice_given"),
            exists()
            .where(Message.person_id == Person.id, Message.sent_at < evening)
            .label("written_to"),
        )
        .join(CertificateKind, CertificateKind.id == Certificate.kind_id)
        .join(Person, Person.id == Certificate.person_id)
    )


def _held(row: Any) -> CertificateFacts:
    return CertificateFacts(
        certificate_id=row.id,
        person_id=row.person_id,
        kind_id=row.kind_id,
        expires_on=row.expires_on,
        steps=tuple(row.reminder_steps),
        recorded_on=clock.london_day(row.recorded_at),
        settled=frozenset(row.settled),
        renewed=row.renewed,
        revoked=row.revoked,
        approved=row.approved,
        left=row.left,
        away=row.away,
        notice_given=row.notice_given,
        written_to=row.written_to,
    )


def candidates(on: date, *within: ColumnElement[bool]) -> list[CertificateFacts]:
    """Certificates whose latest due step the ledger has not dealt with."""
    steps = db.session.scalars(select(CertificateKind.reminder_steps))
    longest = max((step for each in steps for step in each), default=0)
    looked_at = or_(
        Certificate.expires_on.between(on - LONGEST_AFTER, on + timedelta(days=longest)),
        and_(
            Certificate.expires_on.is_not(None),
            Certificate.recorded_at >= clock.start_of(on - RECENT),
        ),
    )
    latest = latest_step(on)
    dealt_with = (
        exists()
        .where(of_this_expiry(on), Reminder.step_days == latest)
        .correlate(Certificate, CertificateKind)
    )
    query = _held_columns(on).where(
        Certificate.confirmed_at < clock.end_of(on),
        looked_at,
        latest.is_not(None),
        ~dealt_with,
        *within,
    )
    return [_held(row) for row in db.session.execute(query)]


def held(certificate_ids: Collection[int], on: date) -> dict[int, CertificateFacts]:
    """These certificates, whatever the ledger says of them; those without an expiry left out."""
    found: dict[int, CertificateFacts] = {}
    for portion in in_portions(certificate_ids):
        query = _held_columns(on).where(
            Certificate.id.in_(portion), Certificate.expires_on.is_not(None)
        )
        found |= {row.id: _held(row) for row in db.session.execute(query)}
    return found


def waiting(*conditions: ColumnElement[bool]) -> list[Waiting]:
    """Reminders whose letter, or entry on the coordinator's list, has not gone yet.

    A letter that could not be delivered waits too: for somebody to ring or write.
    """
    call = aliased(Message)
    open_call = and_(call.sent_at.is_(None), call.voided_at.is_(None))
    undelivered = and_(Message.failed_at.is_not(None), Message.sent_at.is_(None))
    rows = db.session.execute(
        select(Reminder, Message.sent_at.is_not(None))
        .join(Message, Message.id == Reminder.message_id)
        .outerjoin(call, call.id == Reminder.call_id)
        .where(Reminder.voided_at.is_(None), or_(WAITING, undelivered, open_call), *conditions)
        .order_by(Reminder.id)
    )
    return [
        Waiting(
            reminder_id=row.id,
            certificate_id=row.certificate_id,
            person_id=row.person_id,
            step_days=row.step_days,
            expires_on=row.expires_on,
            message_id=row.message_id or 0,
            call_id=row.call_id,
            went=went,
        )
        for row, went in rows
    ]


def of_messages(message_ids: Collection[int]) -> ColumnElement[bool]:
    """A condition on Reminder: it went into one of these messages."""
    return or_(Reminder.message_id.in_(message_ids), Reminder.call_id.in_(message_ids))


def positions(person_ids: Iterable[int], on: date) -> dict[int, Position]:
    """Person id → where they live (else work) on the National Grid, and how far they would go.

    The postcode's point, or the centre of the ward for those of whom only that is kept.
    """
    found: dict[int, Position] = {}
    for portion in in_portions(person_ids):
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
                Person.id.in_(portion),
                Presence.basis.in_([Basis.LIVES, Basis.WORKS]),
                in_force(Presence, on),
            )
            .order_by(Person.id, Presence.basis.desc(), Presence.id)
        )
        found |= {
            row.id: Position(row.easting, row.northing, row.reach_km)
            for row in rows  # the last one wins: the newest place they live in
            if row.easting is not None and row.northing is not None
        }
    return found


def kinds(kind_ids: Collection[int]) -> dict[int, KindFacts]:
    """What letters say of these kinds."""
    rows: Sequence[CertificateKind] = db.session.scalars(
        select(CertificateKind).where(CertificateKind.id.in_(kind_ids))
    ).all()
    return {row.id: KindFacts(row.name, row.awarding_body) for row in rows}
