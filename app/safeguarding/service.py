"""Receive safeguarding reports, and let leads read them, record decisions and suspend people.

Every function except `receive_report` raises NotFound if the actor is not a lead. The audit log
records who opened a report and when, but not its contents.
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
    ParticipationPage,
    ReportPage,
    ReportRow,
)

PERMISSION = "safeguarding:work"
PAUSED = "the person is paused by us"
LONGEST_PAUSE = timedelta(days=3 * 366)


def receive_report(new: NewReport) -> None:
    """Save a report and notify the lead.

    The sender is not recorded, except for details that they entered.
    """
    db.session.add(
        SafeguardingReport(what=new.what, about=new.about, reach=new.reach, received_at=clock.now())
    )
    db.session.flush()
    escalation.send_due_letters(clock.now())


def require_lead(actor: Actor) -> None:
    """Raise NotFound unless the actor is a safeguarding lead."""
    if actor.user_id is None or not actor.may(PERMISSION):
        raise NotFound()


def report_queue(actor: Actor) -> list[ReportRow]:
    """Return the open and closed reports, without their contents.

    Raises NotFound if the actor is not a lead.
    """
    require_lead(actor)
    return [_report_row(row) for row in queries.reports()]


def count_unopened(actor: Actor) -> int:
    """Return the number of reports that have not been opened, or 0 if the actor is not a lead."""
    return len(queries.unopened_reports()) if actor.may(PERMISSION) else 0


def _report_row(row: SafeguardingReport) -> ReportRow:
    return ReportRow(
        row.id, row.received_at, escalation.opening_deadline(row), row.opened_at, row.closed_at
    )


def open_report(actor: Actor, report_id: int) -> None:
    """Open a report, and record this in the audit log.

    Raises NotFound if there is no such report or the actor is not a lead.
    """
    row = _find_report(actor, report_id)
    if row.opened_at is None:
        row.opened_at, row.opened_by_user_id = clock.now(), actor.user_id
    audit.record(actor, AuditVerb.SAFEGUARDING_OPEN, "safeguarding_reports", row.id)


def has_been_opened(actor: Actor, report_id: int) -> bool:
    """Return whether a lead has opened the report.

    Raises NotFound if there is no such report or the actor is not a lead.
    """
    return _find_report(actor, report_id).opened_at is not None


def read_report(actor: Actor, report_id: int) -> ReportPage:
    """Return a report with its contents and decisions, and record this in the audit log.

    Raises NotFound if there is no such report or the actor is not a lead, and Conflict if the
    report has not been opened.
    """
    row = _find_report(actor, report_id)
    if row.opened_at is None:
        raise Conflict(_("Open this message from the queue first."))
    audit.record(actor, AuditVerb.SAFEGUARDING_READ, "safeguarding_reports", row.id)
    return ReportPage(
        _report_row(row), row.what, row.about, row.reach, queries.decisions(report_id=row.id)
    )


def record_decision(actor: Actor, report_id: int, text: str, *, close: bool) -> None:
    """Record a decision about a report. If ``close`` is true, also close the report.

    Raises NotFound if there is no such report or the actor is not a lead, Conflict if the report
    has not been opened, and InvalidInput if the text is empty.
    """
    row = _find_report(actor, report_id)
    if row.opened_at is None:
        raise Conflict(_("Open this message from the queue first."))
    kind = DecisionKind.CLOSE if close else DecisionKind.NOTE
    _record_decision(actor, kind, text, report_id=row.id)
    if close and row.closed_at is None:
        row.closed_at = clock.now()
    audit.record(
        actor, AuditVerb.SAFEGUARDING_DECIDE, "safeguarding_reports", row.id, kind=kind.value
    )


def _find_report(actor: Actor, report_id: int) -> SafeguardingReport:
    require_lead(actor)
    row = db.session.get(SafeguardingReport, report_id, with_for_update=True)
    if row is None:
        raise NotFound()
    return row


def _record_decision(
    actor: Actor,
    kind: DecisionKind,
    text: str,
    *,
    report_id: int | None = None,
    person_id: int | None = None,
) -> None:
    if not text.strip():
        raise InvalidInput(_("Enter what you decided and why"), "words")
    if actor.user_id is None:
        raise NotFound()
    db.session.add(
        SafeguardingDecision(
            report_id=report_id,
            person_id=person_id,
            kind=kind,
            words=text.strip(),
            at=clock.now(),
            by_user_id=actor.user_id,
        )
    )
    db.session.flush()


def participation_page(actor: Actor, person_id: int, on: date) -> ParticipationPage:
    """Return a person's participation in the network, and the decisions about it.

    Raises NotFound if the actor is not a lead or is not allowed to see the person.
    """
    require_lead(actor)
    found = get_visible(Scope.for_actor(actor), person_id, on)
    audit.record(actor, AuditVerb.SAFEGUARDING_READ, "people", found.id)
    return ParticipationPage(
        found.id,
        found.full_name,
        pausing.current_pause(found.id, on),
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


def pause_person(
    actor: Actor,
    person_id: int,
    from_on: date,
    until_on: date | None,
    text: str,
    on: date,
    *,
    attendee_ids: Collection[int] = (),
    proposal_ids: Collection[int] = (),
) -> None:
    """Suspend a person from the network, for a reason that only leads can read.

    ``attendee_ids`` are the course places to cancel, and ``proposal_ids`` the requests to withdraw
    (see ParticipationPage). The person is told only that they no longer have a place. If they have
    applied to join, nobody can decide on the application until the suspension ends, and the person
    is not told.

    Raises NotFound if the actor is not a lead or is not allowed to see the person, and InvalidInput
    if a date is wrong or the reason is empty.
    """
    require_lead(actor)
    if from_on < on:
        raise InvalidInput(_("The first day must be today or later"), "from_on")
    if until_on is not None and until_on < from_on:
        raise InvalidInput(_("The last day must be the same as or after the first day"), "until_on")
    if until_on is not None and until_on > on + LONGEST_PAUSE:
        raise InvalidInput(_("Check the year of the last day"), "until_on")
    pausing.pause_person(actor, person_id, from_on, until_on, on)
    _record_decision(actor, DecisionKind.PAUSE, text, person_id=person_id)
    booking.cancel_bookings(actor, person_id, attendee_ids)
    serving.withdraw_requests(actor, person_id, proposal_ids, PAUSED)


def resume_person(actor: Actor, person_id: int, text: str, on: date) -> None:
    """End a suspension today, for a reason that only leads can read.

    Raises NotFound if the actor is not a lead or is not allowed to see the person.
    """
    require_lead(actor)
    pausing.resume_person(actor, person_id, on)
    _record_decision(actor, DecisionKind.RESUME, text, person_id=person_id)
