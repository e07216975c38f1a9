"""Attendees who were added by name, the records they belong to, and what counts for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.attendance import linking, signing_off
from app.certificates import queries as certificates
from app.certificates.models import Certificate
from app.core import clock
from app.core.actor import Actor
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.courses import queries as course_queries
from app.courses.models import Attendee, AttendeeLink, CourseRun
from app.messages.models import Message
from app.people.models import Person
from app.people.types import ContactKind
from tests.addresses import at, public_id
from tests.factories import accounts, courses, organisations, people
from tests.factories.certificates import certificate
from tests.integration.attendance.conftest import FIRST

pytestmark = pytest.mark.usefixtures("evening_after")
REFRESHER = "mhfa-refresher"
SignIn = Callable[[User], FlaskClient]


def plain_text(html: str) -> str:
    """Return the words of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.fixture
def refresher(session: Session, trainer: User) -> CourseRun:
    """Create a half-day refresher that has ended."""
    return courses.run(FIRST, REFRESHER, trainer_user=trainer)


def attend(run: CourseRun, trainer: User, **details: str) -> Attendee:
    """Add an attendee by name, marked at every session."""
    attendee = courses.attendee(run, **details)
    courses.mark_attendance(attendee, trainer)
    return attendee


def sign_off(run: CourseRun, trainer: User) -> int:
    actor = courses.actor_of(trainer, Role.TRAINER)
    return signing_off.sign_off(actor, run.id)


def is_first_aider(person: Person) -> bool:
    """Return whether the person counts as a Mental Health First Aider today."""
    return person.id in certificates.in_date_holder_ids(clock.today(), ["mhfa-adult"])


def letters(session: Session) -> list[str]:
    return list(session.scalars(select(Message.letter).order_by(Message.id)))


def press(client: FlaskClient, attendee: Attendee, what: str, person: Person | None = None) -> str:
    end = f"{what}/{person.id}" if person else what
    address = at(f"/training/{attendee.run_id}/people/{attendee.id}/{end}")
    return plain_text(client.post(address, follow_redirects=True).text)


def coordinator_of(user: User, *, sensitive: bool = True) -> Actor:
    more = [Role.SENSITIVE] if sensitive else []
    return courses.actor_of(user, Role.COORDINATOR, *more)


def test_a_refresher_makes_no_first_aider_of_somebody_untrained(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User, refresher: CourseRun
) -> None:
    """The steps of the original fault: add a walk-in, sign off, press “This is the same person”."""
    sign_in(trainer)
    run = f"/training/{refresher.id}"
    client.post(at(f"{run}/add/walk-in"), data={"name": "Wanda Walker", "email": "w@walk.example"})
    attendee = session.scalars(select(Attendee)).one()
    courses.mark_attendance(attendee, trainer)
    page = client.post(at(f"{run}/complete"), follow_redirects=True).text
    assert "We have recorded the training of 1 person." in plain_text(page)
    assert session.scalars(select(Certificate)).all() == []
    assert "attendance-recorded" in letters(session)
    untrained = people.person("Wanda Walker")
    sign_in(accounts.coordinator())
    assert "This is the same person" in client.get(at(f"/people/{untrained.id}")).text
    text = press(client, attendee, "link", untrained)
    assert "Record of attendance" in text
    assert not is_first_aider(untrained)
    assert session.scalars(select(Certificate)).all() == []


def test_a_linked_person_who_met_the_prerequisite_gets_the_certificate(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User, refresher: CourseRun
) -> None:
    trained = people.person("Wanda Walker")
    certificate(trained, awarded_on=FIRST - timedelta(days=900))
    attendee = attend(refresher, trainer, name="Wanda Walker")
    sign_off(refresher, trainer)
    sign_in(accounts.coordinator())
    assert "Certificate" in press(client, attendee, "link", trained)
    (made,) = certificates.person_certificates(trained.id, clock.today())[:1]
    assert made.awarded_on == FIRST
    assert letters(session)[-1] == "training-recorded"
    # Undoing takes it back, and linking again gives it again.
    assert "no longer linked" in press(client, attendee, "unlink")
    today = certificates.person_certificates(trained.id, clock.today())
    assert [row.state.name for row in today if row.awarded_on == FIRST] == ["REVOKED"]
    press(client, attendee, "link", trained)
    today = certificates.person_certificates(trained.id, clock.today())
    assert sorted(row.state.name for row in today if row.awarded_on == FIRST) == [
        "IN_DATE",
        "REVOKED",
    ]


def test_a_certificate_awarded_after_the_first_day_does_not_meet_the_prerequisite(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User, refresher: CourseRun
) -> None:
    later = people.person("Wanda Walker")
    certificate(later, awarded_on=FIRST + timedelta(days=1))
    attendee = attend(refresher, trainer, name="Wanda Walker")
    sign_off(refresher, trainer)
    sign_in(accounts.coordinator())
    assert "Record of attendance" in press(client, attendee, "link", later)


def test_the_prerequisite_is_judged_again_at_sign_off(
    session: Session, trainer: User, refresher: CourseRun
) -> None:
    """Somebody booked with a record, whose certificate was revoked before the course."""
    person = people.person()
    booked = courses.attendee(refresher, person)
    courses.mark_attendance(booked, trainer)
    assert sign_off(refresher, trainer) == 1
    assert not is_first_aider(person)
    assert letters(session) == ["attendance-recorded"]


@pytest.mark.parametrize("linked", [False, True])
def test_a_coordinator_who_saw_the_earlier_certificate_can_say_so(
    session: Session,
    client: FlaskClient,
    sign_in: SignIn,
    trainer: User,
    refresher: CourseRun,
    linked: bool,
) -> None:
    person = people.person("Wanda Walker")
    attendee = attend(refresher, trainer, name="Wanda Walker", email="w@walk.example")
    sign_off(refresher, trainer)
    sign_in(accounts.coordinator())
    if linked:
        press(client, attendee, "link", person)
    address = at(f"/training/{refresher.id}/people/{attendee.id}/earlier")
    assert client.get(address).status_code == 200
    assert client.post(address, data={"kind": "mhfa-adult", "reason": " "}).status_code == 422
    client.post(address, data={"kind": "mhfa-adult", "reason": "Paper certificate of 2025"})
    assert is_first_aider(person) is linked
    (made,) = session.scalars(select(Certificate)).all()
    assert made.holder_name == "Wanda Walker"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "attendee.accept")).one()
    assert entry.why == "Paper certificate of 2025"
    if not linked:  # the certificate follows when they are linked, and goes back on undoing it
        press(client, attendee, "link", person)
        assert is_first_aider(person)
        press(client, attendee, "unlink")
        assert not is_first_aider(person)


def test_courses_without_a_prerequisite_award_as_before(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    attendee = attend(run, trainer, name="Bob Brown")
    sign_off(run, trainer)
    (made,) = session.scalars(select(Certificate)).all()
    assert (made.person_id, made.holder_name) == (None, "Bob Brown")
    person = people.person("Bob Brown")
    sign_in(accounts.coordinator())
    press(client, attendee, "link", person)
    assert is_first_aider(person)
    press(client, attendee, "unlink")
    assert not is_first_aider(person)
    assert made.revoked_at is None


def test_certain_matches_are_linked_without_telling_anybody(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User, refresher: CourseRun
) -> None:
    """The trainer's page is the same whether the attendee is known, unknown or hidden."""
    known = people.person("Ann Field", email="ann@field.example")
    hidden = people.person(
        "Hilda Hidden",
        email="hilda@hidden.example",
        networks=[organisations.network(sensitive=True)],
    )
    certificate(hidden, awarded_on=FIRST - timedelta(days=900))
    named = [
        attend(refresher, trainer, name="Ann Field", email="ann@field.example"),
        attend(refresher, trainer, name="Hilda Hiden", email="HILDA@hidden.example"),
        attend(refresher, trainer, name="Nora Nobody", email="nora@nobody.example"),
    ]
    sign_in(trainer)
    address = at(f"/training/{refresher.id}")

    def pages() -> list[str]:
        texts = [client.get(f"{address}{end}").text for end in ("", "/attendance")]
        return [re.sub(r'name="csrf_token" value="[^"]+"', "", text) for text in texts]

    before = pages()
    assert linking.link_certain_matches() == 2
    assert linking.link_certain_matches() == 0
    assert pages() == before
    links = {each.attendee_id: each.person_id for each in session.scalars(select(AttendeeLink))}
    assert links == {named[0].id: known.id, named[1].id: hidden.id}
    assert sign_off(refresher, trainer) == 3
    assert is_first_aider(hidden)
    assert not is_first_aider(known)
    # A coordinator without the permission sees the hidden person as nobody.
    sign_in(accounts.coordinator(sensitive=False))
    text = client.get("/training/attendees").text
    assert "Hilda Hiden" in text
    assert "Hilda Hidden" not in text
    assert "Ann Field" not in text
    sign_in(accounts.coordinator())
    text = client.get("/training/attendees").text
    assert "Hilda Hiden" not in text
    assert "Nora Nobody" in text


def test_contact_details_shared_by_two_likely_people_are_not_certain(
    session: Session, trainer: User, refresher: CourseRun
) -> None:
    for name in ("John Smith", "Jane Smith"):
        people.person(name, email=None)
    both = session.scalars(select(Person).where(Person.full_name.like("J% Smith"))).all()
    for person in both:
        people.contact(person, ContactKind.EMAIL, "smiths@home.example")
    attend(refresher, trainer, name="John Jane Smith", email="smiths@home.example")
    assert linking.link_certain_matches() == 0
    attend(refresher, trainer, name="Jane Smith", email="smiths@home.example")
    assert linking.link_certain_matches() == 1


def test_an_undone_link_is_not_made_again(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User, refresher: CourseRun
) -> None:
    people.person("Ann Field", email="ann@field.example")
    attendee = attend(refresher, trainer, name="Ann Field", email="ann@field.example")
    linking.link_certain_matches()
    sign_in(accounts.coordinator())
    assert "no longer linked" in press(client, attendee, "unlink")
    assert linking.link_certain_matches() == 0
    assert "found nobody" in client.get(at(f"/training/{refresher.id}/people/{attendee.id}")).text


def test_the_linked_person_has_the_place_on_every_page(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    person = people.champion("Ann Field")
    people.contact(person, ContactKind.EMAIL, "ann@field.example")
    run = courses.run(clock.today() + timedelta(days=30), trainer_user=trainer)
    attendee = courses.attendee(run, name="Ann Field", email="ann@field.example")
    linking.link_certain_matches()
    found = course_queries.find_place(run.id, person.id)
    assert found is not None
    assert found.id == attendee.id
    sign_in(session.get_one(User, person.user_id))
    assert "MHFA two-day" in client.get("/me").text
    client.post(at(f"/courses/{run.id}/book"), data={"trainer_access": "name"})
    assert len(session.scalars(select(Attendee)).all()) == 1  # nobody is twice on a run
    client.post(at(f"/courses/{run.id}/give-up"))
    assert course_queries.find_place(run.id, person.id) is None


def test_a_person_with_two_places_gets_one_certificate(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    """Their own place is hidden from the trainer, who adds them by name."""
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    hidden = people.person(
        "Hilda Hidden",
        email="hilda@hidden.example",
        networks=[organisations.network(sensitive=True)],
    )
    own = courses.attendee(run, hidden)
    courses.mark_attendance(own, trainer)
    attend(run, trainer, name="Hilda Hidden", email="hilda@hidden.example")
    linking.link_certain_matches()
    sign_off(run, trainer)
    assert len(certificates.person_certificates(hidden.id, clock.today())) == 1
    assert len(session.scalars(select(Certificate)).all()) == 1
    sign_in(accounts.coordinator())
    assert "has another place on this course" in client.get("/training/attendees").text
    sign_in(accounts.coordinator(sensitive=False))
    assert "has another place on this course" not in client.get("/training/attendees").text


def test_the_same_name_is_not_added_twice(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(clock.today() + timedelta(days=30), trainer_user=trainer)
    sign_in(trainer)
    address = at(f"/training/{run.id}/add/named")
    client.post(address, data={"name": "John Smith"})
    page = client.post(address, data={"name": "Jhon Smith", "phone": "07700 900982"})
    assert page.status_code in (409, 422)
    assert "John Smith is already on this course" in plain_text(page.text)
    data = {"name": "Jhon Smith", "phone": "07700 900982", "is_somebody_else": "yes"}
    assert client.post(address, data=data).status_code == 302
    assert [each.phone for each in session.scalars(select(Attendee).order_by(Attendee.id))] == [
        None,
        "+447700900982",
    ]


def test_adding_a_hidden_person_by_name_reveals_nothing(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    """The request runs the same statements for any name, whether or not it is on the run."""
    run = courses.run(clock.today() + timedelta(days=30), trainer_user=trainer)
    hidden = people.person(
        "Hilda Hidden",
        email="hilda@hidden.example",
        networks=[organisations.network(sensitive=True)],
    )
    courses.attendee(run, hidden)
    sign_in(trainer)
    address = at(f"/training/{run.id}/add/named")
    for name, email in (("Hilda Hidden", "hilda@hidden.example"), ("Nora New", "n@new.example")):
        assert client.post(address, data={"name": name, "email": email}).status_code == 302
    text = plain_text(client.get(at(f"/training/{run.id}")).text)
    assert "1 place is not listed." in text
    assert "already" not in text


def test_a_trainer_picks_people_from_their_own_courses(
    session: Session, client: FlaskClient, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(clock.today() + timedelta(days=30), trainer_user=trainer)
    earlier = courses.run(clock.today() - timedelta(days=90), trainer_user=trainer)
    known, stranger = people.person("Ann Field"), people.person("Stella Stranger")
    hidden = people.person("Hilda", networks=[organisations.network(sensitive=True)])
    paused = people.person("Paul Paused")
    for person in (known, hidden, paused):
        courses.attendee(earlier, person)
    courses.attendee(courses.run(clock.today() - timedelta(days=60)), stranger)
    people.suspension(paused, clock.today())
    sign_in(trainer)
    address = at(f"/training/{run.id}/add/known")
    page = client.get(address).text
    assert "Ann Field" in page
    assert "Stella" not in page
    assert "Hilda" not in page

    def choose(person: Person) -> str:
        data = {"person": public_id("people", person.id)}
        return plain_text(client.post(address, data=data, follow_redirects=True).text)

    assert "Ann Field has been added to the course." in choose(known)
    assert course_queries.find_place(run.id, known.id) is not None
    assert "Ask the team" in choose(paused)
    choose(stranger)
    choose(hidden)
    assert len(session.scalars(select(Attendee).where(Attendee.run_id == run.id)).all()) == 1
    other = courses.run(clock.today() + timedelta(days=30))
    assert client.get(at(f"/training/{other.id}/add/known")).status_code == 404
