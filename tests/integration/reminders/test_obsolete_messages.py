"""An entry of the call list disappears when its reason has passed, for each kind of letter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.applications import approval, memberships
from app.attendance import letters as results
from app.certificates import claims
from app.certificates import service as certificates
from app.certificates.models import Certificate
from app.certificates.types import DatePrecision, ExternalTraining
from app.changes import calls, delayed_changes
from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.core.db import db
from app.courses import notifications
from app.courses.booking import give_up_all_places
from app.courses.models import Attendee, CourseRun
from app.courses.running import get_current_run
from app.courses.suitability import UnsuitableReason
from app.matching import queries as matching_queries
from app.matching import service as matching_service
from app.matching.models import Assignment
from app.messages import sent
from app.messages import service as messages
from app.messages.models import Message
from app.messages.types import Channel, NewMessage, Recipient
from app.organisations.models import Network
from app.people import activity, notices
from app.people.models import Person
from app.people.safety.models import DelayedChange
from app.people.safety.types import DelayedChangeKind
from app.people.types import CallOutcome, Source
from app.reminders import service, yearly
from app.rescheduling import letters
from app.standing import service as standing
from tests.addresses import at
from tests.factories import accounts, courses, matching, organisations, people
from tests.factories import messages as make
from tests.factories.reminders import expiring_certificate, holder
from tests.integration.reminders.conftest import TODAY

PHONE = {"email": None, "phone": "+447700900123"}
LATER = TODAY + timedelta(days=3)
Undo = Callable[[], object]
Case = Callable[[Session], tuple[Person, Undo]]
GONE = "This message is no longer on the list"


def person_to_call(name: str = "Ann Smith", **more: Any) -> Person:
    """Create a person who can only be called."""
    return people.person(name, **PHONE, **more)


def undo_by_leaving(person: Person) -> Undo:
    def leave() -> None:
        person.left_on = clock.today()
        db.session.flush()

    return leave


def welcome(session: Session) -> tuple[Person, Undo]:
    ann = people.applicant("Ann Smith", **PHONE)
    approval.approve(SYSTEM, ann.id)

    def take_part() -> None:
        with clock.frozen(LATER):
            activity.record_activity(
                Actor(kind="public", name="link", person_id=ann.id), ann.id, LATER
            )

    return ann, take_part


def refusal(session: Session) -> tuple[Person, Undo]:
    ann = people.applicant("Ann Smith", **PHONE)
    approval.decline(SYSTEM, ann.id, "not now")

    def reconsider() -> None:
        ann.declined_at, ann.approved_at = None, clock.now()
        session.flush()

    return ann, reconsider


def _apply(session: Session) -> tuple[Person, Network, int]:
    ann, network = person_to_call(), organisations.network()
    return ann, network, people.membership_application(ann, network).id


def joined(session: Session) -> tuple[Person, Undo]:
    ann, _network, application_id = _apply(session)
    memberships.accept(SYSTEM, application_id)

    def leave_the_network() -> None:
        session.refresh(ann)
        for each in ann.memberships:
            each.until_on = TODAY - timedelta(days=1)
        session.flush()

    return ann, leave_the_network


def not_joined(session: Session) -> tuple[Person, Undo]:
    ann, network, application_id = _apply(session)
    memberships.decline(SYSTEM, application_id, "too many")
    return ann, lambda: people.membership(ann, network, from_on=TODAY)


def training(session: Session) -> tuple[Person, Undo]:
    ann = person_to_call()
    external = ExternalTraining(
        "mhfa-adult", TODAY - timedelta(days=60), DatePrecision.DAY, "MHFA England"
    )
    claims.record_training(SYSTEM, ann.id, external)
    certificate_id = session.scalars(select(Certificate.id).filter_by(person_id=ann.id)).one()
    return ann, lambda: certificates.revoke_certificate(SYSTEM, certificate_id, "by mistake")


def details(session: Session) -> tuple[Person, Undo]:
    ann = person_to_call(source=Source.IMPORT)
    to = Recipient(Channel.PHONE, "+447700900123", ann.full_name, ann.id)
    messages.post(NewMessage("details-received", to, f"details-received:{ann.id}"))
    return ann, lambda: notices.record_notice_given(ann.id, "in a meeting")


def renewal(session: Session) -> tuple[Person, Undo]:
    ann = holder(TODAY + timedelta(days=30), "Ann Smith", **PHONE)
    service.run(SYSTEM, TODAY)
    return ann, lambda: expiring_certificate(ann, TODAY + timedelta(days=1_000))


def no_course(session: Session) -> tuple[Person, Undo]:
    """A letter went by email, and the call about it is still open."""
    ann = holder(TODAY + timedelta(days=30), "Ann Smith", phone="+447700900123")
    service.run(SYSTEM, TODAY)
    letter = session.scalars(select(Message).filter_by(person_id=ann.id, letter="reminder")).one()
    letter.sent_at = clock.now()
    session.flush()
    return ann, lambda: expiring_certificate(ann, TODAY + timedelta(days=1_000))


def came_back(session: Session) -> tuple[Person, Undo]:
    ann = holder(TODAY + timedelta(days=30), "Ann Smith", phone="+447700900123")
    service.run(SYSTEM, TODAY)
    for each in session.scalars(select(Message).filter_by(person_id=ann.id, sent_at=None)):
        each.failed_at, each.last_error = clock.now(), "550 no such user"
    session.flush()
    return ann, lambda: expiring_certificate(ann, TODAY + timedelta(days=1_000))


def request(session: Session) -> tuple[Person, Undo]:
    _need, ann, proposal_id = _send_request(session)
    return ann, lambda: matching_service.withdraw_request(SYSTEM, proposal_id, TODAY)


def request_that_came_back(session: Session) -> tuple[Person, Undo]:
    need, ann, proposal_id = _send_request(session, email="ann@example.org", phone=None)
    letter = session.scalars(select(Message).filter_by(person_id=ann.id)).one()
    letter.failed_at, letter.last_error = clock.now(), "550 no such user"
    session.flush()
    own = Actor(kind="public", name="link", person_id=ann.id)
    return ann, lambda: matching_service.accept_request(own, proposal_id, TODAY)


def _send_request(session: Session, **more: Any) -> tuple[Any, Person, int]:
    network = organisations.network()
    need = matching.need(matching.ward(), network=network)
    ann = matching.candidate(matching.ward(), "Ann Smith", networks=[network], **(PHONE | more))
    proposal = matching.proposal(need, ann)
    matching_service.send_requests(SYSTEM, [proposal.id])
    return need, ann, proposal.id


def _helper() -> tuple[Person, Assignment]:
    network = organisations.network()
    need = matching.need(matching.ward(), by=accounts.coordinator(), network=network)
    ann = matching.candidate(matching.ward(), "Ann Smith", networks=[network], **PHONE)
    assignment = matching.assignment(need, ann)
    for each in ann.memberships:
        each.until_on = TODAY - timedelta(days=1)
    db.session.flush()
    return ann, assignment


def place_call(session: Session) -> tuple[Person, Undo]:
    ann, assignment = _helper()
    assert standing.add_call(SYSTEM, assignment.id, TODAY)

    def joins_again() -> None:
        for each in ann.memberships:
            each.until_on = None
        session.flush()
        standing.review_assignments_and_requests(TODAY)

    return ann, joins_again


def place_freed(session: Session) -> tuple[Person, Undo]:
    ann, assignment = _helper()
    standing.end_failing_assignment(SYSTEM, assignment.id, TODAY)
    need = matching_queries.lock_need(assignment.need_id)
    return ann, lambda: matching.assignment(need, ann, from_on=TODAY)


def yearly_letter(session: Session) -> tuple[Person, Undo]:
    ann = _ask_this_year(session)
    return ann, lambda: activity.record_activity(SYSTEM, ann.id, clock.today() + timedelta(days=1))


def _ask_this_year(session: Session) -> Person:
    long_ago = TODAY - timedelta(days=800)
    ann = person_to_call(registered_at=clock.start_of_day(long_ago), active_on=long_ago)
    to = Recipient(Channel.PHONE, "+447700900123", ann.full_name, ann.id)
    messages.post(NewMessage(yearly.LETTER, to, f"{yearly.LETTER}:{ann.id}:{TODAY}"))
    return ann


def yearly_call(session: Session) -> tuple[Person, Undo]:
    """The person is heard from on the day of the call, in another way."""
    long_ago = TODAY - timedelta(days=800)
    ann = person_to_call(registered_at=clock.start_of_day(long_ago), active_on=long_ago)
    to = Recipient(Channel.PHONE, "+447700900123", ann.full_name, ann.id)
    messages.post(NewMessage(yearly.CALL, to, f"{yearly.CALL}:{ann.id}:{TODAY}"))
    return ann, lambda: activity.record_activity(SYSTEM, ann.id, TODAY)


def call_me(session: Session) -> tuple[Person, Undo]:
    ann = person_to_call()
    yearly.record_answer(Actor(kind="public", name="link", person_id=ann.id), yearly.Answer.CALL)
    return ann, lambda: calls.record_call(SYSTEM, ann.id, CallOutcome.REACHED, TODAY)


def _change(by: Person) -> DelayedChange:
    own = Actor(kind="user", name=by.full_name, person_id=by.id)
    detail: dict[str, Any] = {"kind": "phone", "value": "+447700900999"}
    delayed_changes.request_delayed_change(own, by, DelayedChangeKind.ADD_CONTACT, detail)
    return db.session.scalars(select(DelayedChange).filter_by(person_id=by.id)).one()


def change_asked(session: Session) -> tuple[Person, Undo]:
    ann = person_to_call(protected=True)
    row = _change(ann)
    return ann, lambda: delayed_changes.cancel_change(SYSTEM, row)


def _booked(session: Session, first: date) -> tuple[Person, CourseRun, Attendee]:
    ann = person_to_call()
    run = courses.run(first)
    attendee = courses.attendee(run, ann)
    notifications.notify_of_booking(get_current_run(run.id), attendee)
    return ann, run, attendee


def booked(session: Session) -> tuple[Person, Undo]:
    ann, _run, _attendee = _booked(session, LATER)
    return ann, lambda: _only(session, ann, give_up_all_places, "booking-confirmed")


def _only(session: Session, ann: Person, do: Callable[..., object], letter: str) -> None:
    """Do something, and drop the entries that it adds about other things."""
    do(SYSTEM, ann.id)
    for each in session.scalars(select(Message).where(Message.person_id == ann.id)):
        if each.letter != letter:
            messages.cancel_message(each.id, "test")


def course_over(session: Session) -> tuple[Person, Undo]:
    ann, _run, _attendee = _booked(session, TODAY - timedelta(days=1))
    return ann, lambda: _move(session, _run, days=-3)


def _move(session: Session, run: CourseRun, days: int) -> None:
    session.refresh(run)
    for each in run.sessions:
        each.starts_at += timedelta(days=days)
        each.ends_at += timedelta(days=days)
    session.flush()


def place_given_up(session: Session) -> tuple[Person, Undo]:
    ann, run, attendee = _booked(session, LATER)
    attendee.cancelled_at = clock.now()
    notifications.notify_of_given_up_place(get_current_run(run.id), attendee)
    return ann, lambda: courses.attendee(run, ann)


def run_changed(session: Session) -> tuple[Person, Undo]:
    ann, run, _attendee = _booked(session, LATER)
    letters.notify_of_change(get_current_run(run.id))
    return ann, lambda: _only(session, ann, give_up_all_places, "run-changed")


def place_lost(session: Session) -> tuple[Person, Undo]:
    ann, run, attendee = _booked(session, LATER)
    attendee.cancelled_at = clock.now()
    letters.notify_of_lost_place(get_current_run(run.id), attendee, UnsuitableReason.OTHER_COURSE)
    return ann, lambda: courses.attendee(run, ann)


def course_cancelled(session: Session) -> tuple[Person, Undo]:
    ann, run, _attendee = _booked(session, LATER)
    run.cancelled_at = clock.now()
    letters.notify_of_cancellation(get_current_run(run.id))
    return ann, lambda: _move(session, run, days=-30)


def _result(session: Session, *, awarded: bool) -> tuple[Person, CourseRun, Attendee]:
    """Tell somebody the result of a course that was signed off."""
    ann, run = person_to_call(), courses.run(TODAY - timedelta(days=10))
    attendee = courses.attendee(run, ann)
    run.completed_at, run.completions = clock.now(), 1
    session.flush()
    results.notify_of_result(get_current_run(run.id), attendee, 1, awarded=awarded)
    return ann, run, attendee


def recorded(session: Session) -> tuple[Person, Undo]:
    ann, run, _attendee = _result(session, awarded=True)
    return ann, lambda: _reopen(session, run)


def attended(session: Session) -> tuple[Person, Undo]:
    ann, run, _attendee = _result(session, awarded=False)
    return ann, lambda: _reopen(session, run)


def corrected(session: Session) -> tuple[Person, Undo]:
    ann, run, attendee = _result(session, awarded=True)
    facts = get_current_run(run.id)
    make.deliver()
    results.correct_results(facts, [attendee], 1)

    def record(*_args: object) -> None:
        results.notify_of_result(facts, attendee, 2, awarded=True)

    return ann, lambda: _only(session, ann, record, "training-corrected")


def _reopen(session: Session, run: CourseRun) -> None:
    run.completed_at = None
    session.flush()


def leaver(session: Session) -> tuple[Person, Undo]:
    ann = people.applicant("Ann Smith", **PHONE)
    approval.approve(SYSTEM, ann.id)
    return ann, undo_by_leaving(ann)


CASES: dict[str, Case] = {
    case.__name__: case
    for case in (
        welcome,
        refusal,
        joined,
        not_joined,
        training,
        details,
        renewal,
        no_course,
        came_back,
        request,
        request_that_came_back,
        place_call,
        place_freed,
        yearly_letter,
        yearly_call,
        call_me,
        change_asked,
        booked,
        course_over,
        place_given_up,
        run_changed,
        place_lost,
        course_cancelled,
        corrected,
        recorded,
        attended,
        leaver,
    )
}


@pytest.mark.parametrize("name", CASES)
def test_an_entry_disappears_when_its_reason_has_passed(
    session: Session, sign_in: Callable[[Any], FlaskClient], name: str
) -> None:
    ann, undo = CASES[name](session)
    session.flush()
    client = sign_in(accounts.coordinator())
    assert "Ann Smith" in client.get("/reminders").text
    assert "Call or write to people" in client.get("/").text
    waiting = [
        each.id
        for each in session.scalars(
            select(Message).where(Message.person_id == ann.id, Message.sent_at.is_(None))
        )
        if each.voided_at is None
    ]
    undo()
    session.flush()
    day = LATER if name in ("welcome", "yearly_letter") else TODAY
    with clock.frozen(day):
        client = sign_in(accounts.coordinator())
        assert "Ann Smith" not in client.get("/reminders").text
        assert "Call or write to people" not in client.get("/").text
        assert sent.count_messages()["by_hand"] == 0
        for message_id in waiting:
            reply = client.get(at(f"/reminders/contacts/{message_id}"), follow_redirects=True)
            assert reply.status_code == 404 or GONE in reply.text
