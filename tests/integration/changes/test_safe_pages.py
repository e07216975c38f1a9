"""Contact wishes on the registration pages, the person's pages and staff pages."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.changes.verification_numbers import safe_number
from app.core import clock
from app.core.audit import AuditEntry
from app.messages import service as messages
from app.messages.models import Message
from app.messages.types import Channel, NewMessage
from app.people import contact
from app.people.models import Person
from app.people.queries.contacts import find_safe_contact
from app.people.safety.models import SafeContact
from app.people.safety.types import ContactMethod, Days, Hours
from app.people.types import ContactKind
from tests.addresses import at
from tests.factories import accounts, people
from tests.integration.registration import registering
from tests.telling import TOLD_BY_PHONE

PHONE = "+441362656870"
SAFE = {
    "ways": ["call"],
    "days": ["weekdays"],
    "hours": ["morning"],
    "voicemail": "no",
    "others": "no",
    "say": "Jo from the library",
}
SENTENCES = (
    "Call 01362 656870.",
    "Use only: phone call.",
    "When: Monday to Friday; Morning, 8am to 12 noon.",
    "Say you are “Jo from the library”.",
    "Do not leave a voicemail.",
    "If somebody else answers, do not say who you are or why you are calling.",
)


def text(reply: Any) -> str:
    return html.unescape(reply.get_data(as_text=True))


def newest(session: Session) -> Person:
    found = session.scalar(select(Person).order_by(Person.id.desc()).limit(1))
    assert found is not None
    return found


def assert_wishes_shown(reply: Any) -> None:
    for sentence in SENTENCES:
        assert sentence in text(reply), sentence


def test_registration_keeps_the_answers(client: FlaskClient, session: Session) -> None:
    input_by_page = registering.pages(contact={"phone": "01362 656870", "careful": "yes", **SAFE})
    registering.fill_in(client, input_by_page)
    assert "Jo from the library" in text(client.get("/register/check"))
    client.post("/register/check")
    row = find_safe_contact(newest(session).id, clock.today())
    assert row is not None
    assert row.wishes.ways == {ContactMethod.CALL}
    assert row.wishes.days == {Days.WEEKDAYS}
    assert row.wishes.hours == {Hours.MORNING}
    assert row.wishes.say_we_are == "Jo from the library"


def test_safe_number_counts_a_day_later(client: FlaskClient, session: Session) -> None:
    input_by_page = registering.pages(contact={"phone": "01362 656870", "safe_to_call": "yes"})
    registering.send(client, input_by_page)
    person = newest(session)
    assert safe_number(person.id, clock.now()) is None
    assert safe_number(person.id, clock.now() + timedelta(hours=25)) == PHONE


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"ways": []}, "Select at least one safe contact method"),
        ({"ways": ["post"]}, "To select letters, enter a postal address"),
        (
            {"ways": ["call"], "email": "ann@example.org"},
            "Select email as a safe contact method, or remove the email",
        ),
    ],
)
def test_registration_shows_which_answer_is_wrong(
    client: FlaskClient, session: Session, answers: dict[str, Any], message: str
) -> None:
    input_by_page = registering.pages()
    registering.fill_in(client, {step: input_by_page[step] for step in ("start", "networks")})
    sent = {"phone": "01362 656870", "preferred": "phone", "careful": "yes", **SAFE, **answers}
    reply = client.post("/register/contact", data=sent)
    assert reply.status_code == 422
    assert message in text(reply)
    assert "Jo from the library" in text(reply)


def test_registration_shows_all_errors_at_once(client: FlaskClient, session: Session) -> None:
    input_by_page = registering.pages()
    registering.fill_in(client, {step: input_by_page[step] for step in ("start", "networks")})
    sent = {"phone": "01362 656870", "email": "ann@example.org", "careful": "yes"}
    reply = client.post("/register/contact", data=sent)
    for sentence in (
        "Select whether we should try email, phone or post first",
        "Select at least one safe contact method",
    ):
        assert sentence in text(reply)


def test_staff_add_a_person_with_their_wishes(session: Session, sign_in: Any) -> None:
    sent = {
        "name": "Ann Smith",
        "over_18": "yes",
        "phone": "01362 656870",
        "safe_to_call": "yes",
        "careful": "yes",
        "interest": "champion",
        "notice": "read out",
        **SAFE,
    }
    reply = sign_in(accounts.coordinator()).post("/people/new", data=sent, follow_redirects=True)
    assert_wishes_shown(reply)
    assert safe_number(newest(session).id, clock.now() + timedelta(hours=25)) == PHONE


def test_wishes_from_the_persons_page_are_followed(session: Session, sign_in: Any) -> None:
    person = people.champion("Charlie Champion", phone=PHONE)
    own_client = sign_in(session.get_one(User, person.user_id))
    reply = own_client.post(
        "/me/contact/safe", data={"how": "chosen", **SAFE}, follow_redirects=True
    )
    assert "Say you are “Jo from the library”." in text(reply)
    recipient = contact.find_recipient(person.id)
    assert recipient is not None
    message_id = messages.post(
        NewMessage("approved", recipient, "approved:test", {"sign_in": None})
    )
    staff = sign_in(accounts.coordinator())
    assert_wishes_shown(staff.get(at(f"/people/{person.id}")))
    assert_wishes_shown(staff.get("/reminders"))
    assert_wishes_shown(staff.get(at(f"/reminders/contacts/{message_id}")))


def test_audit_shows_that_wishes_changed_but_not_what(session: Session, sign_in: Any) -> None:
    person = people.champion("Charlie Champion", phone=PHONE)
    own_client = sign_in(session.get_one(User, person.user_id))
    own_client.post("/me/contact/safe", data={"how": "chosen", **SAFE})
    entries = session.scalars(select(AuditEntry).where(AuditEntry.verb == "person.safe-contact"))
    kept = [str(entry.changes) for entry in entries]
    assert kept
    assert not [each for each in kept if "Jo" in each or "call" in each]


def test_silent_person_gets_no_message(session: Session, sign_in: Any) -> None:
    person = people.champion("Charlie Champion", phone=PHONE)
    recipient = contact.find_recipient(person.id)
    assert recipient is not None
    message_id = messages.post(
        NewMessage("approved", recipient, "approved:test", {"sign_in": None})
    )
    own_client = sign_in(session.get_one(User, person.user_id))
    own_client.post("/me/contact/safe", data={"how": "none"})
    assert session.get_one(Message, message_id).voided_at is not None
    assert contact.find_recipient(person.id) is None
    staff = sign_in(accounts.coordinator())
    assert "Do not contact this person. They asked us not to." in text(
        staff.get(at(f"/people/{person.id}"))
    )


def test_staff_record_wishes(session: Session, sign_in: Any) -> None:
    person = people.person("Ann Smith", phone=PHONE)
    staff = sign_in(accounts.coordinator())
    address = at(f"/people/{person.id}/safe-contact")
    assert staff.get(address).status_code == 200
    reply = staff.post(
        address, data={"how": "chosen", **SAFE, **TOLD_BY_PHONE}, follow_redirects=True
    )
    assert_wishes_shown(reply)
    staff.post(address, data={**TOLD_BY_PHONE, "how": "any"})
    rows = session.scalars(select(SafeContact).where(SafeContact.person_id == person.id)).all()
    assert [row for row in rows if row.until_on is None] == []


def test_no_sign_in_link_goes_to_a_mailbox_that_is_not_safe(
    client: FlaskClient, session: Session, sign_in: Any, no_attempts: None
) -> None:
    person = people.champion("Charlie Champion", phone=PHONE)
    email = next(each.point.value for each in person.contacts if each.point.kind == "email")
    own_client = sign_in(session.get_one(User, person.user_id))
    own_client.post("/me/contact/safe", data={"how": "chosen", **SAFE})
    client.post("/sign-in", data={"email": email})
    sent = session.scalars(select(Message).where(Message.letter == "sign-in")).all()
    assert sent
    assert [each.address for each in sent if each.address == email] == []


def test_returned_letter_waits_for_a_call(session: Session, sign_in: Any) -> None:
    person = people.person("Ann Smith", phone=PHONE, protected=True)
    recipient = contact.find_recipient(person.id)
    assert recipient is not None
    assert recipient.channel is Channel.EMAIL
    message_id = messages.post(
        NewMessage("approved", recipient, "approved:test", {"sign_in": None})
    )
    session.get_one(Message, message_id).failed_at = clock.now()
    reply = sign_in(accounts.coordinator()).get("/reminders")
    assert "Ann Smith" in text(reply)
    assert "656870" not in text(reply)
    assert person.preferred is not ContactKind.PHONE


def test_a_new_number_of_a_safe_kind_is_used(session: Session, sign_in: Any) -> None:
    person = people.champion("Charlie Champion", phone=PHONE)
    own_client = sign_in(session.get_one(User, person.user_id))
    own_client.post("/me/contact/safe", data={"how": "chosen", **SAFE})
    own_client.post("/me/contact", data={"phone": "01362 700900"})
    found = contact.find_recipient(person.id)
    assert found is not None
    assert (found.channel, found.address) == (Channel.PHONE, "+441362700900")
