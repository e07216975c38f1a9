"""Places stay hidden from readers who may not see them, and nobody loses a certificate by it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.attendance import hooks as attendance
from app.attendance import signing_off
from app.attendance.forms import input_name
from app.certificates.models import Certificate
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Conflict, NotFound
from app.core.permissions import Role
from app.courses import booking, queries, service
from app.courses.hooks import _todos
from app.courses.models import Attendee, CourseRun
from app.courses.types import Mark, NewAttendee, TrainerAccess, UnlistedPlaces
from app.messages.models import Message
from app.organisations.models import Organisation
from app.people.models import Person
from app.rescheduling import service as rescheduling
from tests.addresses import at, public_id
from tests.factories import accounts, courses, organisations, people

SignIn = Callable[[Any], FlaskClient]
FIRST = date(2027, 3, 27)
LAST = date(2027, 3, 28)


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock on the day of the last session."""
    with clock.frozen(clock.london_instant(LAST, time(16, 30))) as at:
        yield at


@pytest.fixture
def trainer(session: Session) -> User:
    """Create a trainer."""
    return courses.trainer(name="Tess Trainer")


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    """Create a two-day run whose second day is today."""
    return courses.run(FIRST, trainer_user=trainer)


def coordinator(*, sensitive: bool = True) -> Actor:
    more = [Role.SENSITIVE] if sensitive else []
    return courses.actor_of(accounts.coordinator(sensitive=sensitive), Role.COORDINATOR, *more)


def hidden_person(name: str = "Hilda Hidden") -> Person:
    """Create a person whose only network is sensitive."""
    return people.person(name, networks=[organisations.network(sensitive=True)])


def confidential_organisation() -> Organisation:
    """Create an organisation with a confidential location."""
    refuge = organisations.organisation("Refuge")
    refuge.confidential_location = True
    return refuge


def roll_of(reader: Actor, run: CourseRun) -> tuple[list[str], UnlistedPlaces]:
    page = service.managed_run(reader, run.id, LAST)
    listed, held_places = len(page.roll), sum(each.headcount for each in page.held)
    assert page.run.taken == listed + held_places + page.unlisted.places
    return [entry.name for entry in page.roll], page.unlisted


def plain_text(html: str) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", html)


def sheet_text(made: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)


TEAM_MARKS_THEM = "The team manages places that are not listed, and marks attendance for them."


def test_becoming_the_trainer_does_not_reveal_hidden_people(
    session: Session, client: FlaskClient, sign_in: SignIn, run: CourseRun
) -> None:
    """A coordinator without the permission makes herself the trainer of a run."""
    hidden = hidden_person()
    courses.attendee(run, hidden, access_needs="a quiet room")
    courses.attendee(run, people.person("Sam Shown"))
    herself = accounts.coordinator(sensitive=False)
    sign_in(herself)
    rescheduling.change_run(
        courses.actor_of(herself, Role.COORDINATOR),
        run.id,
        courses.new_run(FIRST, trainer_user_id=herself.id),
    )
    assert run.trainer_user_id == herself.id
    for path in ("", "/attendance", "/sheet.pdf", "/cancel"):
        response = client.get(at(f"/training/{run.id}{path}"))
        assert response.status_code == 200
        text = sheet_text(response.data) if path.endswith(".pdf") else plain_text(response.text)
        assert "Hilda" not in text
        if path in ("", "/attendance"):
            assert f"1 place is not listed. {TEAM_MARKS_THEM}" in text
            assert "a quiet room" in text
    assert "Places not listed: 1" in sheet_text(
        client.get(at(f"/training/{run.id}/sheet.pdf")).data
    )


@pytest.mark.parametrize("as_trainer", [True, False])
def test_places_not_listed_look_the_same_whatever_the_reason(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User, as_trainer: bool
) -> None:
    """Four runs have two unlisted places each, for different reasons, and identical pages."""
    runs = [courses.run(FIRST, trainer_user=trainer, venue="Watton") for _ in range(4)]
    for _ in range(2):
        courses.attendee(runs[0], hidden_person())
    booking.hold_places(coordinator(), runs[1].id, None, 2)
    secret = confidential_organisation()
    booking.hold_places(coordinator(), runs[2].id, secret.id, 2)
    players = organisations.organisation("Watton Players")
    booking.hold_places(coordinator(sensitive=False), runs[3].id, players.id, 2)
    reader = trainer if as_trainer else accounts.coordinator(sensitive=False)
    sign_in(reader)
    for path in ("", "/attendance"):
        pages = [client.get(at(f"/training/{run.id}{path}")).text for run in runs]
        texts = {
            re.sub(r"[a-z2-7]{26}|nonce[^>]*|value=\"[^\"]*\"|request id \w+", "", page)
            for page in pages
        }
        texts = {re.sub(r"[0-9a-f]{32}", "", plain_text(page)) for page in texts}
        assert len(texts) == 1
        assert "2 places are not listed." in texts.pop()


@pytest.mark.parametrize(
    ("choice", "name", "needs"),
    [
        (TrainerAccess.NAME, True, True),
        (TrainerAccess.NEEDS, False, True),
        (TrainerAccess.NOTHING, False, False),
    ],
)
def test_the_attendees_choice_limits_the_trainer_but_not_the_team(
    session: Session,
    client: FlaskClient,
    sign_in: SignIn,
    run: CourseRun,
    trainer: User,
    choice: TrainerAccess,
    name: bool,
    needs: bool,
) -> None:
    run = courses.run(LAST + timedelta(days=7), trainer_user=trainer)
    person = people.person("Cho Chooser", user=(user := accounts.user(Role.CHAMPION)))
    sign_in(user)
    sent = {"access_needs": "hearing loop", "trainer_reads": choice.value}
    assert client.post(at(f"/courses/{run.id}/book"), data=sent).status_code == 302
    sign_in(trainer)
    for path in ("", "/attendance"):
        page = client.get(at(f"/training/{run.id}{path}")).text
        assert ("Cho Chooser" in page) is name
        if not name or path == "":
            assert ("hearing loop" in page) is needs
    sheet = sheet_text(client.get(at(f"/training/{run.id}/sheet.pdf")).data)
    assert ("Cho Chooser" in sheet) is name
    assert ("hearing loop" in sheet) is needs
    names, unlisted = roll_of(coordinator(sensitive=False), run)
    assert names == ["Cho Chooser"]
    assert unlisted == UnlistedPlaces()
    assert person.id


def test_what_the_trainer_can_see_must_be_chosen_and_can_be_changed(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(LAST + timedelta(days=7), trainer_user=trainer)
    people.person("Cho Chooser", user=(user := accounts.user(Role.CHAMPION)))
    sign_in(user)
    page = client.post(at(f"/courses/{run.id}/book"), data={"access_needs": "hearing loop"}).text
    assert "Select what the trainer can see" in page
    assert "hearing loop" in page
    client.post(at(f"/courses/{run.id}/book"), data={"trainer_reads": "name"})
    assert "The trainer can see your name" in client.get(at(f"/courses/{run.id}")).text
    path = at(f"/courses/{run.id}/trainer")
    assert client.get(path).status_code == 200
    assert client.post(path, data={"trainer_reads": "nothing"}).status_code == 302
    assert "The trainer cannot see your name" in client.get(at(f"/courses/{run.id}")).text
    managing = courses.actor_of(trainer, Role.TRAINER)
    assert roll_of(managing, run) == ([], UnlistedPlaces(1))


def test_staff_can_record_the_attendees_choice(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(LAST + timedelta(days=7), trainer_user=trainer)
    person = people.person("Cho Chooser")
    sign_in(accounts.coordinator())
    sent = {
        "run": public_id("course_runs", run.id),
        "access_needs": "a ramp",
        "trainer_reads": "needs",
    }
    assert client.post(at(f"/people/{person.id}/book"), data=sent).status_code == 302
    named = {"name": "Nam Named", "trainer_reads": "nothing", "access_needs": "a lift"}
    assert client.post(at(f"/training/{run.id}/add/named"), data=named).status_code == 302
    managing = courses.actor_of(trainer, Role.TRAINER)
    assert roll_of(managing, run) == ([], UnlistedPlaces(2, ("a ramp",)))
    sign_in(trainer)  # the form has no such question if the trainer adds a walk-in
    walk_in = {"name": "Wim Walkin"}
    assert client.post(at(f"/training/{run.id}/add/walk-in"), data=walk_in).status_code == 302
    assert roll_of(managing, run)[0] == ["Wim Walkin"]


def test_a_confidential_organisations_people_are_listed_only_with_the_permission(
    session: Session, run: CourseRun, trainer: User
) -> None:
    secret = confidential_organisation()
    privileged = coordinator()
    booked = booking.hold_places(privileged, run.id, secret.id, 2)
    new = NewAttendee(name="Nell Named", from_booking_id=booked)
    added = booking.add_named_attendee(privileged, run.id, new)
    assert roll_of(privileged, run)[0] == ["Nell Named"]
    for reader in (courses.actor_of(trainer, Role.TRAINER), coordinator(sensitive=False)):
        assert roll_of(reader, run) == ([], UnlistedPlaces(2))
        with pytest.raises(NotFound):
            booking.remove_attendee(reader, run.id, added)
        with pytest.raises(NotFound):
            booking.release_places(reader, run.id, booked)
        with pytest.raises(Conflict, match="Choose another one"):
            booking.add_named_attendee(reader, run.id, new)


def test_a_blocked_trainer_sees_neither_name_nor_needs(
    session: Session, run: CourseRun, trainer: User
) -> None:
    person = people.person("Bo Blocker")
    courses.attendee(run, person, access_needs="a lift")
    people.block(person, user=trainer)
    assert roll_of(courses.actor_of(trainer, Role.TRAINER), run) == ([], UnlistedPlaces(1))


def test_a_trainer_sees_hidden_people_they_may_see_elsewhere(
    session: Session, run: CourseRun, trainer: User
) -> None:
    courses.attendee(run, hidden_person())
    holder = courses.actor_of(trainer, Role.TRAINER, Role.COORDINATOR, Role.SENSITIVE)
    assert roll_of(holder, run) == (["Hilda Hidden"], UnlistedPlaces())
    partner = courses.actor_of(trainer, Role.TRAINER, Role.PARTNER, Role.SENSITIVE)
    assert roll_of(partner, run) == ([], UnlistedPlaces(1))


def test_only_the_holder_can_release_places_held_for_the_team(
    session: Session, client: FlaskClient, sign_in: SignIn, run: CourseRun, trainer: User
) -> None:
    sign_in(trainer)
    response = client.post(
        at(f"/training/{run.id}/places"), data={"organisation": "team", "headcount": "2"}
    )
    assert response.status_code == 302
    managing = courses.actor_of(trainer, Role.TRAINER)
    (held,) = queries.held_places(managing, run)
    assert (held.organisation, held.headcount) == (None, 2)
    with pytest.raises(NotFound):
        booking.release_places(coordinator(), run.id, held.booking_id)
    assert roll_of(coordinator(), run) == ([], UnlistedPlaces(2))
    booking.release_places(managing, run.id, held.booking_id)
    assert queries.held_places(managing, run) == []


def test_places_held_for_an_organisation_can_be_named_with_the_permission(
    session: Session, run: CourseRun, trainer: User
) -> None:
    keeper, players = coordinator(sensitive=False), organisations.organisation("Watton Players")
    kept = booking.hold_places(keeper, run.id, players.id, 3)
    for reader in (keeper, coordinator()):
        (held,) = queries.held_places(reader, run)
        assert (held.organisation, held.headcount) == ("Watton Players", 3)
    for reader in (courses.actor_of(trainer, Role.TRAINER), coordinator(sensitive=False)):
        assert roll_of(reader, run) == ([], UnlistedPlaces(3))
        with pytest.raises(NotFound):
            booking.release_places(reader, run.id, kept)
        with pytest.raises(Conflict, match="Choose another one"):
            booking.add_named_attendee(reader, run.id, NewAttendee("Nell", from_booking_id=kept))
    booking.add_named_attendee(coordinator(), run.id, NewAttendee("Nell", from_booking_id=kept))
    assert queries.held_places(keeper, run)[0].headcount == 2


def mark_attended(actor: Actor, attendee: Attendee) -> None:
    marks = {(attendee.id, each.id): Mark.ATTENDED for each in attendee.run.sessions}
    signing_off.record_attendance(actor, attendee.run_id, marks)


def has_certificate(session: Session, attendee: Attendee) -> bool:
    made = select(Certificate.id).where(Certificate.person_id == attendee.person_id)
    return session.scalar(made) is not None


def test_places_not_listed_do_not_prevent_signing_off(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    """The page after signing off does not depend on why a place is not listed."""
    texts = set()
    for kind in ("nobody", "hidden", "hidden and marked", "held"):
        run = courses.run(FIRST, trainer_user=trainer, venue="Watton")
        mark_attended(
            courses.actor_of(trainer, Role.TRAINER), courses.attendee(run, people.person())
        )
        if kind.startswith("hidden"):
            hidden = courses.attendee(run, hidden_person())
            if kind.endswith("marked"):
                mark_attended(coordinator(), hidden)
        if kind == "held":
            booking.hold_places(coordinator(), run.id, None, 1)
        sign_in(trainer)
        response = client.post(
            at(f"/training/{run.id}/attendance"), data={"sign_off": "yes"}, follow_redirects=True
        )
        text = plain_text(response.text)
        assert (
            "The course has been signed off. We have recorded the training of 1 person." in text
        ), kind
        summary = re.search(r"The course has been signed off. We have recorded .*?person", text)
        assert summary
        texts.add(summary[0])
        assert ("1 place is not listed." in text) is (kind != "nobody")
        assert run.completed_at is not None
    assert len(texts) == 1


def test_people_can_be_marked_after_signing_off_if_the_trainer_could_not_see_them(
    session: Session,
    client: FlaskClient,
    sign_in: SignIn,
    app: Flask,
    run: CourseRun,
    trainer: User,
) -> None:
    hidden, shown = courses.attendee(run, hidden_person()), courses.attendee(run, people.person())
    managing, privileged = courses.actor_of(trainer, Role.TRAINER), coordinator()
    mark_attended(managing, hidden)  # ignored, because the person is not listed
    mark_attended(managing, shown)
    assert signing_off.sign_off(managing, run.id) == 1
    assert has_certificate(session, shown)
    assert not has_certificate(session, hidden)
    text = "Mark attendance for MHFA two-day (Adult) on 27 March 2027"
    with app.test_request_context(), clock.frozen(LAST + timedelta(days=1)):
        for reader, is_waiting in (
            (privileged, True),
            (managing, False),
            (coordinator(sensitive=False), False),
        ):
            todos = attendance._todos(reader, clock.today())
            found = [each for each in todos if each.text.startswith(text)]
            assert bool(found) is is_waiting
    holder = accounts.coordinator(sensitive=True)
    sign_in(holder)
    path = at(f"/training/{run.id}/attendance")
    page = client.get(path).text
    assert "signed off by somebody who could not mark attendance for everyone" in page
    sent = {input_name(hidden.id, each.id): "attended" for each in run.sessions}
    sent |= {input_name(shown.id, each.id): "absent" for each in run.sessions}
    assert client.post(path, data=sent).status_code == 302
    assert has_certificate(session, hidden)
    assert {row.mark for row in shown.marks} == {Mark.ATTENDED}  # unchanged since the sign-off
    letters = select(Message).where(Message.letter == "training-recorded")
    assert len(session.scalars(letters).all()) == 2
    response = client.post(path, data=sent, follow_redirects=True)
    assert "Reopen it to correct it" in plain_text(response.text)


def test_signing_off_again_also_reissues_certificates_of_people_marked_late(
    session: Session, run: CourseRun, trainer: User
) -> None:
    hidden, shown = courses.attendee(run, hidden_person()), courses.attendee(run, people.person())
    managing, privileged = courses.actor_of(trainer, Role.TRAINER), coordinator()
    mark_attended(managing, shown)
    signing_off.sign_off(managing, run.id)
    mark_attended(privileged, hidden)
    signing_off.reopen_run(managing, run.id, "A wrong day")
    valid = select(Certificate.id).where(Certificate.revoked_at.is_(None))
    assert session.scalars(valid).all() == []
    assert signing_off.sign_off(managing, run.id) == 1
    assert len(session.scalars(valid).all()) == 2
    corrected = select(Message).where(Message.letter == "training-corrected")
    assert session.scalars(corrected).all() == []


def test_a_run_with_only_places_not_listed_can_be_signed_off(
    session: Session, run: CourseRun, trainer: User
) -> None:
    managing = courses.actor_of(trainer, Role.TRAINER)
    with pytest.raises(Conflict, match="Nobody is on this course"):
        signing_off.sign_off(managing, run.id)
    courses.attendee(run, hidden_person())
    assert signing_off.sign_off(managing, run.id) == 0


def test_a_blocked_trainer_can_take_over_a_run_and_everybody_is_told(
    session: Session, app: Flask, client: FlaskClient, sign_in: SignIn
) -> None:
    """If the site refused, it would reveal when and where to meet the person who blocked them."""
    run = courses.run(LAST + timedelta(days=7))
    person = people.person("Bo Blocker")
    courses.attendee(run, person)
    other = courses.trainer(name="Oz Other")
    people.block(person, user=other)
    new = courses.new_run(LAST + timedelta(days=7), trainer_user_id=other.id)
    assert rescheduling.change_run(coordinator(), run.id, new)
    assert run.trainer_user_id == other.id
    assert roll_of(courses.actor_of(other, Role.TRAINER), run) == ([], UnlistedPlaces(1))
    letter = session.scalars(select(Message).where(Message.letter == "run-changed")).one()
    assert letter.person_id == person.id
    assert letter.context["trainer"] == "Oz Other"
    with app.test_request_context():
        calls = [each.text for each in _todos(coordinator(), LAST) if "never to meet" in each.text]
        assert len(calls) == 1
        blocked = courses.actor_of(other, Role.TRAINER, Role.COORDINATOR)
        assert not [each for each in _todos(blocked, LAST) if "never to meet" in each.text]
