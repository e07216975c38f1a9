"""What somebody worried sends, and what safeguarding leads do with it.

Every verb but `report` checks that the actor is a lead, and answers like an absent page to anybody
else. The audit says who opened what and when, never a word of it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from flask_babel import gettext as _

from app.core import audit, clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.words import long_date
from app.courses import booking
from app.matching import serving
from app.people import pausing
from app.people.queries import get_visible
from app.safeguarding import escalation, queries
from app.safeguarding.models import SafeguardingDecision, SafeguardingReport
from app.safeguarding.types import (
    DecisionKind,
    NewReport,
    OpenReport,
    Paused,
    ReportLine,
)

WORKS = "safeguarding:work"
PAUSED = "the person is paused by us"
LONGEST = timedelta(days=3 * 366)


def report(new: NewReport) -> None:
    """Take a message. Nothing says who sent it but what they wrote. The lead is told by letter that
    something waits.
    """
    db.session.add(
        SafeguardingReport(what=new.what, about=new.about, reach=new.reach, received_at=clock.now())
    )
    db.session.flush()
    escalation.tell(clock.now())


def check(actor: Actor) -> None:
    """Raises NotFound for anybody but a safeguarding lead."""
    if actor.user_id is None or not actor.may(WORKS):
        raise NotFound()


def queue(actor: Actor) -> list[ReportLine]:
    """What waits and what is closed, without a word of it. Raises NotFound."""
    check(actor)
    return [_line(row) for row in queries.reports()]


def unopened(actor: Actor) -> int:
    """How many messages nobody has opened; 0 for anybody but a lead."""
    return len(queries.unopened()) if actor.may(WORKS) else 0


def _line(row: SafeguardingReport) -> ReportLine:
    return ReportLine(row.id, row.received_at, escalation.due_at(row), row.opened_at, row.closed_at)


def open_report(actor: Actor, report_id: int) -> None:
    """A lead opens a message; the first time is noted on it. Raises NotFound."""
    row = _find(actor, report_id)
    if row.opened_at is None:
        row.opened_at, row.opened_by_user_id = clock.now(), actor.user_id
    audit.record(actor, AuditVerb.SAFEGUARDING_OPEN, "safeguarding_reports", row.id)


def is_open(actor: Actor, report_id: int) -> bool:
    """Whether a lead has opened the message. Raises NotFound."""
    return _find(actor, report_id).opened_at is not None


def read(actor: Actor, report_id: int) -> OpenReport:
    """A message that was opened, in full. Raises NotFound; Conflict for one not opened yet."""
    row = _find(actor, report_id)
    if row.opened_at is None:
        raise Conflict(_("Open it from the queue first."))
    audit.record(actor, AuditVerb.SAFEGUARDING_READ, "safeguarding_reports", row.id)
    return OpenReport(
        _line(row), row.what, row.about, row.reach, queries.decisions(report_id=row.id)
    )


def decide(actor: Actor, report_id: int, words: str, *, close: bool) -> None:
    """Note a decision about a message; close: there is nothing more to do. Raises NotFound."""
    row = _find(actor, report_id)
    if row.opened_at is None:
        raise Conflict(_("Open it from the queue first."))
    kind = DecisionKind.CLOSE if close else DecisionKind.NOTE
    _note(actor, kind, words, report_id=row.id)
    if close and row.closed_at is None:
        row.closed_at = clock.now()
    audit.record(
        actor, AuditVerb.SAFEGUARDING_DECIDE, "safeguarding_reports", row.id, kind=kind.value
    )


def _find(actor: Actor, report_id: int) -> SafeguardingReport:
    check(actor)
    row = db.session.get(SafeguardingReport, report_id, with_for_update=True)
    if row is None:
        raise NotFound()
    return row


def _note(
    actor: Actor,
    kind: DecisionKind,
    words: str,
    *,
    report_id: int | None = None,
    person_id: int | None = None,
) -> None:
    if not words.strip():
        raise InvalidInput(_("Enter what you decided and why"), "words")
    if actor.user_id is None:
        raise NotFound()
    db.session.add(
        SafeguardingDecision(
            report_id=report_id,
            person_id=person_id,
            kind=kind,
            words=words.strip(),
            at=clock.now(),
            by_user_id=actor.user_id,
        )
    )
    db.session.flush()


def person(actor: Actor, person_id: int, on: date) -> Paused:
    """A person's part in the network and what was decided about it. Raises NotFound."""
    check(actor)
    found = get_visible(Scope.of(actor), person_id, on)
    audit.record(actor, AuditVerb.SAFEGUARDING_READ, "people", found.id)
    return Paused(
        found.id,
        found.full_name,
        pausing.current(found.id, on),
        tuple(
            (each.attendee_id, f"{each.run.type.name}, {long_date(each.run.first_day)}")
            for each in booking.upcoming_bookings(actor, found.id)
        ),
        tuple(
            (each.id, f"{each.area_name}: {each.what_for}")
            for each in serving.open_requests(actor, found.id)
        ),
        found.approved_at is not None,
        queries.decisions(person_id=found.id),
    )


def pause(
    actor: Actor,
    person_id: int,
    from_on: date,
    until_on: date | None,
    words: str,
    on: date,
    *,
    cancel: Collection[int] = (),
    withdraw: Collection[int] = (),
) -> None:
    """Pause somebody's part in the network, for a reason that only leads read. Raises NotFound.

    cancel, withdraw: which of their places on courses and requests to help end (`Paused`). The
    person reads that they no longer have a place, and nothing else. A registration that waits is on
    hold until the pause ends; the person is not told.
    """
    check(actor)
    if from_on < on:
        raise InvalidInput(_("The first day must be today or later"), "from_on")
    if until_on is not None and until_on < from_on:
        raise InvalidInput(_("The last day must be the first day or later"), "until_on")
    if until_on is not None and until_on > on + LONGEST:
        raise InvalidInput(_("Check the year of the last day"), "until_on")
    pausing.pause(actor, person_id, from_on, until_on, on)
    _note(actor, DecisionKind.PAUSE, words, person_id=person_id)
    booking.cancel_bookings(actor, person_id, cancel)
    serving.withdraw_requests(actor, person_id, withdraw, PAUSED)


def resume(actor: Actor, person_id: int, words: str, on: date) -> None:
    """End a pause today, for a reason that only leads read. Raises NotFound."""
    check(actor)
    pausing.resume(actor, person_id, on)
    _note(actor, DecisionKind.RESUME, words, person_id=person_id)
