"""Renewals that keep the anniversary, printed dates that are too late, and inexact dates.

The instructor certificate of the programme lasts a year, and a renewal in its last three months
counts from the end of the earlier one.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates import service
from app.certificates.models import Adjustment, Certificate
from app.certificates.types import DatePrecision, ExpiryBasis
from app.core import clock
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.messages.models import Message
from app.messages.rendering import ProgrammeFacts, render
from app.people.models import Person, TrainingClaim
from app.reminders import service as reminders
from tests.addresses import at
from tests.factories import accounts, certificates, people
from tests.factories.reminders import earlier_letter
from tests.integration.imports.lists import Imports, row

SignIn = Callable[[Any], FlaskClient]
TODAY = date(2026, 11, 22)
FIRST, RENEWED = date(2025, 12, 1), date(2026, 10, 1)
KEPT = date(2027, 12, 1)  # a year from the end of the first
COUNTED = "1 December 2027 (counted from the end of the earlier certificate)"


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock on 22 November 2026."""
    with clock.frozen(TODAY) as at:
        yield at


@pytest.fixture
def coordinator(session: Session, sign_in: SignIn) -> FlaskClient:
    return sign_in(accounts.coordinator())


def form_data(awarded: date, **more: str) -> dict[str, str]:
    """Return the form for an instructor’s training on a known day, without a printed date."""
    day = {"day-day": awarded.day, "day-month": awarded.month, "day-year": awarded.year}
    data = {"kind": "mhfa-instructor", "provider": "MHFA England", "known": "day"}
    return data | {key: str(value) for key, value in day.items()} | {"expiry": "none"} | more


def printed(on: date) -> dict[str, str]:
    """Return the part of the form for an expiry date on the certificate."""
    parts = {"day": on.day, "month": on.month, "year": on.year}
    return {"expiry": "printed"} | {f"printed_expiry-{key}": str(n) for key, n in parts.items()}


def record(client: FlaskClient, person: Person, data: dict[str, str]) -> Any:
    return client.post(at(f"/people/{person.id}/certificates/new"), data=data)


def last_days(session: Session, person_id: int) -> dict[date | None, date | None]:
    """Return the expiry dates of a person’s certificates by award date."""
    rows = session.scalars(
        select(Certificate)
        .where(Certificate.person_id == person_id)
        .execution_options(populate_existing=True)
    )
    return {each.awarded_on: each.expires_on for each in rows}


BOTH = {FIRST: date(2026, 12, 1), RENEWED: KEPT}


@pytest.mark.parametrize("order", [(FIRST, RENEWED), (RENEWED, FIRST)])
def test_a_renewal_recorded_by_staff_keeps_the_anniversary(
    session: Session, coordinator: FlaskClient, order: tuple[date, date]
) -> None:
    person = people.person()
    for awarded in order:
        assert record(coordinator, person, form_data(awarded)).status_code == 302
    assert last_days(session, person.id) == BOTH
    page = coordinator.get(at(f"/people/{person.id}")).text
    assert COUNTED in page
    renewal = session.scalars(select(Certificate).where(Certificate.awarded_on == RENEWED)).one()
    page_of_renewal = coordinator.get(at(f"/certificates/{renewal.id}")).text
    assert "Renewed in time, so it starts when the earlier certificate ends" in page_of_renewal
    assert "1 December 2027 (set by our policy" not in page


def test_revoking_the_earlier_certificate_ends_the_anniversary(
    session: Session, coordinator: FlaskClient
) -> None:
    person = people.person()
    for awarded in (FIRST, RENEWED):
        record(coordinator, person, form_data(awarded))
    earlier = session.scalars(select(Certificate).where(Certificate.awarded_on == FIRST)).one()
    coordinator.post(at(f"/certificates/{earlier.id}/revoke"), data={"reason": "A mix-up"})
    assert last_days(session, person.id)[RENEWED] == date(2027, 10, 1)


def test_a_confirmed_claim_keeps_the_anniversary(
    session: Session, coordinator: FlaskClient
) -> None:
    person = people.person()
    certificates.certificate(
        person, "mhfa-instructor", awarded_on=FIRST, expires_on=date(2026, 12, 1)
    )
    claim = people.claim(person, "MHFA Instructor Member", month=10, year=2026)
    coordinator.post(at(f"/claims/{claim.id}/confirm"), data=form_data(RENEWED))
    assert last_days(session, person.id) == BOTH


def test_a_linked_certificate_keeps_the_anniversary(
    session: Session, coordinator: FlaskClient
) -> None:
    """Linking an attendee to a record links their certificate in this way."""
    person = people.person("Ann Walk-In")
    record(coordinator, person, form_data(FIRST))
    loose = certificates.certificate(
        None,
        "mhfa-instructor",
        awarded_on=RENEWED,
        expires_on=date(2027, 10, 1),
        holder_name="Ann Walk-In",
    )
    service.link_to_person(SYSTEM, loose.id, person.id)
    assert last_days(session, person.id) == BOTH


def test_merged_records_keep_the_anniversary(session: Session, coordinator: FlaskClient) -> None:
    kept = people.person("Ann Smith", email="ann@example.org")
    copy = people.applicant("Anne Smith", email="ann@example.org")
    kept_id = kept.id
    record(coordinator, kept, form_data(RENEWED))
    record(coordinator, copy, form_data(FIRST))
    coordinator.post(at(f"/applications/{copy.id}/join/{kept.id}"))
    assert last_days(session, kept_id) == BOTH


def test_an_imported_renewal_keeps_the_anniversary(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    imports = Imports(app, session, tmp_path)
    lines = [row(course="MHFA Instructor Member", date=day) for day in ("01/10/2026", "01/12/2025")]
    assert imports.rows(*lines)["exit"] == 0
    person = session.scalars(select(Person).where(Person.full_name == "Listed Person 1")).one()
    assert last_days(session, person.id) == BOTH


def test_staff_can_undo_a_kept_anniversary(session: Session, coordinator: FlaskClient) -> None:
    person = people.person()
    for awarded in (FIRST, RENEWED):
        record(coordinator, person, form_data(awarded))
    change = session.scalars(select(Adjustment)).one()
    undo = f"/certificates/{change.certificate_id}/adjustments/{change.id}/undo"
    coordinator.post(at(undo))
    record(coordinator, person, form_data(date(2024, 12, 1)))  # counts anew, and leaves it as it is
    assert last_days(session, person.id)[RENEWED] == date(2027, 10, 1)


def test_an_unclear_award_date_does_not_keep_the_anniversary(
    session: Session, coordinator: FlaskClient
) -> None:
    """A renewal in the year 2026 may have been before the last three months."""
    person = people.person()
    record(coordinator, person, form_data(FIRST))
    record(coordinator, person, form_data(RENEWED, known="year", year="2026"))
    assert last_days(session, person.id)[date(2026, 1, 1)] == date(2027, 1, 1)


LATE = date(2027, 10, 2)  # a day later than the rule gives


def test_a_printed_date_beyond_the_rule_needs_a_reason(
    session: Session, coordinator: FlaskClient
) -> None:
    person = people.person()
    reply = record(coordinator, person, form_data(RENEWED) | printed(LATE))
    assert reply.status_code == 422
    assert "The latest date allowed is 1 October 2027" in reply.text
    assert last_days(session, person.id) == {}
    without = record(coordinator, person, form_data(RENEWED) | printed(LATE) | {"late": "right"})
    assert "Enter the reason why this expiry date is right" in without.text
    reason = {"late": "right", "late_reason": "MHFA England confirmed it by email"}
    assert (
        record(coordinator, person, form_data(RENEWED) | printed(LATE) | reason).status_code == 302
    )
    assert last_days(session, person.id) == {RENEWED: LATE}
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "certificate.record"))
    assert [each.why for each in entry] == ["MHFA England confirmed it by email"]


def test_a_printed_date_within_the_rule_is_a_fact(
    session: Session, coordinator: FlaskClient
) -> None:
    person = people.person()
    within = date(2027, 10, 1)
    assert record(coordinator, person, form_data(RENEWED) | printed(within)).status_code == 302
    other = people.person()
    assert record(coordinator, other, form_data(FIRST)).status_code == 302
    again = record(coordinator, other, form_data(RENEWED) | printed(KEPT))
    assert again.status_code == 302  # the rule itself would keep the anniversary


def test_an_unsure_coordinator_puts_it_on_the_list_to_check(
    session: Session, coordinator: FlaskClient
) -> None:
    person = people.person("Ann Unsure")
    late = form_data(RENEWED) | printed(LATE) | {"late": "unsure"}
    assert record(coordinator, person, late).status_code == 302
    page = coordinator.get(at(f"/people/{person.id}")).text
    message = (
        "Saved. We have added this training to the list of earlier training to check."
        " It does not count yet."
    )
    assert message in page
    assert last_days(session, person.id) == {}
    claim = session.scalars(select(TrainingClaim)).one()
    assert (claim.year, claim.month, claim.printed_expiry) == (2026, 10, LATE)
    assert "Ann Unsure" in coordinator.get("/").text
    page = coordinator.get(at(f"/claims/{claim.id}/confirm")).text
    assert 'name="printed_expiry-year" type="text" value="2027"' in page.replace("\n", " ")
    coordinator.post(at(f"/claims/{claim.id}/confirm"), data=late)
    assert session.get_one(TrainingClaim, claim.id).settled_at is None


def test_only_the_month_of_a_printed_date_may_be_known(
    session: Session, coordinator: FlaskClient
) -> None:
    person = people.person()
    month = printed(date(2027, 9, 1)) | {"printed_expiry-day": ""}
    assert record(coordinator, person, form_data(RENEWED) | month).status_code == 302
    assert last_days(session, person.id) == {RENEWED: date(2027, 9, 1)}
    assert "September 2027, day not known" in coordinator.get(at(f"/people/{person.id}")).text


def year_known(person: Person) -> Certificate:
    """Create a certificate of somebody trained in 2024, who is counted until 1 January 2027."""
    return certificates.certificate(
        person,
        awarded_on=date(2024, 1, 1),
        expires_on=date(2027, 1, 1),
        basis=ExpiryBasis.POLICY,
        known=DatePrecision.YEAR,
    )


def test_no_page_invents_a_day_for_staff(session: Session, sign_in: SignIn) -> None:
    with clock.frozen(date(2026, 12, 5)):
        check_pages_of_staff(sign_in(accounts.coordinator()), people.champion("Ann Vague"))


def check_pages_of_staff(coordinator: FlaskClient, person: Person) -> None:
    certificate = year_known(person)
    pages = {
        "/": "2027, day and month not known",
        at(f"/people/{person.id}"): "2027, day and month not known (set by our policy",
        at(f"/certificates/{certificate.id}"): "2027, day and month not known (set by our policy",
        at(f"/certificates/{certificate.id}/adjust"): "2027, day and month not known",
        "/reminders/due": "2027, day and month not known",
        f"/check/{certificate.code}": "In date until 2027, day and month not known",
    }
    for page, words in pages.items():
        text = coordinator.get(page).text
        assert words in text, page
        assert "1 January" not in text, page
    assert '<time datetime="2024">2024</time>' in coordinator.get(at(f"/people/{person.id}")).text


def test_no_page_or_document_invents_a_day_for_the_holder(
    session: Session, sign_in: SignIn
) -> None:
    person = people.champion("Ann Vague")
    certificate = year_known(person)
    assert person.user_id is not None
    client = sign_in(session.get_one(User, person.user_id))
    for page in ("/", "/me"):
        text = client.get(page).text
        assert "2027, day and month not known" in text, page
        assert "1 January" not in text, page
    document = PdfReader(
        io.BytesIO(client.get(at(f"/certificates/{certificate.id}/record.pdf")).data)
    )
    words = " ".join(document.pages[0].extract_text().split())
    assert "2027, day and month not known" in words
    assert "1 January" not in words


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 12, 2), "is in date until 2027, day and month not known."),
        (date(2027, 1, 2), "was in date until 2027, day and month not known. It has now"),
    ],
)
def test_a_reminder_does_not_invent_a_day(session: Session, today: date, expected: str) -> None:
    person = people.person("Ann Vague", email="ann@example.org")
    year_known(person)
    earlier_letter(person, date(2026, 11, 1))
    with clock.frozen(today):
        reminders.run(SYSTEM, today)
        (letter,) = session.scalars(select(Message).where(Message.letter == "reminder"))
        words = render(
            letter.letter, letter.channel, letter.name, letter.context, ProgrammeFacts.current()
        )
    for text in (words.text, words.html):
        assert expected in " ".join(text.split())
        assert "1 January" not in text


def test_a_changed_date_is_described_as_changed(session: Session, coordinator: FlaskClient) -> None:
    person = people.person()
    record(coordinator, person, form_data(FIRST))
    certificate = session.scalars(select(Certificate)).one()
    data = {"days": "10", "reason": "MHFA England extended it"}
    coordinator.post(at(f"/certificates/{certificate.id}/adjust"), data=data)
    page = coordinator.get(at(f"/certificates/{certificate.id}")).text
    assert "11 December 2026 (we changed this date on 22 November 2026)" in page
    assert "set by our policy" not in page
