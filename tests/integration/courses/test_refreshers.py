"""A refresher renews whichever kind of first aider somebody is: Adult, Youth or another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates.models import Certificate, CertificateKind
from app.core import clock
from app.core.actor import SYSTEM
from app.courses import queries
from app.courses.models import Attendee, CourseRun, CourseType
from app.imports import service as imports_service
from app.messages.models import Message
from app.people.models import Person, TrainingClaim
from app.reminders import service as reminders
from tests.addresses import at
from tests.factories import accounts, certificates, courses, people
from tests.factories.reminders import earlier_letter
from tests.integration.imports.lists import Imports, row

SignIn = Callable[[Any], FlaskClient]
FAMILY = ("mhfa-adult", "mhfa-youth", "mhfa-armed-forces", "mhfa-higher-education")


def date_in(days: int) -> date:
    """Return the date that is this many days from today."""
    return clock.today() + timedelta(days=days)


def champion_with(*kinds: str, until: date, name: str = "Ann Youth") -> Person:
    """Create a champion who holds certificates of these kinds until a day."""
    person = people.champion(name)
    for kind in kinds:
        awarded = until - timedelta(days=3 * 365)
        certificates.certificate(person, kind, awarded_on=awarded, expires_on=until)
    return person


def signed_in(session: Session, sign_in: SignIn, person: Person) -> FlaskClient:
    assert person.user_id is not None
    return sign_in(session.get_one(User, person.user_id))


def expiry_dates(session: Session, person: Person) -> dict[str, list[date | None]]:
    """Return the expiry dates of a person’s valid certificates by kind, earliest first."""
    rows = session.execute(
        select(CertificateKind.slug, Certificate.expires_on)
        .join(CertificateKind, CertificateKind.id == Certificate.kind_id)
        .where(Certificate.person_id == person.id, Certificate.revoked_at.is_(None))
        .order_by(Certificate.expires_on)
    )
    found: dict[str, list[date | None]] = {}
    for slug, expires_on in rows:
        found.setdefault(slug, []).append(expires_on)
    return found


def has_place(session: Session, run: CourseRun) -> bool:
    return bool(session.scalars(select(Attendee).where(Attendee.run_id == run.id)).all())


def refresher(first_day: date, **more: Any) -> CourseRun:
    return courses.run(first_day, "mhfa-refresher", **more)


@pytest.mark.parametrize("kind", FAMILY)
def test_every_kind_of_first_aider_can_book_a_refresher(
    session: Session, sign_in: SignIn, kind: str
) -> None:
    run = refresher(date_in(20))
    client = signed_in(session, sign_in, champion_with(kind, until=date_in(40)))
    client.post(at(f"/courses/{run.id}/book"), data={"trainer_reads": "name"})
    assert has_place(session, run)


def test_others_cannot_book_a_refresher(session: Session, sign_in: SignIn) -> None:
    run = refresher(date_in(20))
    client = signed_in(session, sign_in, champion_with("famh-level-2", until=date_in(40)))
    page = client.get(at(f"/courses/{run.id}")).text
    assert "Mental Health First Aider (Adult, Youth, Armed Forces or Higher Education)" in page
    client.post(at(f"/courses/{run.id}/book"), data={"trainer_reads": "name"})
    assert not has_place(session, run)


@pytest.mark.parametrize("kinds", [("mhfa-youth",), ("mhfa-adult", "mhfa-armed-forces")])
def test_signing_off_renews_the_kinds_held(
    session: Session, sign_in: SignIn, kinds: tuple[str, ...]
) -> None:
    yesterday = date_in(-1)
    person = champion_with(*kinds, until=date_in(40))
    run = refresher(yesterday)
    trainer_user = session.get_one(User, run.trainer_user_id)
    courses.mark_attendance(courses.attendee(run, person), trainer_user)
    trainer = sign_in(trainer_user)
    for _ in range(2):
        trainer.post(at(f"/training/{run.id}/complete"))
    renewed = yesterday.replace(year=yesterday.year + 3)
    assert expiry_dates(session, person) == {kind: [date_in(40), renewed] for kind in kinds}
    coordinator = sign_in(accounts.coordinator())
    coordinator.post(at(f"/training/{run.id}/reopen"), data={"reason": "Wrong list"})
    assert expiry_dates(session, person) == {kind: [date_in(40)] for kind in kinds}


def test_a_reminder_and_the_pages_offer_the_refresher(session: Session, sign_in: SignIn) -> None:
    person = champion_with("mhfa-youth", until=date_in(30))
    earlier_letter(person, date_in(-60))
    run = refresher(date_in(20))
    run.link, run.venue_easting, run.venue_northing = "https://meet.example.org/a", None, None
    session.flush()
    reminders.run(SYSTEM, clock.today())
    (letter,) = session.scalars(select(Message).where(Message.letter == "reminder"))
    assert [each["name"] for each in letter.context["runs"]] == ["MHFA Refresher"]
    client = signed_in(session, sign_in, person)
    home = client.get("/").text
    assert at(f"/courses/{run.id}") in home
    assert "course=mhfa-refresher" in home
    courses.attendee(run, person)
    assert "Renew your certificate" not in client.get("/").text
    coordinator = sign_in(accounts.coordinator()).get("/").text
    assert "Not booked" not in coordinator


def test_the_rule_for_one_course_and_for_a_query_are_the_same(session: Session) -> None:
    types = {each.id: each for each in queries.course_types(clock.today())}
    for kind in session.scalars(select(CertificateKind)):
        found = set(session.scalars(select(CourseType.id).where(queries.awards_or_renews(kind.id))))
        assert found & types.keys() == {
            each.id for each in types.values() if each.awards_or_renews(kind.id)
        }, kind.slug


def person_claims(session: Session, person: Person) -> list[tuple[str, int | None]]:
    """Return the course and year of each of a person's claims that wait for a decision."""
    found = session.scalars(
        select(TrainingClaim).where(
            TrainingClaim.person_id == person.id, TrainingClaim.settled_at.is_(None)
        )
    )
    return [(each.course, each.year) for each in found]


def people_to_check(session: Session) -> list[Person]:
    people_listed = select(Person).where(Person.full_name.like("Listed Person%"))
    return list(session.scalars(people_listed.order_by(Person.full_name)))


def test_an_imported_refresher_renews_the_kind_held(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    lines = [
        row(course="MHFA Refresher", date="01/03/2025"),
        row(course="Youth MHFA", date="01/04/2022"),
        row(course="MHFA Refresher", date="01/04/2022"),
    ]
    done = Imports(app, session, tmp_path).rows(*lines)
    assert (done["exit"], done["certificates"]) == (0, 2)
    (youth,) = people_to_check(session)
    assert expiry_dates(session, youth) == {"mhfa-youth": [date(2025, 4, 1), date(2028, 3, 1)]}
    assert person_claims(session, youth) == []


def test_an_imported_refresher_makes_nobody_a_first_aider(
    app: Flask, session: Session, sign_in: SignIn, tmp_path: Path
) -> None:
    """Previously, it became an Adult certificate. A coordinator must see the earlier one first."""
    imports = Imports(app, session, tmp_path)
    lines = [
        row(course="MHFA Refresher", date="01/03/2025"),
        row(2, course="Youth MHFA refresher", date=""),
        row(3, course="MHFA refresher", date="01/03/2025"),
        row(3, course="MHFA two-day (Adult)", date="01/03/2019"),  # too old to be renewed
    ]
    done = imports.rows(*lines)
    assert (done["exit"], done["certificates"]) == (0, 1)
    assert str(done["warnings"]).count("no record of a certificate") == 3
    people_listed = people_to_check(session)
    assert [expiry_dates(session, each) for each in people_listed] == [
        {},
        {},
        {"mhfa-adult": [date(2022, 3, 1)]},
    ]
    waiting = [[("MHFA Refresher", 2025)], [("Youth MHFA refresher", None)]]
    assert [person_claims(session, each) for each in people_listed[:2]] == waiting
    # The same people on another list are not saved twice.
    imports.rows(*lines, row(4), name="again.csv")
    assert [person_claims(session, each) for each in people_listed[:2]] == waiting
    claim = session.scalars(
        select(TrainingClaim).where(TrainingClaim.person_id == people_listed[0].id)
    ).one()
    client = sign_in(accounts.coordinator())
    page = client.get(at(f"/claims/{claim.id}/confirm")).text
    assert "Only confirm it if you have seen the earlier certificate" in page
    assert '<option value="mhfa-adult" selected>' not in page


def test_a_refresher_renews_what_a_later_row_of_a_long_list_holds(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports_service, "BATCH_SIZE", 2)
    lines = [
        row(course="MHFA Refresher", date="01/03/2025"),
        row(2, course="", date=""),
        row(3, course="", date=""),
        row(course="MHFA two-day (Adult)", date="01/04/2022"),
    ]
    Imports(app, session, tmp_path).rows(*lines)
    expected = {"mhfa-adult": [date(2025, 4, 1), date(2028, 3, 1)]}
    assert expiry_dates(session, people_to_check(session)[0]) == expected


def test_a_claimed_refresher_suggests_the_kind_held(session: Session, sign_in: SignIn) -> None:
    person = champion_with("mhfa-youth", until=date_in(40))
    today = clock.today()
    claim = people.claim(person, "MHFA refresher", month=today.month, year=today.year)
    page = sign_in(accounts.coordinator()).get(at(f"/claims/{claim.id}/confirm")).text
    assert '<option value="mhfa-youth" selected>' in page
