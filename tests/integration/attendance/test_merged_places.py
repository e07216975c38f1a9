"""Two records of one person who attended the same run, which are merged afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.applications.models import RecordMerge
from app.certificates.models import Certificate
from app.core import clock
from app.core.db import db
from app.courses.models import CourseRun
from app.people.models import Person
from tests.addresses import at, public_id
from tests.factories import accounts, courses, people
from tests.factories.certificates import certificate
from tests.integration.attendance.conftest import FIRST
from tests.integration.attendance.test_linking import REFRESHER, attend, press

pytestmark = pytest.mark.usefixtures("evening_after")
SignIn = Callable[[User], FlaskClient]
YEARS_AGO = timedelta(days=400)


@pytest.fixture
def pair(session: Session) -> tuple[int, int]:
    """Create two records of Ann, and return the IDs of the kept one and the copy."""
    kept = people.person("Ann Field", registered_at=clock.now() - YEARS_AGO)
    return kept.id, people.person("Anne Field").id


def person(person_id: int) -> Person:
    return db.session.get_one(Person, person_id)


def merge(client: FlaskClient, kept_id: int, copy_id: int) -> None:
    client.post(at(f"/applications/{kept_id}/join/{copy_id}"))


def undo(client: FlaskClient, kept_id: int) -> None:
    merged = db.session.scalars(select(RecordMerge).where(RecordMerge.undone_at.is_(None))).one()
    number = public_id("record_merges", merged.id)
    client.post(f"{at(f'/applications/{kept_id}')}/merges/{number}")


def certificate_holders(session: Session) -> list[int | None]:
    """Return the holder of each valid certificate that the run gave."""
    session.expire_all()
    rows = session.scalars(
        select(Certificate.person_id)
        .where(Certificate.key.like("attendee:%"), Certificate.revoked_at.is_(None))
        .order_by(Certificate.id)
    )
    return list(rows)


def sign_off_run(sign_in: SignIn, run: CourseRun, trainer: User) -> None:
    sign_in(trainer).post(at(f"/training/{run.id}/complete"))


def two_days(trainer: User) -> CourseRun:
    return courses.run(FIRST - timedelta(days=1), trainer_user=trainer)


@pytest.mark.parametrize("linked", ["none", "kept", "copy", "both"])
def test_one_of_two_certificates_remains_after_a_merge(
    session: Session, sign_in: SignIn, trainer: User, pair: tuple[int, int], linked: str
) -> None:
    """Previously, both certificates remained valid for one person and one run."""
    kept_id, copy_id = pair
    run, names = two_days(trainer), []
    for record, person_id in (("copy", copy_id), ("kept", kept_id)):
        if linked in (record, "both"):
            named = attend(run, trainer, name=person(person_id).full_name)
            courses.link(named, person(person_id))
            names.append(named)
        else:
            courses.mark_attendance(courses.attendee(run, person(person_id)), trainer)
    sign_off_run(sign_in, run, trainer)
    assert certificate_holders(session) == [copy_id, kept_id] or linked in ("kept", "copy")
    assert set(certificate_holders(session)) == {copy_id, kept_id}
    client = sign_in(accounts.coordinator())
    merge(client, kept_id, copy_id)
    assert certificate_holders(session) == [kept_id]
    undo(client, kept_id)
    assert set(certificate_holders(session)) == {copy_id, kept_id}
    merge(client, kept_id, copy_id)
    for named in names:  # an attendee who turns out to be somebody else keeps their own
        press(client, named, "unlink")
    by_name: list[int | None] = [None for _named in names]
    own: list[int | None] = [] if linked == "both" else [kept_id]
    assert sorted(certificate_holders(session), key=str) == sorted(own + by_name, key=str)


def test_a_certificate_of_another_kind_stays(
    session: Session, sign_in: SignIn, trainer: User, pair: tuple[int, int]
) -> None:
    """One refresher renews every kind that the person holds."""
    run = courses.run(FIRST, REFRESHER, trainer_user=trainer)
    for person_id, kind in zip(pair, ("mhfa-adult", "mhfa-youth"), strict=True):
        certificate(person(person_id), kind, awarded_on=FIRST - timedelta(days=900))
        courses.mark_attendance(courses.attendee(run, person(person_id)), trainer)
    sign_off_run(sign_in, run, trainer)
    merge(sign_in(accounts.coordinator()), *pair)
    assert certificate_holders(session) == [pair[0], pair[0]]


def test_a_certificate_of_a_freed_place_stays_if_it_is_the_only_one(
    session: Session, sign_in: SignIn, trainer: User, pair: tuple[int, int]
) -> None:
    """The kept record was marked absent, and a third record attended too."""
    kept_id, copy_id = pair
    run = two_days(trainer)
    third_id = people.person("Annie Field").id
    for person_id in (copy_id, third_id):
        courses.mark_attendance(courses.attendee(run, person(person_id)), trainer)
    courses.mark_attendance(courses.attendee(run, person(kept_id)), trainer, courses.Mark.ABSENT)
    sign_off_run(sign_in, run, trainer)
    client = sign_in(accounts.coordinator())
    merge(client, kept_id, copy_id)
    assert sorted(certificate_holders(session), key=str) == sorted([kept_id, third_id], key=str)
    merge(client, kept_id, third_id)
    assert certificate_holders(session) == [kept_id]
