"""Nobody can take over a record unnoticed by changing contact details or how its owner signs in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import notifications
from app.accounts.models import User
from app.core import clock
from app.core.audit import AuditEntry
from app.messages.models import Message
from app.messages.types import NOBODY
from app.people.models import Person
from app.people.types import ContactKind
from app.signin import addresses
from tests.addresses import at, public_id
from tests.factories import accounts, people
from tests.integration.people import letters
from tests.telling import TOLD_BY_PHONE

NEW, PHONE, POST = "new@example.org", "+447700900123", "1 High Street"
pytestmark = pytest.mark.usefixtures("no_attempts")


@pytest.fixture
def me(session: Session) -> Person:
    made = people.champion("Charlie Champion")
    people.contact(made, ContactKind.PHONE, PHONE, on=accounts.LONG_AGO)
    people.contact(made, ContactKind.POST, POST, on=accounts.LONG_AGO)
    return made


@pytest.fixture
def user(me: Person, session: Session) -> User:
    return session.get_one(User, me.user_id)


def browser(client: FlaskClient, user: User) -> FlaskClient:
    other = client.application.test_client()
    with other.session_transaction() as cookie:
        cookie["_user_id"] = public_id("users", user.id, other.application)
        cookie["signed_in_at"] = clock.now().isoformat()
    return other


@pytest.fixture
def page(client: FlaskClient, user: User) -> FlaskClient:
    return browser(client, user)


@pytest.fixture
def coordinator_browser(client: FlaskClient) -> FlaskClient:
    return browser(client, accounts.coordinator())


def addresses_told(session: Session) -> set[tuple[str, str]]:
    """Return the addresses of the letters about a change. None of the letters says what changed."""
    rows = session.scalars(select(Message).where(Message.letter == notifications.LETTER)).all()
    assert all(set(row.context) == {"day"} for row in rows)
    return {(str(row.channel), row.address) for row in rows}


def request_url(session: Session, address: str) -> str:
    """Return the URL in the newest email that asks the old address to confirm a change."""
    letter = [each for each in letters.sent_to(session, address) if each.letter == "vouch-contact"][
        -1
    ]
    return f"/confirm/change/{letters.token(letter)}"


def test_thief_with_a_signed_in_device_cannot_take_over_the_record(
    page: FlaskClient, user: User, session: Session
) -> None:
    old = user.email
    page.post("/me/contact", data={"email": NEW})
    proof = next(each for each in letters.sent_to(session, NEW) if each.letter == "contact-confirm")
    page.post(f"/confirm/contact/{letters.token(proof)}")
    session.refresh(user)
    assert user.email == old
    owner = page.application.test_client()
    link = request_url(session, old)
    assert "Did you ask for this?" in owner.get(link).text
    assert "signed out every device" in owner.post(link, data={"answer": "no"}).text
    assert page.get("/me").status_code == 302
    assert owner.post(link, data={"answer": "yes"}).status_code == 410
    session.refresh(user)
    assert user.email == old
    browser(page, user).post("/sign-in", data={"email": NEW})
    assert letters.sent_to(session, NEW)[-1].letter == "sign-in-none"


def test_both_mailboxes_confirm_in_any_order_and_old_contacts_are_told(
    page: FlaskClient, user: User, session: Session
) -> None:
    old = user.email
    page.post("/me/contact", data={"email": NEW})
    page.post(request_url(session, old), data={"answer": "yes"})
    session.refresh(user)
    assert user.email == old and addresses_told(session) == set()
    proof = next(each for each in letters.sent_to(session, NEW) if each.letter == "contact-confirm")
    assert (
        "and you can use it to sign in"
        in page.post(f"/confirm/contact/{letters.token(proof)}").text
    )
    session.refresh(user)
    assert user.email == NEW and page.get("/me").status_code == 200
    assert addresses_told(session) == {("email", old), ("phone", PHONE), ("post", POST)}


def test_links_to_the_old_mailbox_expire(page: FlaskClient, user: User, session: Session) -> None:
    page.post("/me/contact", data={"email": NEW})
    link = request_url(session, user.email)
    with clock.frozen(clock.now() + timedelta(days=7, minutes=1)):
        assert page.get(link).status_code == 410
        assert page.post(link, data={"answer": "yes"}).status_code == 410


@pytest.mark.parametrize("by", ["page", "staff"])
def test_person_is_told_when_phone_post_or_name_changes(
    page: FlaskClient,
    coordinator_browser: FlaskClient,
    me: Person,
    user: User,
    session: Session,
    by: str,
) -> None:
    client, path = (page, "/me") if by == "page" else (coordinator_browser, at(f"/people/{me.id}"))
    same = {} if by == "page" else {"email": user.email, "post": POST}
    client.post(f"{path}/contact", data=TOLD_BY_PHONE | same | {"phone": "07700 900999"})
    assert addresses_told(session) == {("email", user.email), ("phone", PHONE)}
    client.post(f"{path}/name", data={**TOLD_BY_PHONE, "name": "Charlie Changed"})
    rows = select(Message).where(Message.letter == notifications.LETTER)
    assert len(session.scalars(rows).all()) == 3


@pytest.mark.parametrize("first", ["protection", "silence"])
def test_call_reveals_a_thief_who_asks_for_protection_and_no_contact(
    page: FlaskClient, coordinator_browser: FlaskClient, me: Person, session: Session, first: str
) -> None:
    """A protected person's mailbox may be dangerous, so the change goes on the call list."""
    requests = [("/me/protection", {"protected": "yes"}), ("/me/contact/safe", {"how": "none"})]
    for path, data in requests if first == "protection" else reversed(requests):
        assert page.post(path, data=data).status_code == 302
    other = browser(page, accounts.coordinator(sensitive=False))
    list_read = call_list(other)
    for name in ("Charlie Changed", "Charlie Changed-Again"):
        page.post("/me/name", data={"name": name})
    assert waiting_letters(session) == {(me.id, "phone", "")}
    assert "Charlie C" in call_list(coordinator_browser)
    assert call_list(other) == list_read and "Charlie" not in list_read
    with clock.frozen(clock.now() + timedelta(days=8)):
        browser(page, session.get_one(User, me.user_id)).post("/me/name", data={"name": "Cha Cha"})
    assert waiting_letters(session) == {(me.id, "phone", ""), (None, "email", NOBODY)}


def waiting_letters(session: Session) -> set[tuple[int | None, str, str]]:
    """Return (person, channel, address) of the letters about a change that were not stopped."""
    rows = select(Message).where(
        Message.letter == notifications.LETTER, Message.voided_at.is_(None)
    )
    return {(row.person_id, str(row.channel), row.address) for row in session.scalars(rows)}


def call_list(client: FlaskClient) -> str:
    """Return the list of calls and letters as this member of staff reads it."""
    reply = client.get("/reminders")
    assert reply.status_code == 200
    return re.sub(r"nonce[^>]*|value=\"[^\"]*\"", "", reply.text)


def test_person_without_email_is_told_by_phone_and_post(
    coordinator_browser: FlaskClient, session: Session
) -> None:
    person = people.person(email=None, phone=PHONE, post=POST)
    coordinator_browser.post(
        at(f"/people/{person.id}/name"), data={**TOLD_BY_PHONE, "name": "Charlie Changed"}
    )
    assert addresses_told(session) == {("phone", PHONE), ("post", POST)}


def test_unconfirmed_applicant_is_not_told_of_changes(
    coordinator_browser: FlaskClient, session: Session
) -> None:
    person = people.applicant(email="typo@example.org", confirmed=False)
    coordinator_browser.post(
        at(f"/people/{person.id}/contact"), data={**TOLD_BY_PHONE, "email": NEW}
    )
    coordinator_browser.post(
        at(f"/people/{person.id}/name"), data={**TOLD_BY_PHONE, "name": "Charlie Changed"}
    )
    assert addresses_told(session) == set()


def numbers(me: Person) -> str:
    return next(
        public_id("person_contacts", each.id)
        for each in me.contacts
        if each.point.kind is ContactKind.PHONE
    )


def test_call_to_a_number_on_record_changes_the_address(
    coordinator_browser: FlaskClient, me: Person, user: User, session: Session
) -> None:
    old, number = user.email, numbers(me)
    data = {"email": NEW, "phone": "07700 900123", "post": POST, "called": number}
    coordinator_browser.post(at(f"/people/{me.id}/contact"), data=TOLD_BY_PHONE | data)
    assert addresses.current_address(user.id) is None
    assert addresses_told(session) == {("email", old), ("phone", PHONE), ("post", POST)}
    assert letters.sign_in(coordinator_browser, session, NEW).get("/me").status_code == 200
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "person.vouch")).one()
    assert entry.changes["how"] == "called" and PHONE not in str(entry.changes)


def test_number_added_just_now_cannot_be_used_for_a_check(
    coordinator_browser: FlaskClient, user: User, session: Session
) -> None:
    person = people.champion("Fresh Number")
    fresh = people.contact(person, ContactKind.PHONE, "+447700900777")
    path = at(f"/people/{person.id}/contact")
    assert "0777" not in coordinator_browser.get(path).text.partition("Did you call the person")[2]
    data = {"email": NEW, "phone": "07700 900777", "called": public_id("person_contacts", fresh.id)}
    assert coordinator_browser.post(path, data=TOLD_BY_PHONE | data).status_code == 422
    assert addresses.current_address(person.user_id) == person.contacts[0].point.value


def test_unsafe_old_mailbox_is_not_told(
    coordinator_browser: FlaskClient, me: Person, user: User, session: Session
) -> None:
    path, number = at(f"/people/{me.id}/contact"), numbers(me)
    data = {"email": NEW, "phone": "07700 900123", "post": POST, "silent": "y"}
    assert (
        "If you did not call, we have to notify the old"
        in coordinator_browser.post(path, data=TOLD_BY_PHONE | data).text
    )
    data["called"] = number
    assert (
        "Enter why it is not safe" in coordinator_browser.post(path, data=TOLD_BY_PHONE | data).text
    )
    data["why_silent"] = "Her husband reads it"
    assert coordinator_browser.post(path, data=TOLD_BY_PHONE | data).status_code == 302
    assert addresses_told(session) == set()
    session.refresh(me)
    assert me.protected_at is not None
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "person.vouch")).one()
    assert entry.changes["why_not_told"] == "Her husband reads it"


def test_coordinator_cannot_add_a_sign_in_address_without_a_call(
    coordinator_browser: FlaskClient, session: Session
) -> None:
    person = people.person(email=None, phone=PHONE)
    coordinator_browser.post(
        at(f"/people/{person.id}/contact"),
        data={**TOLD_BY_PHONE, "email": NEW, "phone": "07700 900123"},
    )
    coordinator_browser.application.test_client().post("/sign-in", data={"email": NEW})
    assert [each.letter for each in letters.sent_to(session, NEW)] == [
        "contact-confirm",
        "sign-in-none",
    ]
    session.refresh(person)
    assert person.user_id is None


def test_new_password_and_second_factor_are_announced_everywhere(
    me: Person, user: User, session: Session
) -> None:
    notifications.notify_sign_in_changed(user.id)
    assert addresses_told(session) == {("email", user.email), ("phone", PHONE), ("post", POST)}


def test_links_cannot_be_used_by_another_person(
    page: FlaskClient, session: Session, user: User
) -> None:
    page.post("/me/contact", data={"email": NEW})
    proof: Any = next(
        each for each in letters.sent_to(session, NEW) if each.letter == "contact-confirm"
    )
    assert page.get(f"/confirm/change/{letters.token(proof)}").status_code == 410
