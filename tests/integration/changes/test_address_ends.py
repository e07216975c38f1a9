"""Once an email address has been replaced, nobody can sign in with it and nothing is sent there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.service import grant_role
from app.changes import confirmation
from app.core import clock
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.messages import service as messages
from app.messages.models import Message
from app.messages.types import NewMessage
from app.people import contact
from app.people.models import Person
from app.people.types import ContactKind, PersonState
from app.signin import addresses, sign_in_links
from tests.addresses import at, public_id
from tests.factories import accounts, people
from tests.integration.people import letters
from tests.telling import TOLD_BY_PHONE

NEW, PHONE = "new@example.org", "+447700900123"
pytestmark = pytest.mark.usefixtures("no_attempts")


@pytest.fixture
def me(session: Session) -> Person:
    return people.champion("Charlie Champion")


@pytest.fixture
def user(me: Person, session: Session) -> User:
    return session.get_one(User, me.user_id)


@pytest.fixture
def page(user: User, sign_in: Any) -> FlaskClient:
    client: FlaskClient = sign_in(user)
    return client


@pytest.fixture
def other_device(user: User, page: FlaskClient) -> FlaskClient:
    client = page.application.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = public_id("users", user.id)
        cookie["signed_in_at"] = clock.now().isoformat()
    return client


@pytest.fixture
def coordinator_browser(page: FlaskClient) -> FlaskClient:
    """Return a coordinator's browser."""
    client = page.application.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = public_id("users", accounts.coordinator().id)
        cookie["signed_in_at"] = clock.now().isoformat()
    return client


def sign_in_letters(session: Session, address: str) -> list[Message]:
    return [
        each for each in letters.sent_to(session, address) if each.letter == sign_in_links.LETTER
    ]


def request_link(client: FlaskClient, session: Session, address: str) -> Message | None:
    """Ask for a sign-in link and return the letter, or None."""
    before = len(sign_in_letters(session, address))
    client.application.test_client().post("/sign-in", data={"email": address})
    return (sign_in_letters(session, address)[before:] or [None])[0]


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/me").status_code == 200


def verify_new_address(page: FlaskClient, session: Session, address: str) -> Any:
    """Enter a new address and press the buttons in the emails to the old and new mailboxes."""
    page.post("/me/contact", data={"email": address})
    (request,) = session.scalars(select(Message).where(Message.letter == "vouch-contact")).all()
    page.post(f"/confirm/change/{letters.token(request)}", data={"answer": "yes"})
    letter = letters.sent_to(session, address)[-1]
    return page.post(f"/confirm/contact/{letters.token(letter)}")


@pytest.fixture
def number(me: Person) -> str:
    """Return the identifier of a number that has been on their record for a long time."""
    made = people.contact(me, ContactKind.PHONE, PHONE, on=accounts.LONG_AGO)
    return public_id("person_contacts", made.id)


def test_staff_remove_the_address_and_its_sign_in_after_a_call(
    coordinator_browser: FlaskClient,
    other_device: FlaskClient,
    me: Person,
    user: User,
    number: str,
    session: Session,
) -> None:
    old = user.email
    pending = request_link(coordinator_browser, session, old)
    assert pending is not None and is_signed_in(other_device)
    coordinator_browser.post(
        at(f"/people/{me.id}/contact"),
        data={**TOLD_BY_PHONE, "email": "", "phone": "07700 900123", "called": number},
    )
    assert not is_signed_in(other_device)
    used = coordinator_browser.application.test_client().post(
        f"/sign-in/link/{letters.token(pending)}"
    )
    assert used.status_code == 410
    assert pending.voided_at is not None
    assert request_link(coordinator_browser, session, old) is None
    assert addresses.current_address(user.id) is None
    coordinator_browser.post(
        at(f"/people/{me.id}/contact"),
        data={**TOLD_BY_PHONE, "email": NEW, "phone": "07700 900123", "called": number},
    )
    assert is_signed_in(letters.sign_in(coordinator_browser, session, NEW))
    session.refresh(user)
    assert user.email == NEW


def test_staff_cannot_change_signing_in_without_a_call(
    coordinator_browser: FlaskClient,
    other_device: FlaskClient,
    me: Person,
    user: User,
    session: Session,
) -> None:
    old = user.email
    coordinator_browser.post(
        at(f"/people/{me.id}/contact"), data={**TOLD_BY_PHONE, "email": "", "phone": "07700 900123"}
    )
    coordinator_browser.post(
        at(f"/people/{me.id}/contact"),
        data={**TOLD_BY_PHONE, "email": NEW, "phone": "07700 900123"},
    )
    assert is_signed_in(other_device)
    assert request_link(coordinator_browser, session, NEW) is None
    new = coordinator_browser.application.test_client()
    proof = next(each for each in letters.sent_to(session, NEW) if each.letter == "contact-confirm")
    assert "one more step" in new.post(f"/confirm/contact/{letters.token(proof)}").text
    assert request_link(coordinator_browser, session, NEW) is None
    assert request_link(coordinator_browser, session, old) is not None


def test_a_person_who_removes_their_own_address_still_signs_in_with_it(
    page: FlaskClient, other_device: FlaskClient, me: Person, user: User, session: Session
) -> None:
    old = user.email
    people.contact(me, ContactKind.PHONE, PHONE)
    (email,) = [each for each in me.contacts if each.point.kind is ContactKind.EMAIL]
    reply = page.post(at(f"/me/contact/{email.id}/remove"), follow_redirects=True)
    assert "but you still sign in with it" in reply.text
    recipient = contact.find_recipient(me.id)
    assert recipient is not None and recipient.address == PHONE
    assert is_signed_in(page) and is_signed_in(other_device)
    assert request_link(page, session, old) is not None


def test_address_of_another_user_is_treated_like_any_other(
    page: FlaskClient, coordinator_browser: FlaskClient, me: Person, user: User, session: Session
) -> None:
    """The form and the staff pages do not reveal the other user. The emailed page does."""
    other = accounts.user(Role.CHAMPION, email=NEW)
    old, pages = user.email, []
    for address in (NEW, "nobody@example.org"):
        pages.append(page.post("/me/contact", data={"email": address}, follow_redirects=True).text)
        shown = address.replace("@", "<wbr>@").replace(".", "<wbr>.")
        pages[-1] = re.sub(r'value="[^"]*"|/contact/[^/]*/', "", pages[-1].replace(shown, ""))
        sent = coordinator_browser.post(
            at(f"/people/{me.id}/contact"), data={**TOLD_BY_PHONE, "email": address}
        )
        assert sent.status_code == 302
    assert pages[0].partition("<main")[2] == pages[1].partition("<main")[2]
    page.post("/me/contact", data={"email": NEW})
    request = letters.sent_to(session, old)[-1]
    page.post(f"/confirm/change/{letters.token(request)}", data={"answer": "yes"})
    reply = page.post(f"/confirm/contact/{letters.token(letters.sent_to(session, NEW)[-1])}")
    assert "You cannot use it to sign in" in reply.text
    session.refresh(user)
    session.refresh(other)
    assert (user.email, other.email) == (old, NEW) and is_signed_in(page)


def test_changing_the_address_revokes_links_in_the_old_mailbox(
    page: FlaskClient, other_device: FlaskClient, user: User, session: Session
) -> None:
    old = user.email
    pending = request_link(page, session, old)
    assert pending is not None
    assert "and you can use it to sign in" in verify_new_address(page, session, NEW).text
    assert is_signed_in(page) and not is_signed_in(other_device)
    used = page.application.test_client().post(f"/sign-in/link/{letters.token(pending)}")
    assert used.status_code == 410
    assert request_link(page, session, old) is None
    assert request_link(page, session, NEW) is not None
    letters_about_change = [
        each for each in letters.sent_to(session, old) if each.letter == "something-changed"
    ]
    assert len(letters_about_change) == 1
    assert NEW not in str(letters_about_change[0].context)


def test_staff_keep_their_work_address(page: FlaskClient, user: User, session: Session) -> None:
    old = user.email
    grant_role(SYSTEM, user, Role.TRAINER, clock.today())
    reply = verify_new_address(page, session, NEW)
    assert reply.status_code == 200 and "and you can use it to sign in" not in reply.text
    session.refresh(user)
    assert user.email == old and is_signed_in(page)


def queue_letter(session: Session, person: Person, letter: str = "approved") -> Message:
    """Queue a letter to the person's current contact detail, and return it."""
    recipient = contact.find_recipient(person.id)
    assert recipient is not None
    message_id = messages.post(NewMessage(letter, recipient, f"test:{letter}:{person.id}"))
    return session.get_one(Message, message_id)


def test_pending_messages_go_to_the_new_address(
    page: FlaskClient, coordinator_browser: FlaskClient, me: Person, session: Session
) -> None:
    letter = queue_letter(session, me)
    verify_new_address(page, session, NEW)
    assert (letter.channel, letter.address, letter.voided_at) == ("email", NEW, None)
    coordinator_browser.post(
        at(f"/people/{me.id}/contact"), data={**TOLD_BY_PHONE, "email": "", "phone": "07700 900123"}
    )
    assert (letter.channel, letter.address, letter.voided_at) == ("phone", PHONE, None)


def test_sent_messages_and_those_to_other_addresses_do_not_change(
    coordinator_browser: FlaskClient, me: Person, session: Session
) -> None:
    people.contact(me, ContactKind.POST, "1 High Street")
    old = me.contacts[0].point.value
    sent, anothers = queue_letter(session, me), queue_letter(session, people.person(email=old))
    sent.sent_at = clock.now()
    coordinator_browser.post(
        at(f"/people/{me.id}/contact"),
        data={**TOLD_BY_PHONE, "email": NEW, "post": "1 High Street"},
    )
    assert sent.address == anothers.address == old


def test_a_link_that_verifies_an_address_is_not_redirected(
    coordinator_browser: FlaskClient, session: Session
) -> None:
    typo = "typo@example.org"
    applicant = people.applicant(email=typo, confirmed=False)
    confirmation.send_confirmation(applicant.id, typo)
    (old,) = letters.sent_to(session, typo)
    coordinator_browser.post(
        at(f"/people/{applicant.id}/contact"), data={**TOLD_BY_PHONE, "email": NEW}
    )
    assert old.voided_at is not None and old.address == typo
    assert coordinator_browser.post(f"/confirm/{letters.token(old)}").status_code == 410
    (new,) = letters.sent_to(session, NEW)
    assert new.voided_at is None
    assert coordinator_browser.post(f"/confirm/{letters.token(new)}").status_code in (200, 302)
    session.expire_all()
    assert applicant.state(clock.today()) is PersonState.WAITING


def test_pending_messages_are_voided_if_no_contact_detail_is_left(
    me: Person, session: Session
) -> None:
    letter = queue_letter(session, me)
    messages.redirect_messages(me.id, [(letter.channel, letter.address.upper())], None, "no way")
    session.refresh(letter)
    assert letter.voided_at is not None and letter.void_reason == "no way"
    assert session.scalars(select(Message).where(Message.person_id == me.id)).all() == [letter]
