"""Two records with a place each are merged after sign-off, and a certificate was seen for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates.models import Certificate
from app.core import clock
from app.courses.models import Attendee, CourseRun
from app.courses.types import Mark
from app.messages.models import Message
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts, courses, people
from tests.factories.certificates import certificate
from tests.integration.attendance.conftest import FIRST
from tests.integration.attendance.test_linked_refreshers import valid_certificates
from tests.integration.attendance.test_linking import REFRESHER
from tests.integration.attendance.test_merged_places import merge, undo
from tests.integration.attendance.test_seen_kind import ADULT, YOUTH, post, record_certificate_seen

pytestmark = pytest.mark.usefixtures("evening_after")
SignIn = Callable[[User], FlaskClient]


@pytest.fixture
def run(session: Session, trainer: User) -> CourseRun:
    """Create a half-day refresher that has ended."""
    return courses.run(FIRST, REFRESHER, trainer_user=trainer)


@pytest.fixture
def coordinator(session: Session, sign_in: SignIn) -> FlaskClient:
    return sign_in(accounts.coordinator())


@pytest.fixture
def kept(session: Session) -> Person:
    """Create the record that a merge keeps."""
    ago = clock.now() - timedelta(days=400)
    return people.person("Wanda Walker", email="w@walk.example", registered_at=ago)


def place(run: CourseRun, person: Person, trainer: User, mark: Mark = Mark.ATTENDED) -> Attendee:
    attendee = courses.attendee(run, person)
    courses.mark_attendance(attendee, trainer, mark)
    return attendee


def send(session: Session) -> None:
    for message in session.scalars(select(Message)):
        message.sent_at = clock.now()
    session.flush()


def letters_about_results(session: Session, person_id: int) -> list[str]:
    """Return the letters about results that were or will be sent to the person, in order."""
    session.expire_all()
    rows = session.scalars(
        select(Message)
        .where(Message.person_id == person_id, Message.voided_at.is_(None))
        .order_by(Message.id)
    )
    names = ("training-recorded", "attendance-recorded", "training-corrected")
    return [each.letter for each in rows if each.letter in names]


@pytest.mark.parametrize("sent", [False, True])
def test_the_kept_place_gets_what_the_seen_certificate_gives(
    session: Session,
    coordinator: FlaskClient,
    run: CourseRun,
    trainer: User,
    kept: Person,
    sent: bool,
) -> None:
    """Previously, nothing was issued, and nobody could record the certificate any more."""
    copy = people.person("Wanda Wolker", email="w@wolk.example")
    place(run, kept, trainer)
    record_certificate_seen(coordinator, place(run, copy, trainer, Mark.ABSENT), YOUTH)
    post(coordinator, run, "complete")
    assert valid_certificates(session) == []
    kept_id = kept.id
    assert letters_about_results(session, kept_id) == ["attendance-recorded"]
    merge(coordinator, kept_id, copy.id)
    assert valid_certificates(session) == [(YOUTH, kept_id)]
    assert letters_about_results(session, kept_id) == ["attendance-recorded", "training-recorded"]
    if sent:
        send(session)
    undo(coordinator, kept_id)
    assert valid_certificates(session) == []
    corrected = ["training-recorded", "training-corrected"] if sent else []
    assert letters_about_results(session, kept_id) == ["attendance-recorded", *corrected]
    merge(coordinator, kept_id, copy.id)
    assert valid_certificates(session) == [(YOUTH, kept_id)]


def test_a_seen_kind_is_renewed_beside_those_that_the_kept_record_got(
    session: Session, coordinator: FlaskClient, run: CourseRun, trainer: User, kept: Person
) -> None:
    copy = people.person("Wanda Wolker")
    certificate(kept, ADULT, awarded_on=FIRST - timedelta(days=900))
    place(run, kept, trainer)
    record_certificate_seen(coordinator, place(run, copy, trainer, Mark.ABSENT), YOUTH)
    post(coordinator, run, "complete")
    kept_id = kept.id
    merge(coordinator, kept_id, copy.id)
    assert valid_certificates(session) == [(ADULT, kept_id), (YOUTH, kept_id)]
    assert letters_about_results(session, kept_id) == ["training-recorded"]
    undo(coordinator, kept_id)
    assert valid_certificates(session) == [(ADULT, kept_id)]
    assert letters_about_results(session, kept_id) == ["training-recorded"]


def test_a_certificate_that_the_other_place_got_is_not_issued_twice(
    session: Session, coordinator: FlaskClient, run: CourseRun, trainer: User, kept: Person
) -> None:
    copy = people.person("Wanda Wolker", email="w@wolk.example")
    place(run, kept, trainer)
    record_certificate_seen(coordinator, place(run, copy, trainer), YOUTH)
    post(coordinator, run, "complete")
    kept_id, copy_id = kept.id, copy.id
    assert valid_certificates(session) == [(YOUTH, copy_id)]
    send(session)
    merge(coordinator, kept_id, copy_id)
    assert valid_certificates(session) == [(YOUTH, kept_id)]
    assert letters_about_results(session, kept_id).count("training-recorded") == 1
    undo(coordinator, kept_id)
    assert valid_certificates(session) == [(YOUTH, copy_id)]
    assert "training-corrected" not in letters_about_results(
        session, kept_id
    ) + letters_about_results(session, copy_id)
    merge(coordinator, kept_id, copy_id)
    post(coordinator, run, "reopen", reason="Wrong list")
    assert valid_certificates(session) == []
    post(coordinator, run, "complete")
    assert valid_certificates(session) == [(YOUTH, kept_id)]


def test_a_certificate_that_staff_revoked_is_not_issued_for_the_kept_place(
    session: Session, coordinator: FlaskClient, run: CourseRun, trainer: User, kept: Person
) -> None:
    copy = people.person("Wanda Wolker")
    place(run, kept, trainer)
    record_certificate_seen(coordinator, place(run, copy, trainer), YOUTH)
    post(coordinator, run, "complete")
    made = session.scalars(select(Certificate)).one()
    coordinator.post(at(f"/certificates/{made.id}/revoke"), data={"reason": "A copy"})
    assert valid_certificates(session) == []
    merge(coordinator, kept.id, copy.id)
    assert valid_certificates(session) == []


def test_a_kept_place_that_was_absent_gets_nothing(
    session: Session, coordinator: FlaskClient, run: CourseRun, trainer: User, kept: Person
) -> None:
    copy = people.person("Wanda Wolker")
    place(run, kept, trainer, Mark.ABSENT)
    record_certificate_seen(coordinator, place(run, copy, trainer, Mark.ABSENT), YOUTH)
    post(coordinator, run, "complete")
    merge(coordinator, kept.id, copy.id)
    assert session.scalars(select(Certificate)).all() == []
