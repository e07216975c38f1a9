"""Silent people get no letters, and pages with a number show the person's contact wishes."""

from __future__ import annotations

import csv
import html
import io
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.messages import service as messages
from app.messages.letters import LETTERS
from app.messages.models import Message
from app.messages.types import NO_ADDRESS, NO_RECIPIENT, Channel, NewMessage, Recipient
from app.people.models import Person
from app.people.safety import wishes
from app.people.safety.types import ContactMethod, ContactPreferences
from tests.addresses import at, public_id
from tests.factories import accounts, courses, people
from tests.telling import TOLD_BY_PHONE

EMAIL, PHONE, POST = "ann@example.org", "+441362656870", "1 High Street\nThetford"
# Letters that the person has just requested, or that are about work for the service.
STILL_SENT = {
    "sign-in",
    "sign-in-none",
    "try-now",
    "registration-confirm",
    "registration-known",
    "draft-saved",
    "draft-missing",
    "vouch-contact",
    "contact-confirm",
    "change-call",
    "role-asked",
    "held-places-cancelled",
    "held-places-changed",
    "role-given",
    "role-decided",
    "role-lost",
    "list-downloaded",
    "safeguarding-waits",
    "agreement-recorded",
    "agreement-counts",
    "agreement-refused",
}


def text(reply: Any) -> str:
    return html.unescape(reply.get_data(as_text=True))


def person_with(preferences: ContactPreferences, **more: Any) -> Person:
    user = accounts.user(Role.CHAMPION, email=EMAIL, name="Ann Silent")
    person = people.person("Ann Silent", email=EMAIL, user=user, phone=PHONE, post=POST, **more)
    wishes.record_wishes(SYSTEM, person, preferences)
    return person


def recipients(person: Person) -> list[Recipient]:
    """Return recipients for the person: their current address, an old one and an unknown one."""
    places = [
        (Channel.EMAIL, EMAIL),
        (Channel.EMAIL, "old@example.org"),
        (Channel.SMS, PHONE),
        (Channel.PHONE, PHONE),
        (Channel.PHONE, ""),
        (Channel.POST, POST),
    ]
    owners = [(person.id, None), (None, person.user_id), (person.id, person.user_id)]
    known = [Recipient(*place, "Ann", *owner) for place in places for owner in owners]
    return [*known, Recipient(Channel.EMAIL, EMAIL.upper(), "Ann")]


def is_sent(session: Session, name: str, to: Recipient) -> bool:
    message_id = messages.post(NewMessage(name, to, f"{name}:{uuid.uuid4()}"))
    assert message_id is not None
    return not session.get_one(Message, message_id).address.endswith(NO_ADDRESS)


@pytest.mark.parametrize("protected", [False, True])
def test_no_letter_is_sent_to_a_silent_person(session: Session, protected: bool) -> None:
    person = person_with(ContactPreferences(silent=True), protected=protected)
    assert set(LETTERS) >= STILL_SENT
    for name in LETTERS:
        for to in recipients(person):
            assert is_sent(session, name, to) is (name in STILL_SENT), (name, to)


def test_letter_to_a_named_attendee_is_not_sent_to_an_unsafe_mailbox(session: Session) -> None:
    person_with(ContactPreferences(ways=frozenset({ContactMethod.CALL})))
    to = Recipient(Channel.EMAIL, EMAIL, "Ann")
    assert not is_sent(session, "booking-confirmed", to)
    assert is_sent(session, "booking-confirmed", Recipient(Channel.EMAIL, "bob@example.org", "Bob"))


def test_unverified_address_does_not_stop_letters(session: Session) -> None:
    person = people.applicant("Ann Silent", email=EMAIL)
    next(iter(person.contacts)).vouched_at = None
    wishes.record_wishes(SYSTEM, person, ContactPreferences(silent=True))
    assert is_sent(session, "booking-confirmed", Recipient(Channel.EMAIL, EMAIL, "Ann"))


def test_silent_person_still_gets_links_they_ask_for(session: Session, client: FlaskClient) -> None:
    person_with(ContactPreferences(silent=True))
    client.post("/sign-in", data={"email": EMAIL})
    message = session.scalars(select(Message).where(Message.letter == "sign-in")).one()
    assert message.address == EMAIL


def test_staff_who_book_a_silent_person_are_not_told_to_contact_them(
    session: Session, sign_in: Any
) -> None:
    with clock.frozen(date(2027, 3, 1)):
        person = person_with(ContactPreferences(silent=True))
        trainer = courses.trainer()
        run = courses.run(date(2027, 3, 27), trainer_user=trainer)
        data = {"run": public_id("course_runs", run.id), "trainer_reads": "name"}
        reply = sign_in(accounts.coordinator()).post(
            at(f"/people/{person.id}/book"), data=data, follow_redirects=True
        )
        sentence = "No message was sent. Do not contact this person, because they asked us not to"
        assert sentence in text(reply)
        staff = sign_in(trainer)
        assert sentence in text(staff.get(at(f"/training/{run.id}")))
        page = text(staff.get(at(f"/training/{run.id}/cancel")))
        assert "You need to tell these people yourself" not in page
        assert "Do not contact these people, because they asked us not to: Ann Silent." in page
        data = {"reason": "Flood"}
        page = text(staff.post(at(f"/training/{run.id}/cancel"), data=data, follow_redirects=True))
        assert "yourself" not in page


def test_trainer_does_not_learn_whose_mailbox_is_silent(session: Session, sign_in: Any) -> None:
    """There are two named attendees. One of their mailboxes belongs to a silent person."""
    with clock.frozen(date(2027, 3, 1)):
        person_with(ContactPreferences(silent=True))
        trainer = courses.trainer()
        run = courses.run(date(2027, 3, 27), trainer_user=trainer)
        staff = sign_in(trainer)
        for name, email in (("Eve Known", EMAIL), ("Eve Other", "other@example.org")):
            staff.post(at(f"/training/{run.id}/add/named"), data={"name": name, "email": email})
        for message in session.scalars(select(Message)):
            if message.address.endswith(NO_ADDRESS):
                message.voided_at, message.void_reason = clock.now(), NO_RECIPIENT
            else:
                message.sent_at = clock.now()
        session.flush()
        page = text(staff.get(at(f"/training/{run.id}")))
    assert page.count("Sent by email on 1 March 2027") == 2


@pytest.fixture
def careful(session: Session) -> Person:
    """Return a person who may be called with care, and not written to."""
    with clock.frozen(clock.now() - timedelta(days=9)):
        return person_with(
            ContactPreferences(
                ways=frozenset({ContactMethod.CALL}),
                say_we_are="Jo from the library",
                voicemail=False,
            )
        )


CONTACT_SENTENCES = ("Say you are “Jo from the library”.", "Do not leave a voicemail.")


def test_every_page_with_a_number_says_how_to_use_it(
    careful: Person, session: Session, sign_in: Any
) -> None:
    staff = sign_in(accounts.coordinator())
    staff.post(at(f"/people/{careful.id}/safe-contact"), data={**TOLD_BY_PHONE, "how": "any"})
    staff.post(at(f"/people/{careful.id}/protection"), data={**TOLD_BY_PHONE, "protected": "yes"})
    staff.post(at(f"/people/{careful.id}/protection/end"))
    wishes.record_wishes(
        SYSTEM,
        careful,
        ContactPreferences(ways=frozenset({ContactMethod.CALL}), say_we_are="Jo from the library"),
    )
    other = people.applicant("Ann Silent", email="ann2@example.org")
    record = text(staff.get(at(f"/people/{careful.id}")))
    change_id = html.unescape(record).split("/changes/")[1].split('"')[0]
    for page in (
        "",
        "/contact",
        "/word",
        f"/changes/{change_id}",
        f"/join/{public_id('people', other.id)}",
    ):
        address = at(f"/people/{careful.id}") + page
        if page.startswith("/join"):
            address = address.replace("/people/", "/applications/")
        shown = text(staff.get(address))
        assert "01362 656870" in shown, page
        for line in CONTACT_SENTENCES:
            assert line in shown, page


def test_export_holds_only_contact_details_that_may_be_used(careful: Person, sign_in: Any) -> None:
    reply = sign_in(accounts.coordinator()).post(
        "/people/export?q=silent", data={"reason": "Calls", "kind": "csv"}
    )
    headings, row = csv.reader(io.StringIO(reply.get_data().decode("utf-8-sig")))
    line = dict(zip(headings, row, strict=True))
    assert (line["Email"], line["Phone"], line["Postal address"]) == ("", "01362 656870", "")
    for sentence in CONTACT_SENTENCES:
        assert sentence in line["How to contact them"]


def test_export_has_no_address_of_a_silent_person(session: Session, sign_in: Any) -> None:
    person_with(ContactPreferences(silent=True))
    reply = sign_in(accounts.coordinator()).post(
        "/people/export?q=silent", data={"reason": "Calls", "kind": "csv"}
    )
    line = dict(zip(*csv.reader(io.StringIO(reply.get_data().decode("utf-8-sig"))), strict=True))
    assert (line["Email"], line["Phone"], line["Postal address"]) == ("", "", "")
    assert line["How to contact them"] == "Do not contact this person. They asked us not to."
