"""Attendees of a refresher who turn out to hold a kind other than the one that the course names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates.models import Certificate, CertificateKind
from app.core import clock
from app.courses.models import Attendee
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts, courses, people
from tests.factories.certificates import certificate
from tests.integration.attendance.conftest import FIRST
from tests.integration.attendance.test_linking import REFRESHER, attend, press

pytestmark = pytest.mark.usefixtures("evening_after")
SignIn = Callable[[User], FlaskClient]
ValidCertificates = list[tuple[str, int | None]]


@pytest.fixture
def named_attendee(session: Session, sign_in: SignIn) -> Attendee:
    """Create an attendee of a signed-off refresher whose earlier certificate somebody saw.

    Nobody recorded its kind, as was usual before kinds were recorded.
    """
    trainer = courses.trainer()
    run = courses.run(FIRST, REFRESHER, trainer_user=trainer)
    attendee = attend(run, trainer, name="Wanda Walker")
    attendee.earlier_seen_at = clock.now()
    session.flush()
    sign_in(trainer).post(at(f"/training/{run.id}/complete"))
    return attendee


def holder_of(*kinds: str) -> Person:
    person = people.person("Wanda Walker")
    for kind in kinds:
        certificate(person, kind, awarded_on=FIRST - timedelta(days=900))
    return person


def valid_certificates(session: Session) -> ValidCertificates:
    """Return the kind and the holder of each valid certificate that the course gave."""
    rows = session.execute(
        select(CertificateKind.slug, Certificate.person_id)
        .join(CertificateKind, CertificateKind.id == Certificate.kind_id)
        .where(Certificate.awarded_on == FIRST, Certificate.revoked_at.is_(None))
        .order_by(CertificateKind.id)
    )
    return [(slug, person_id) for slug, person_id in rows]


@pytest.mark.parametrize(
    "kinds",
    [
        ("mhfa-youth",),
        ("mhfa-armed-forces",),
        ("mhfa-higher-education",),
        ("mhfa-youth", "mhfa-higher-education"),
        ("mhfa-adult", "mhfa-youth"),
        ("mhfa-adult",),
    ],
)
def test_linking_renews_the_kinds_on_record(
    session: Session, sign_in: SignIn, named_attendee: Attendee, kinds: tuple[str, ...]
) -> None:
    """Previously, linking kept the course's kind, and made a Youth first aider an Adult one."""
    person = holder_of(*kinds)
    client = sign_in(accounts.coordinator())
    by_name: ValidCertificates = [("mhfa-adult", None)]
    assert valid_certificates(session) == by_name
    for _again in range(2):
        press(client, named_attendee, "link", person)
        assert valid_certificates(session) == [(kind, person.id) for kind in kinds]
        press(client, named_attendee, "unlink")
        assert valid_certificates(session) == by_name
    other = people.person("Wanda Wahlker")
    press(client, named_attendee, "link", other)
    assert valid_certificates(session) == [("mhfa-adult", other.id)]


def test_reopening_revokes_what_linking_gave(
    session: Session, sign_in: SignIn, named_attendee: Attendee
) -> None:
    client = sign_in(accounts.coordinator())
    press(client, named_attendee, "link", holder_of("mhfa-youth", "mhfa-armed-forces"))
    client.post(at(f"/training/{named_attendee.run_id}/reopen"), data={"reason": "Wrong list"})
    assert valid_certificates(session) == []


def test_a_revoked_certificate_does_not_come_back_with_a_second_link(
    session: Session, sign_in: SignIn, named_attendee: Attendee
) -> None:
    """Previously, linking for a second time restored a certificate that staff had revoked."""
    client = sign_in(accounts.coordinator())
    made = session.scalars(select(Certificate).where(Certificate.awarded_on == FIRST)).one()
    client.post(at(f"/certificates/{made.id}/revoke"), data={"reason": "She did not attend"})
    person = holder_of("mhfa-youth")
    for _again in range(2):
        press(client, named_attendee, "link", person)
        assert valid_certificates(session) == []
        press(client, named_attendee, "unlink")
        assert valid_certificates(session) == []
