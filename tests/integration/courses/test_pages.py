"""The pages of the courses room, used without JavaScript."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.attendance import hooks as attendance
from app.attendance.forms import input_name
from app.certificates.models import Certificate
from app.core import clock
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.courses import hooks
from app.courses.models import Attendee, CourseRun
from app.people.models import Person
from tests.addresses import at, public_id
from tests.factories import accounts, certificates, courses, organisations, people

SignIn = Callable[[Any], FlaskClient]
TODAY = date(2027, 3, 1)
FIRST = date(2027, 3, 27)


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock on 1 March 2027."""
    with clock.frozen(TODAY) as at:
        yield at


@pytest.fixture
def trainer(session: Session) -> User:
    """Create a trainer."""
    return courses.trainer(name="Tess Trainer")


def user_of(session: Session, person: Person) -> User:
    assert person.user_id is not None
    return session.get_one(User, person.user_id)


def run_form_data(**more: str) -> dict[str, str]:
    """Return the form data for a two-day run."""
    return {
        "day_1-day": "27",
        "day_1-month": "3",
        "day_1-year": "2027",
        "starts_1": "9:30",
        "ends_1": "4:30pm",
        "day_2-day": "28",
        "day_2-month": "3",
        "day_2-year": "2027",
        "starts_2": "9:30am",
        "ends_2": "16:30",
        "venue": "Village Hall, Watton",
        "postcode": "",
        "link": "",
        "capacity": "12",
        "exception_reference": "",
        "minimum": "8",
        "cut_off_on-day": "25",
        "cut_off_on-month": "3",
        "cut_off_on-year": "2027",
        "fee": "0",
        "reference": "MHFA-1",
    } | more


def schedule_run(client: FlaskClient, session: Session, **more: str) -> CourseRun:
    response = client.post("/training/new/mhfa-two-day-adult", data=run_form_data(**more))
    assert response.status_code == 302, response.text
    return session.scalars(select(CourseRun).order_by(CourseRun.id.desc()).limit(1)).one()


def test_only_the_address_of_a_web_page_is_accepted_as_a_link(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    sign_in(trainer)
    script = run_form_data(link="javascript:alert(1)")
    reply = client.post("/training/new/mhfa-two-day-adult", data=script)
    assert reply.status_code == 422
    assert "Enter a link that begins with https://" in reply.text
    assert 'value="javascript:alert(1)"' in reply.text
    assert schedule_run(client, session, link="meet.example/1").link == "https://meet.example/1"


def test_a_run_from_scheduling_to_certificates(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    champion = people.champion("Ann Smith")
    group = organisations.organisation("Watton Players")
    sign_in(trainer)
    response = client.post("/training/new", data={"course_type": "mhfa-two-day-adult"})
    assert response.location == "/training/new/mhfa-two-day-adult"
    run = schedule_run(client, session)
    assert run.sessions[0].starts_at == clock.london_instant(FIRST, time(9, 30))
    client.post(at(f"/training/{run.id}/publish"))

    sign_in(user_of(session, champion))
    assert "MHFA two-day (Adult)" in client.get("/courses").text
    response = client.post(
        at(f"/courses/{run.id}/book"),
        data={"access_needs": "A chair at the front", "trainer_reads": "name"},
        follow_redirects=True,
    )
    assert "You have a place on this course" in response.text

    sign_in(trainer)
    client.post(
        at(f"/training/{run.id}/add/named"),
        data={
            "name": "Bob Brown",
            "organisation": public_id("organisations", group.id),
            "email": "bob@example.org",
        },
    )
    client.post(at(f"/training/{run.id}/add/walk-in"), data={"name": "Cat Cole"})
    page = client.get(at(f"/training/{run.id}")).text
    for words in ("Ann Smith", "Bob Brown", "Watton Players", "Cat Cole", "A chair at the front"):
        assert words in page

    with clock.frozen(clock.london_instant(FIRST + timedelta(days=1), time(16, 30))):
        sign_in(trainer)
        attendees = session.scalars(select(Attendee).order_by(Attendee.id)).all()
        marks = {
            input_name(attendee.id, day.id): "attended"
            for attendee in attendees
            for day in run.sessions
        }
        response = client.post(
            at(f"/training/{run.id}/attendance"),
            data=marks | {"sign_off": "yes"},
            follow_redirects=True,
        )
        assert "We have recorded the training of 3 people" in response.text
        certificate_row = session.scalars(
            select(Certificate).where(Certificate.person_id == champion.id)
        ).one()
        assert certificate_row.expires_on == date(2030, 3, 28)
        assert certificate_row.course_reference == "MHFA-1"


def test_the_form_keeps_its_values_after_an_error(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    sign_in(trainer)
    wrong = run_form_data(capacity="40", venue="The Barn")
    response = client.post("/training/new/mhfa-two-day-adult", data=wrong)
    assert response.status_code == 422
    assert "At most 16 people can take part" in response.text
    assert 'value="The Barn"' in response.text
    assert 'href="#exception_reference"' in response.text


def error_summary(page: str) -> list[tuple[str, str]]:
    """Return the target and the text of each error in the error summary."""
    above = page.partition("govuk-error-summary__body")[2].partition("</ul>")[0]
    return re.findall(r'<a href="#([^"]+)">([^<]+)</a>', above)


def test_an_empty_form_lists_errors_in_page_order(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    sign_in(trainer)
    empty = dict.fromkeys(run_form_data(), "") | {"starts_2": "", "ends_2": ""}
    response = client.post("/training/new/mhfa-two-day-adult", data=empty)
    assert [text for _, text in error_summary(response.text)] == [
        "Enter the date of day 1",
        "Enter the start time of day 1",
        "Enter the end time of day 1",
        "Enter the date of day 2",
        "Enter the start time of day 2",
        "Enter the end time of day 2",
        "Enter the last day on which people can book",
        "Enter the venue, or “Online”",
        "Enter how many people can take part",
        "Enter how many people are needed",
    ]


def test_all_errors_are_shown_at_once(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    sign_in(trainer)
    wrong = run_form_data(**{"day_2-day": "26", "cut_off_on-day": "28"}, capacity="40", minimum="3")
    response = client.post("/training/new/mhfa-two-day-adult", data=wrong | {"venue": ""})
    assert [target for target, _ in error_summary(response.text)] == [
        "day_2-day",
        "cut_off_on-day",
        "venue",
        "exception_reference",
        "minimum",
    ]
    run = schedule_run(client, session)
    clashing = run_form_data(minimum="14")
    response = client.post("/training/new/mhfa-two-day-adult", data=clashing)
    assert [target for target, _ in error_summary(response.text)] == ["day_1-day", "capacity"]
    response = client.post(
        at(f"/training/{run.id}/change"), data=run_form_data(minimum="14", venue="")
    )
    assert [target for target, _ in error_summary(response.text)] == ["venue", "capacity"]


def test_a_clash_is_shown_on_the_first_day(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    sign_in(trainer)
    schedule_run(client, session)
    response = client.post("/training/new/mhfa-two-day-adult", data=run_form_data())
    assert response.status_code == 422
    assert "another course on 27 March 2027 at 9:30am" in response.text


def test_the_change_form_shows_the_current_values(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    sign_in(trainer)
    run = schedule_run(client, session)
    page = client.get(at(f"/training/{run.id}/change")).text
    assert 'value="9:30"' in page
    assert 'value="Village Hall, Watton"' in page
    response = client.post(at(f"/training/{run.id}/change"), data=run_form_data(venue="The Barn"))
    assert response.status_code == 302
    assert session.get_one(CourseRun, run.id).venue == "The Barn"


def test_the_catalogue_is_filtered_by_query_string(session: Session, client: FlaskClient) -> None:
    courses.run(FIRST, venue="Watton Hall", venue_easting=591728, venue_northing=300563)
    courses.run(
        FIRST,
        "community-champion",
        venue="Thetford Hub",
        venue_easting=586397,
        venue_northing=283335,
    )
    everywhere = client.get("/courses").text
    assert "Watton Hall" in everywhere
    assert "Thetford Hub" in everywhere
    near = client.get("/courses?near=watton").text
    assert "Watton Hall" in near
    assert "Thetford Hub" not in near
    kind = client.get("/courses?course=community-champion").text
    assert "Watton Hall" not in kind
    assert "Thetford Hub" in kind
    none = client.get("/courses?near=swaffham&course=asist").text
    assert "Watton Hall" not in none
    assert client.get("/courses?near=atlantis").status_code == 200


def test_the_online_link_is_shown_only_to_people_with_a_place(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    run = courses.run(FIRST, link="https://meet.example/secret", venue="Online")
    person = people.champion()
    assert "meet.example" not in client.get(at(f"/courses/{run.id}")).text
    courses.attendee(run, person)
    sign_in(user_of(session, person))
    assert "meet.example" in client.get(at(f"/courses/{run.id}")).text


def test_giving_up_a_place_needs_a_post_request(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    run = courses.run(FIRST)
    person = people.champion()
    attendee = courses.attendee(run, person)
    sign_in(user_of(session, person))
    client.get(at(f"/courses/{run.id}/give-up"))
    assert session.get_one(Attendee, attendee.id).cancelled_at is None
    client.post(at(f"/courses/{run.id}/give-up"))
    assert session.get_one(Attendee, attendee.id).cancelled_at is not None


def test_the_sheet_leaves_out_hidden_people_and_is_audited(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST, trainer_user=trainer)
    shown, hidden = people.person("Sam Shown"), people.person("Hilda Hidden")
    courses.attendee(run, shown, access_needs="Hearing loop")
    courses.attendee(run, hidden)
    people.block(hidden, user=trainer)
    sign_in(trainer)
    response = client.get(at(f"/training/{run.id}/sheet.pdf"))
    assert response.mimetype == "application/pdf"
    reader = PdfReader(io.BytesIO(response.data))
    text = "".join(page.extract_text() for page in reader.pages)
    assert "Sam Shown" in text
    assert "Hearing loop" in text
    assert "Hilda" not in text
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "en-GB"
    assert reader.metadata is not None
    assert reader.metadata.title == "Class sheet: MHFA two-day (Adult)"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "run.export_sheet")).one()
    assert entry.changes["people"] == [shown.id]
    assert entry.actor_user_id == trainer.id


def sheet_text(client: FlaskClient, run: CourseRun) -> str:
    reader = PdfReader(io.BytesIO(client.get(at(f"/training/{run.id}/sheet.pdf")).data))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_the_sheet_distinguishes_two_sessions_on_one_day(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    halves = [
        courses.session_times(FIRST, time(9, 30), time(12)),
        courses.session_times(FIRST, time(13), time(16)),
    ]
    sign_in(trainer)
    text = sheet_text(client, courses.run(FIRST, trainer_user=trainer, sessions=halves))
    assert "Signed, 27 March 2027 at 9:30am" in text
    assert "Signed, 27 March 2027 at 1pm" in text
    assert (
        "9:30am"
        not in sheet_text(
            client, courses.run(FIRST + timedelta(days=30), trainer_user=trainer)
        ).partition("Signed")[2]
    )


def test_only_the_demo_sheet_says_that_people_are_made_up(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST, trainer_user=trainer)
    person = people.champion("Ann Smith")
    certificate = certificates.certificate(person)
    record = at(f"/certificates/{certificate.id}/record.pdf")
    for env, is_demo in (("test", False), ("demo", True)):
        client.application.config["APP_ENV"] = env
        try:
            sign_in(trainer)
            sheet_words = sheet_text(client, run)
            sign_in(user_of(session, person))
            (pdf_page,) = PdfReader(io.BytesIO(client.get(record).data)).pages
            record_text = pdf_page.extract_text()
        finally:
            client.application.config["APP_ENV"] = "test"
        assert ("made up" in sheet_words) is is_demo
        assert ("made up" in " ".join(record_text.split())) is is_demo


def test_viewing_a_roll_is_audited(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST, trainer_user=trainer)
    person = people.person()
    courses.attendee(run, person)
    sign_in(trainer)
    client.get(at(f"/training/{run.id}"))
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "run.read_roll")).one()
    assert entry.changes["people"] == [person.id]


MANAGEMENT_PATHS = ["", "/change", "/cancel", "/sheet.pdf", "/attendance", "/reopen", "/places"]


@pytest.mark.parametrize("path", MANAGEMENT_PATHS)
def test_only_the_trainer_and_coordinators_can_open_a_run(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User, path: str
) -> None:
    run = courses.run(FIRST, trainer_user=trainer)
    address = at(f"/training/{run.id}{path}")
    assert client.get(address).status_code == 302  # to the sign-in page
    champion = user_of(session, people.champion())
    for nobody in (
        courses.trainer(),
        champion,
        accounts.user(Role.ANALYST),
        accounts.user(Role.PARTNER),
        accounts.user(Role.ADMIN),
    ):
        assert sign_in(nobody).get(address).status_code == 404, nobody.email
    for user in (trainer, accounts.coordinator(sensitive=False)):
        assert sign_in(user).get(address).status_code == 200, user.email


def test_the_attendance_form_keeps_its_values_when_marks_are_missing(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(TODAY - timedelta(days=2), trainer_user=trainer)
    marked = courses.attendee(run, name="Bob Brown")
    courses.attendee(run, name="Cat Cole")
    sign_in(trainer)
    marks = {input_name(marked.id, day.id): "attended" for day in run.sessions}
    response = client.post(at(f"/training/{run.id}/attendance"), data=marks | {"sign_off": "yes"})
    assert response.status_code == 422
    assert "Attendance is missing for: Cat Cole" in response.text
    assert response.text.count("checked") == 2


def test_a_full_run_cannot_be_booked(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST, trainer_user=trainer, capacity=1, minimum=1)
    courses.attendee(run, name="Bob Brown")
    sign_in(trainer)
    response = client.post(at(f"/training/{run.id}/add/walk-in"), data={"name": "Cat Cole"})
    assert response.status_code == 422
    assert "There are no places left on this course" in response.text
    sign_in(user_of(session, people.champion()))
    for send in (client.get, client.post):
        response = send(at(f"/courses/{run.id}/book"), follow_redirects=True)
        assert response.request.path == at(f"/courses/{run.id}")
        assert "All places on this course are taken" in response.text


def test_a_full_run_suggests_the_next_runs_with_places(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    full = courses.run(FIRST, capacity=1, minimum=1)
    courses.attendee(full, name="Bob Brown")
    also_full = courses.run(FIRST + timedelta(days=7), capacity=1, minimum=1, venue="Full Barn")
    courses.attendee(also_full, name="Cat Cole")
    address = at(f"/courses/{full.id}")
    assert "There are no other dates with places left" in client.get(address).text
    for week in (5, 4, 3, 2):
        courses.run(FIRST + timedelta(weeks=week), venue=f"Hall of week {week}")
    courses.run(FIRST + timedelta(days=3), "community-champion", venue="Another course")
    page = client.get(address).text
    shown = [word for word in ("week 2", "week 3", "week 4", "week 5") if word in page]
    assert shown == ["week 2", "week 3", "week 4"]
    assert "Full Barn" not in page
    assert "Another course" not in page


def test_nobody_can_book_once_booking_has_closed(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    run = courses.run(FIRST, cut_off_on=TODAY - timedelta(days=1))
    sign_in(user_of(session, people.champion()))
    response = client.get(at(f"/courses/{run.id}/book"), follow_redirects=True)
    assert response.request.path == at(f"/courses/{run.id}")
    assert "Booking for this course has closed" in response.text


def test_a_person_with_a_place_can_download_a_calendar_file(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    run, person = courses.run(FIRST), people.champion()
    address = at(f"/courses/{run.id}/calendar.ics")
    assert client.get(address).status_code == 302  # to the sign-in page
    sign_in(user_of(session, person))
    assert client.get(address).status_code == 404
    assert address not in client.get(at(f"/courses/{run.id}")).text
    courses.attendee(run, person)
    for page in (at(f"/courses/{run.id}"), "/me"):
        assert f'href="{address}">Add it to your calendar' in client.get(page).text
    response = client.get(address)
    assert response.mimetype == "text/calendar"
    assert response.headers["Content-Disposition"] == 'attachment; filename="training.ics"'
    assert response.headers["Cache-Control"] == "no-store"
    days = Calendar.from_ical(response.data).walk("VEVENT")
    assert [day.decoded("DTSTART").date() for day in days] == [FIRST, FIRST + timedelta(days=1)]
    assert {str(day["SUMMARY"]) for day in days} == {"Training day"}
    assert b"MHFA" not in response.data
    for other in (people.champion(), courses.trainer()):
        client = sign_in(user_of(session, other) if isinstance(other, Person) else other)
        assert client.get(address).status_code == 404


def test_home_page_tasks_list_the_runs_that_need_action(
    app: Flask, session: Session, trainer: User
) -> None:
    courses.run(TODAY - timedelta(days=5), trainer_user=trainer)
    courses.run(TODAY + timedelta(days=10), trainer_user=trainer)
    courses.run(TODAY + timedelta(days=100), trainer_user=trainer)
    trainer_actor = courses.actor_of(trainer, Role.TRAINER)
    other = courses.actor_of(courses.trainer(), Role.TRAINER)
    with app.test_request_context():
        found = [*attendance._todos(trainer_actor, TODAY), *hooks._todos(trainer_actor, TODAY)]
        assert [todo.text for todo in found] == [
            "Sign off 1 course",
            "1 course has too few people, and booking closes soon",
        ]
        assert [*attendance._todos(other, TODAY), *hooks._todos(other, TODAY)] == []


def test_a_run_cancelled_before_publication_is_not_public(
    client: FlaskClient, session: Session
) -> None:
    reason = "The trainer is ill"
    hidden = courses.run(FIRST, published=False, cancelled_at=clock.now(), cancel_reason=reason)
    known = courses.run(FIRST, cancelled_at=clock.now(), cancel_reason=reason)
    assert client.get(at(f"/courses/{hidden.id}")).status_code == 404
    assert reason in client.get(at(f"/courses/{known.id}")).text
