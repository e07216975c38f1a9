"""Pages for claims, documents and the public check, and who may open them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates import service
from app.certificates.models import Certificate
from app.certificates.types import DatePrecision, ExpiryBasis
from app.core import clock, ratelimit
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.messages.models import Message
from app.messages.rendering import ProgrammeFacts, render
from app.people.models import Person, TrainingClaim
from tests.addresses import at
from tests.factories import accounts, certificates, courses, organisations, people

SignIn = Callable[[Any], FlaskClient]
TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock on 22 November 2026."""
    with clock.frozen(TODAY) as at:
        yield at


@pytest.fixture(autouse=True)
def reset_rate_limits(session: Session) -> None:
    """Reset the rate limits."""
    ratelimit.reset_count("check:127.0.0.1")


@pytest.fixture
def coordinator(session: Session) -> User:
    """Create a coordinator."""
    return accounts.coordinator()


def user_of(session: Session, person: Person) -> User:
    assert person.user_id is not None
    return session.get_one(User, person.user_id)


def confirm_form_data(**more: str) -> dict[str, str]:
    """Return the data of the confirm form: a known month, and no expiry date on the document."""
    return {
        "kind": "mhfa-adult",
        "provider": "Norfolk Mind",
        "number": "AB-123",
        "known": "month",
        "month-month": "3",
        "month-year": "2024",
        "expiry": "none",
    } | more


def certificate_of(session: Session, person: Person) -> Certificate:
    return session.scalars(select(Certificate).where(Certificate.person_id == person.id)).one()


def test_confirming_a_claim_records_an_external_certificate(
    session: Session, client: FlaskClient, sign_in: SignIn, coordinator: User
) -> None:
    person = people.person("Ann Smith")
    claim = people.claim(person, certificate_number="AB-123")
    sign_in(coordinator)
    page = client.get(at(f"/claims/{claim.id}/confirm")).text
    assert 'value="AB-123"' in page
    assert '<option value="mhfa-adult" selected>' in page
    assert 'value="2024"' in page
    for _ in range(2):
        client.post(at(f"/claims/{claim.id}/confirm"), data=confirm_form_data())
    made = certificate_of(session, person)
    assert made.awarded_on == date(2024, 3, 1)
    assert made.award_known is DatePrecision.MONTH
    assert made.expires_on == date(2027, 3, 1)
    assert made.expiry_basis is ExpiryBasis.POLICY
    assert made.confirmed_by_user_id == coordinator.id
    assert session.get_one(TrainingClaim, claim.id).accepted is True
    letters = session.scalars(select(Message.letter).where(Message.person_id == person.id)).all()
    assert letters == ["training-confirmed"]


def test_the_letter_links_to_the_page_only_for_people_who_can_sign_in(
    session: Session, client: FlaskClient, sign_in: SignIn, coordinator: User
) -> None:
    sign_in(coordinator)
    for person, has_link in ((people.champion(), True), (people.person(), False)):
        client.post(at(f"/claims/{people.claim(person).id}/confirm"), data=confirm_form_data())
        letter = session.scalars(select(Message).where(Message.person_id == person.id)).one()
        assert bool(letter.context["page"]) is has_link
        facts = ProgrammeFacts.current()
        words = render(letter.letter, letter.channel, letter.name, letter.context, facts)
        assert ("on your page" in words.text) is has_link
        assert ("on your page" in words.html) is has_link
        assert "recorded your earlier training" in words.text


def test_an_applicant_gets_no_letter_before_the_decision(
    session: Session, client: FlaskClient, sign_in: SignIn, coordinator: User
) -> None:
    person = people.applicant()
    claim = people.claim(person)
    sign_in(coordinator)
    response = client.post(at(f"/claims/{claim.id}/confirm"), data=confirm_form_data())
    assert response.location == at(f"/applications/{person.id}")
    assert session.scalars(select(Message)).all() == []


FORM_CASES = [
    # form data, award date, precision, expiry date, basis
    (
        {"known": "day", "day-day": "27", "day-month": "3", "day-year": "2024"},
        (date(2024, 3, 27), DatePrecision.DAY, date(2027, 3, 27), ExpiryBasis.POLICY),
    ),
    (
        {"known": "year", "year": "2022"},
        (date(2022, 1, 1), DatePrecision.YEAR, date(2025, 1, 1), ExpiryBasis.POLICY),
    ),
    ({"known": "unknown"}, (None, DatePrecision.UNKNOWN, None, ExpiryBasis.POLICY)),
    (
        {
            "expiry": "printed",
            "printed_expiry-day": "31",
            "printed_expiry-month": "3",
            "printed_expiry-year": "2027",
        },
        (date(2024, 3, 1), DatePrecision.MONTH, date(2027, 3, 31), ExpiryBasis.PRINTED),
    ),
    ({"kind": "asist"}, (date(2024, 3, 1), DatePrecision.MONTH, None, ExpiryBasis.NONE)),
]


@pytest.mark.parametrize(("change", "expected"), FORM_CASES)
def test_the_award_date_is_recorded_with_its_precision(
    session: Session,
    client: FlaskClient,
    sign_in: SignIn,
    coordinator: User,
    change: dict[str, str],
    expected: tuple[object, ...],
) -> None:
    person = people.person()
    sign_in(coordinator)
    response = client.post(
        at(f"/people/{person.id}/certificates/new"), data=confirm_form_data(**change)
    )
    assert response.status_code == 302, response.text
    made = certificate_of(session, person)
    found = (made.awarded_on, made.award_known, made.expires_on, made.expiry_basis)
    assert found == expected


WRONG = [
    ({"kind": ""}, "Choose what the certificate is for"),
    ({"known": ""}, "Select how much you know about the date"),
    ({"month-month": ""}, "The month must include a month"),
    ({"month-month": "", "month-year": ""}, "Enter the month and year"),
    ({"month-year": "2027"}, "November 2026 or earlier"),
    ({"known": "year", "year": "2031"}, "today or in the past"),
    ({"known": "year", "year": "99999"}, "Year must include 4 numbers"),
    ({"known": "year", "year": ""}, "Enter the year"),
    ({"expiry": "printed"}, "Enter the expiry date on the certificate"),
    (
        {
            "expiry": "printed",
            "printed_expiry-day": "1",
            "printed_expiry-month": "2",
            "printed_expiry-year": "2024",
        },
        "after the date of the training",
    ),
]


@pytest.mark.parametrize(("change", "sentence"), WRONG)
def test_errors_are_shown_and_the_form_keeps_its_values(
    session: Session,
    client: FlaskClient,
    sign_in: SignIn,
    coordinator: User,
    change: dict[str, str],
    sentence: str,
) -> None:
    person = people.person()
    sign_in(coordinator)
    sent = {name: text for name, text in confirm_form_data(**change).items() if text}
    response = client.post(at(f"/people/{person.id}/certificates/new"), data=sent)
    assert response.status_code == 422
    assert sentence in response.text
    assert 'value="Norfolk Mind"' in response.text
    assert session.scalars(select(Certificate)).all() == []


def test_hidden_fields_are_not_validated(
    session: Session, client: FlaskClient, sign_in: SignIn, coordinator: User
) -> None:
    person = people.person()
    sign_in(coordinator)
    left_over = {"day-day": "31", "day-month": "2", "day-year": "2024", "year": "soon"}
    client.post(at(f"/people/{person.id}/certificates/new"), data=confirm_form_data(**left_over))
    assert certificate_of(session, person).award_known is DatePrecision.MONTH


def test_a_claim_is_rejected_with_a_reason(
    session: Session, client: FlaskClient, sign_in: SignIn, coordinator: User
) -> None:
    claim = people.claim(people.person())
    sign_in(coordinator)
    assert client.post(at(f"/claims/{claim.id}/set-aside"), data={"reason": ""}).status_code == 422
    client.post(at(f"/claims/{claim.id}/set-aside"), data={"reason": "Another person’s paper"})
    assert session.get_one(TrainingClaim, claim.id).accepted is False
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "claim.set_aside")).one()
    assert entry.why == "Another person’s paper"
    response = client.post(at(f"/claims/{claim.id}/confirm"), data=confirm_form_data())
    assert response.status_code == 422
    assert session.scalars(select(Certificate)).all() == []


def test_the_document_is_complete_and_accessible(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    person = people.champion("Zoë Łukasz")
    made = certificates.certificate(person, awarded_on=date(2025, 3, 27))
    made.course_reference, made.number = "MHFA-12345", "C-987"
    sign_in(user_of(session, person))
    response = client.get(at(f"/certificates/{made.id}/record.pdf"))
    assert response.mimetype == "application/pdf"
    reader = PdfReader(io.BytesIO(response.data))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert reader.metadata is not None
    assert reader.metadata.title == "Record of training: Zoë Łukasz"
    assert b"pdfuaid" in root["/Metadata"].get_data()
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for words in (
        "Record of training",
        "Zoë Łukasz",
        "Mental Health First Aider (Adult)",
        "MHFA England",
        "MHFA-12345",
        "C-987",
        "27 March 2025",
        "27 March 2028",
        "It is not a certificate from MHFA England",
    ):
        assert words in text, text
    assert made.code in text.replace(" ", "")


def test_only_our_own_kinds_are_called_certificates(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    person = people.champion()
    made = certificates.certificate(person, "community-champion")
    sign_in(user_of(session, person))
    reader = PdfReader(io.BytesIO(client.get(at(f"/certificates/{made.id}/record.pdf")).data))
    assert reader.metadata is not None
    assert reader.metadata.title == f"Certificate: {person.full_name}"


def test_documents_support_names_in_any_script(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    person = people.champion("张伟 😀")
    made = certificates.certificate(person)
    sign_in(user_of(session, person))
    response = client.get(at(f"/certificates/{made.id}/record.pdf"))
    assert response.status_code == 200
    assert PdfReader(io.BytesIO(response.data)).trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_only_the_holder_and_staff_who_may_see_them_can_open_the_document(
    session: Session, client: FlaskClient, sign_in: SignIn, coordinator: User
) -> None:
    person = people.champion()
    made = certificates.certificate(person)
    address = at(f"/certificates/{made.id}/record.pdf")
    partner = organisations.partner(organisations.organisation())
    assert client.get(address).status_code == 302
    strangers = [
        user_of(session, people.champion()),
        courses.trainer(),
        accounts.user(Role.ANALYST),
        accounts.user(Role.ADMIN),
        partner,
    ]
    for stranger in strangers:
        assert sign_in(stranger).get(address).status_code == 404
    assert sign_in(coordinator).get(address).status_code == 200
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "certificate.export")).one()
    assert entry.actor_user_id == coordinator.id
    people.block(person, user=coordinator)
    assert client.get(address).status_code == 404


def test_people_of_sensitive_networks_are_not_found_without_the_permission(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    sensitive = organisations.network(sensitive=True)
    person = people.person(networks=[sensitive])
    claim, made = people.claim(person), certificates.certificate(person)
    for may, status in ((True, 200), (False, 404)):
        sign_in(accounts.coordinator(sensitive=may))
        assert client.get(at(f"/claims/{claim.id}/confirm")).status_code == status
        assert client.get(at(f"/certificates/{made.id}")).status_code == status
        assert client.get(at(f"/people/{person.id}/certificates/new")).status_code == status


def check(client: FlaskClient, code: str) -> str:
    response = client.get(f"/check/{code}")
    assert response.headers["X-Robots-Tag"] == "noindex"
    return response.text


def test_the_check_page_shows_the_status_of_a_certificate(
    session: Session, client: FlaskClient
) -> None:
    person = people.person("Ann Mary Smith")
    made = certificates.certificate(person, awarded_on=date(2024, 3, 27))
    page = check(client, made.code.lower())
    assert "In date until 27 March 2027" in page
    assert "A. M. S." in page
    assert "MHFA England" in page
    for secret in ("Ann", "Smith", "@"):
        assert secret not in page
    with clock.frozen(date(2027, 3, 28)):
        assert "This certificate has expired. Its last day was 27 March 2027" in check(
            client, made.code
        )
    newer = certificates.certificate(person, awarded_on=date(2026, 3, 27))
    assert "Replaced by a newer certificate" in check(client, made.code)
    assert "In date until 27 March 2029" in check(client, newer.code)
    service.revoke_certificate(SYSTEM, newer.id, "He did not take part, said Carol")
    page = check(client, newer.code)
    assert "revoked on 22 November 2026" in page
    assert "Carol" not in page
    assert "In date until" in check(client, made.code)


def test_the_check_page_rejects_an_unknown_code(session: Session, client: FlaskClient) -> None:
    response = client.get("/check/AAAAAAAAAAAAAAAAAAAAAAAAAA")
    assert response.status_code == 404
    assert "We do not recognise this code" in response.text
    unconfirmed = certificates.certificate(people.person())
    unconfirmed.confirmed_at = None
    assert client.get(f"/check/{unconfirmed.code}").status_code == 404


def test_a_code_can_be_typed(session: Session, client: FlaskClient) -> None:
    made = certificates.certificate(people.person())
    assert 'name="code"' in client.get("/check").text
    response = client.get(f"/check?code={made.code[:13]}-{made.code[13:].lower()}")
    assert response.status_code == 302
    assert "In date until" in client.get(response.location).text


def test_checks_are_limited_to_thirty_a_minute(session: Session, client: FlaskClient) -> None:
    answers = [client.get("/check/AAAA").status_code for _ in range(31)]
    assert answers[:30] == [404] * 30
    assert answers[30] == 429
    ratelimit.reset_count("check:127.0.0.1")


def test_staff_can_adjust_undo_and_revoke(
    session: Session, client: FlaskClient, sign_in: SignIn, coordinator: User
) -> None:
    made = certificates.certificate(people.person("Ann Smith"), awarded_on=date(2024, 3, 27))
    sign_in(coordinator)
    address = at(f"/certificates/{made.id}")
    response = client.post(
        f"{address}/adjust", data={"days": "30", "reason": "No courses"}, follow_redirects=True
    )
    assert "26 April 2027" in response.text
    assert "No courses" in response.text
    adjustment = certificates.reload(made.id).adjustments[0]
    response = client.post(
        at(f"/certificates/{made.id}/adjustments/{adjustment.id}/undo"), follow_redirects=True
    )
    assert "27 March 2027" in response.text
    assert client.post(f"{address}/adjust", data={"days": "", "reason": ""}).status_code == 422
    response = client.post(f"{address}/revoke", data={"reason": "A mix-up"}, follow_redirects=True)
    assert "A mix-up" in response.text
    assert "Revoked" in response.text
    assert client.get(f"{address}/record.pdf").status_code == 404


def test_a_champion_sees_current_and_earlier_training(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    person = people.champion()
    certificates.certificate(person, awarded_on=date(2021, 3, 27))
    certificates.certificate(person, awarded_on=TODAY - timedelta(days=30))
    sign_in(user_of(session, person))
    page = client.get("/me").text
    assert "In date until 23 October 2029" in page
    assert "Record of training (PDF)" in page
    assert "Earlier certificates" in page
    assert "27 March 2021" in page


def test_the_awarding_bodys_numbers_can_be_added_later(
    session: Session, client: FlaskClient, sign_in: SignIn, coordinator: User
) -> None:
    made = certificates.certificate(people.person())
    sign_in(coordinator)
    response = client.post(
        at(f"/certificates/{made.id}/numbers"),
        data={"number": "C-987", "course_reference": "MHFA-12345"},
        follow_redirects=True,
    )
    assert "C-987" in response.text
    assert certificates.reload(made.id).course_reference == "MHFA-12345"
