"""A refresher renews the kind of earlier certificate that a coordinator has seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates.models import Certificate
from app.core.audit import AuditEntry
from app.courses.models import Attendee, CourseRun
from app.courses.types import TrainerAccess
from app.messages.models import Message
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts, courses, people
from tests.factories.certificates import certificate
from tests.integration.attendance.conftest import FIRST
from tests.integration.attendance.test_linked_refreshers import holder_of, valid_certificates
from tests.integration.attendance.test_linking import REFRESHER, attend, plain_text, press
from tests.integration.attendance.test_merged_places import merge, undo

pytestmark = pytest.mark.usefixtures("evening_after")
SignIn = Callable[[User], FlaskClient]
OTHER_KINDS = ["mhfa-youth", "mhfa-armed-forces", "mhfa-higher-education"]
YOUTH, ADULT = "mhfa-youth", "mhfa-adult"
SEEN = "I have seen the certificate"


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    """Create a half-day refresher that has ended."""
    return courses.run(FIRST, REFRESHER, trainer_user=trainer)


@pytest.fixture
def unknown_attendee(run: CourseRun, trainer: User) -> Attendee:
    """Create an attendee of the refresher who has no record."""
    return attend(run, trainer, name="Wanda Walker", email="w@walk.example")


@pytest.fixture
def coordinator(session: Session, sign_in: SignIn) -> FlaskClient:
    return sign_in(accounts.coordinator())


def record_certificate_seen(
    client: FlaskClient, attendee: Attendee, kind: str | None, on: date | None = None
) -> str:
    """Record that a coordinator saw a certificate of this kind, and return the next page."""
    address = at(f"/training/{attendee.run_id}/people/{attendee.id}/earlier")
    day = {"day": str(on.day), "month": str(on.month), "year": str(on.year)} if on else {}
    data = {"reason": "On paper"} | ({"kind": kind} if kind else {})
    data |= {f"awarded_on-{part}": text for part, text in day.items()}
    return plain_text(client.post(address, data=data, follow_redirects=True).text)


def page_about(client: FlaskClient, attendee: Attendee) -> str:
    """Return the coordinator's page about an attendee."""
    return plain_text(client.get(at(f"/training/{attendee.run_id}/people/{attendee.id}")).text)


def post(client: FlaskClient, run: CourseRun, end: str, **data: str) -> None:
    address = at(f"/training/{run.id}/{end}")
    assert client.post(address, data=data).status_code in (302, 303)


@pytest.mark.parametrize("kind", OTHER_KINDS)
@pytest.mark.parametrize("signed_off_first", [False, True])
def test_the_kind_that_was_seen_is_renewed(
    session: Session,
    coordinator: FlaskClient,
    run: CourseRun,
    unknown_attendee: Attendee,
    kind: str,
    signed_off_first: bool,
) -> None:
    """Previously, a Youth first aider without a record became an Adult one."""
    if signed_off_first:
        post(coordinator, run, "complete")
    record_certificate_seen(coordinator, unknown_attendee, kind)
    if not signed_off_first:
        post(coordinator, run, "complete")
    assert valid_certificates(session) == [(kind, None)]
    person = people.person("Wanda Walker")
    for _again in range(2):
        press(coordinator, unknown_attendee, "link", person)
        assert valid_certificates(session) == [(kind, person.id)]
        press(coordinator, unknown_attendee, "unlink")
        assert valid_certificates(session) == [(kind, None)]
    post(coordinator, run, "reopen", reason="Wrong list")
    assert valid_certificates(session) == []
    post(coordinator, run, "complete")
    assert valid_certificates(session) == [(kind, None)]


@pytest.mark.parametrize("linked_first", [False, True])
def test_kinds_seen_and_on_record_are_both_renewed(
    session: Session,
    coordinator: FlaskClient,
    run: CourseRun,
    unknown_attendee: Attendee,
    linked_first: bool,
) -> None:
    person = holder_of(ADULT)
    record_certificate_seen(coordinator, unknown_attendee, YOUTH)
    if linked_first:
        press(coordinator, unknown_attendee, "link", person)
    post(coordinator, run, "complete")
    if not linked_first:
        assert valid_certificates(session) == [(YOUTH, None)]
        press(coordinator, unknown_attendee, "link", person)
    both = [(ADULT, person.id), (YOUTH, person.id)]
    assert valid_certificates(session) == both
    press(coordinator, unknown_attendee, "unlink")
    assert valid_certificates(session) == [(YOUTH, None)]
    press(coordinator, unknown_attendee, "link", person)
    assert valid_certificates(session) == both


def test_somebody_booked_with_a_record_renews_the_kind_seen(
    session: Session, coordinator: FlaskClient, run: CourseRun, trainer: User
) -> None:
    person = people.person("Bella Booked")
    attendee = courses.attendee(run, person)
    courses.mark_attendance(attendee, trainer)
    record_certificate_seen(coordinator, attendee, YOUTH)
    post(coordinator, run, "complete")
    assert valid_certificates(session) == [(YOUTH, person.id)]


def test_a_second_place_adds_only_the_kind_seen(
    session: Session,
    coordinator: FlaskClient,
    run: CourseRun,
    unknown_attendee: Attendee,
    trainer: User,
) -> None:
    """Somebody was booked with their record, and was also added by name."""
    person = holder_of(ADULT)
    courses.mark_attendance(courses.attendee(run, person), trainer)
    record_certificate_seen(coordinator, unknown_attendee, YOUTH)
    post(coordinator, run, "complete")
    assert set(valid_certificates(session)) == {(ADULT, person.id), (YOUTH, None)}
    press(coordinator, unknown_attendee, "link", person)
    both = [(ADULT, person.id), (YOUTH, person.id)]
    assert valid_certificates(session) == both
    press(coordinator, unknown_attendee, "unlink")
    assert set(valid_certificates(session)) == {(ADULT, person.id), (YOUTH, None)}
    press(coordinator, unknown_attendee, "link", person)
    post(coordinator, run, "reopen", reason="Wrong list")
    post(coordinator, run, "complete")
    assert valid_certificates(session) == both


def test_merging_keeps_both_kinds(
    session: Session,
    coordinator: FlaskClient,
    run: CourseRun,
    unknown_attendee: Attendee,
    trainer: User,
) -> None:
    def own(name: str) -> Person:
        person = people.person(name)
        certificate(person, ADULT, awarded_on=FIRST - timedelta(days=900))
        return person

    kept, copy = own("Wanda Walker"), people.person("Wanda Wolker")
    courses.mark_attendance(courses.attendee(run, kept), trainer)
    courses.link(unknown_attendee, copy)
    record_certificate_seen(coordinator, unknown_attendee, YOUTH)
    post(coordinator, run, "complete")
    expected = {(ADULT, kept.id), (YOUTH, copy.id)}
    assert set(valid_certificates(session)) == expected
    kept_id, copy_id = kept.id, copy.id
    merge(coordinator, kept_id, copy_id)
    assert valid_certificates(session) == [(ADULT, kept_id), (YOUTH, kept_id)]
    undo(coordinator, kept_id)
    assert set(valid_certificates(session)) == expected


@pytest.mark.parametrize("linked", [False, True])
def test_a_kind_seen_after_sign_off_is_renewed_beside_those_on_record(
    session: Session,
    coordinator: FlaskClient,
    run: CourseRun,
    unknown_attendee: Attendee,
    trainer: User,
    linked: bool,
) -> None:
    """Previously, nothing was issued if the person already had a certificate from the course."""
    person = holder_of(ADULT)
    attendee = unknown_attendee
    if linked:
        press(coordinator, unknown_attendee, "link", person)
    else:
        attendee = courses.attendee(run, person)
        courses.mark_attendance(attendee, trainer)
    post(coordinator, run, "complete")
    assert valid_certificates(session) == [(ADULT, person.id)]
    both = [(ADULT, person.id), (YOUTH, person.id)]
    page = page_about(coordinator, attendee)
    assert "Wanda Walker has a certificate from this course" in page
    assert "only gets a record of attendance" not in page
    assert SEEN in page
    for _again in range(2):
        assert SEEN not in record_certificate_seen(coordinator, attendee, YOUTH)
        assert valid_certificates(session) == both
        assert SEEN not in page_about(coordinator, attendee)
    if linked:
        press(coordinator, attendee, "unlink")
        assert valid_certificates(session) == [(YOUTH, None)]
        press(coordinator, attendee, "link", person)
        assert valid_certificates(session) == both
    post(coordinator, run, "reopen", reason="Wrong list")
    post(coordinator, run, "complete")
    assert valid_certificates(session) == both


def test_a_seen_kind_that_staff_revoked_is_not_issued_again(
    session: Session, coordinator: FlaskClient, run: CourseRun, trainer: User
) -> None:
    person = holder_of(ADULT)
    attendee = courses.attendee(run, person)
    courses.mark_attendance(attendee, trainer)
    post(coordinator, run, "complete")
    record_certificate_seen(coordinator, attendee, YOUTH)
    youth = session.scalars(
        select(Certificate).where(Certificate.key.like(f"attendee:{attendee.id}:1/%"))
    ).one()
    address = at(f"/certificates/{youth.id}/revoke")
    assert coordinator.post(address, data={"reason": "A copy"}).status_code in (302, 303)
    record_certificate_seen(coordinator, attendee, YOUTH)
    assert valid_certificates(session) == [(ADULT, person.id)]


@pytest.mark.parametrize("kept_has_one", [False, True])
def test_merging_keeps_the_certificate_seen_for_either_place(
    session: Session,
    coordinator: FlaskClient,
    trainer: User,
    kept_has_one: bool,
) -> None:
    """Previously, the kept place lost it, so the person was due to be taken off the course."""
    run = courses.run(FIRST + timedelta(days=30), REFRESHER, trainer_user=trainer)
    kept, copy = people.person("Wanda Walker"), people.person("Wanda Wolker")
    kept_place, other_place = (courses.attendee(run, person) for person in (kept, copy))
    other_place.access_needs = "A ramp"
    other_place.trainer_reads = TrainerAccess.NEEDS
    record_certificate_seen(coordinator, other_place, YOUTH, FIRST - timedelta(days=100))
    if kept_has_one:
        record_certificate_seen(coordinator, kept_place, ADULT)
        kept_place.access_needs = "A loop"
        session.flush()
    kept_id, facts = kept.id, [seen_columns(session, each) for each in (kept_place, other_place)]
    merge(coordinator, kept_id, copy.id)
    expected = (*facts[0][:-1], TrainerAccess.NEEDS) if kept_has_one else facts[1]
    assert seen_columns(session, kept_place) == expected
    assert other_place.cancelled_at is not None
    undo(coordinator, kept_id)
    assert [seen_columns(session, each) for each in (kept_place, other_place)] == facts
    assert other_place.cancelled_at is None


def seen_columns(session: Session, attendee: Attendee) -> tuple[object, ...]:
    session.expire_all()
    seen = (attendee.earlier_seen_at, attendee.earlier_seen_by_user_id, attendee.earlier_kind_id)
    return (*seen, attendee.earlier_awarded_on, attendee.access_needs, attendee.trainer_reads)


@pytest.mark.parametrize("kind", [None, "nonsense", "mhfa-one-day", "mhfa-instructor"])
def test_staff_must_select_a_kind_that_the_course_renews(
    session: Session, coordinator: FlaskClient, unknown_attendee: Attendee, kind: str | None
) -> None:
    error = "Choose one of the answers" if kind else "Select which certificate you have seen"
    assert error in record_certificate_seen(coordinator, unknown_attendee, kind)
    session.refresh(unknown_attendee)
    assert unknown_attendee.earlier_seen_at is None


@pytest.mark.parametrize(
    ("on", "why"),
    [
        (date(2024, 3, 26), "A certificate with that date would have expired before 27 March 2027"),
        (FIRST, "The date of the certificate must be before 27 March 2027"),
        (date(2024, 3, 27), None),
        (FIRST - timedelta(days=1), None),
    ],
)
def test_the_date_of_the_certificate_is_checked(
    coordinator: FlaskClient, unknown_attendee: Attendee, on: date, why: str | None
) -> None:
    """A three-year certificate that ended before the first day cannot be renewed."""
    page = record_certificate_seen(coordinator, unknown_attendee, YOUTH, on)
    if why:
        assert why in page
    else:
        shown = f"{on.day} {on:%B %Y}"
        assert f"Mental Health First Aider (Youth) dated {shown}, seen on 28 March 2027" in page


def test_the_kind_can_be_corrected_until_sign_off(
    session: Session, coordinator: FlaskClient, run: CourseRun, unknown_attendee: Attendee
) -> None:
    record_certificate_seen(coordinator, unknown_attendee, ADULT)
    assert "Change the certificate you have seen" in record_certificate_seen(
        coordinator, unknown_attendee, ADULT
    )
    assert "(Youth), seen on" in record_certificate_seen(coordinator, unknown_attendee, YOUTH)
    verb = AuditEntry.verb == "attendee.accept"
    assert len(session.scalars(select(AuditEntry).where(verb)).all()) == 2
    post(coordinator, run, "complete")
    assert valid_certificates(session) == [(YOUTH, None)]
    assert "Reopen the course to change it" in record_certificate_seen(
        coordinator, unknown_attendee, ADULT
    )
    post(coordinator, run, "reopen", reason="It was the Adult certificate")
    record_certificate_seen(coordinator, unknown_attendee, ADULT)
    post(coordinator, run, "complete")
    assert valid_certificates(session) == [(ADULT, None)]
    letters = session.scalars(select(Message.letter).where(Message.name == "Wanda Walker")).all()
    assert letters == ["training-recorded"]


def test_a_certificate_seen_before_kinds_were_recorded_gives_the_kind_of_the_course(
    session: Session, coordinator: FlaskClient, run: CourseRun, unknown_attendee: Attendee
) -> None:
    record_certificate_seen(coordinator, unknown_attendee, YOUTH)
    unknown_attendee.earlier_kind_id = None
    session.flush()
    page = coordinator.get(at(f"/training/{run.id}/people/{unknown_attendee.id}")).text
    assert "Seen on 28 March 2027" in page
    post(coordinator, run, "complete")
    assert valid_certificates(session) == [(ADULT, None)]
