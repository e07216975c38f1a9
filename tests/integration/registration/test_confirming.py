"""Confirming an address: opening a link does not use it, and pages reveal nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.core import clock, words
from app.messages import mailbox_limits
from app.messages.models import Message
from app.people.models import ContactPoint, Person
from app.people.types import PersonState, Source
from app.registration import confirming
from tests.addresses import at
from tests.factories import accounts, people
from tests.integration.people import letters
from tests.integration.registration.registering import fill_in, pages, send

ADDRESS = "ann.smith@example.org"
pytestmark = pytest.mark.usefixtures("no_attempts")


def newest(session: Session) -> Person:
    return session.scalars(select(Person).order_by(Person.id.desc()).limit(1)).one()


def text(reply: Any) -> str:
    return reply.get_data(as_text=True)


def test_only_the_button_confirms(client: FlaskClient, session: Session) -> None:
    send(client)
    (letter,) = letters.sent_to(session, ADDRESS)
    address = f"/confirm/{letters.token(letter)}"
    for _ in range(3):
        reply = client.get(address)
        assert reply.status_code == 200
        assert "Ann" not in text(reply)
    assert newest(session).confirmed_at is None
    reply = client.post(address, follow_redirects=True)
    assert "Your address is confirmed" in text(reply)
    person = newest(session)
    assert person.state(clock.today()) is PersonState.WAITING
    assert person.contacts[0].confirmed_at is not None


def test_a_used_link_offers_a_new_one_and_reveals_nothing(
    client: FlaskClient, session: Session
) -> None:
    send(client)
    address = f"/confirm/{letters.token(letters.sent_to(session, ADDRESS)[0])}"
    client.post(address)
    for reply in (client.get(address), client.post(address), client.get("/confirm/nonsense")):
        assert reply.status_code == 410
        assert "Send me a new link" in text(reply)
        assert ADDRESS not in text(reply)


def test_a_link_expires_after_seven_days_and_a_new_one_works(
    client: FlaskClient, session: Session
) -> None:
    send(client)
    address = f"/confirm/{letters.token(letters.sent_to(session, ADDRESS)[0])}"
    with clock.frozen(clock.now() + timedelta(days=7, minutes=1)):
        assert client.get(address).status_code == 410
        assert client.post(address).status_code == 410
        client.post("/confirm", data={"email": ADDRESS.upper()})
        again = letters.sent_to(session, ADDRESS)
        assert len(again) == 2
        reply = client.post(f"/confirm/{letters.token(again[1])}", follow_redirects=True)
    assert "Your address is confirmed" in text(reply)


def test_asking_for_a_link_shows_the_same_page_for_every_address(
    client: FlaskClient, session: Session
) -> None:
    send(client)
    people.person(email="known@example.org")
    answers = {
        text(client.post("/confirm", data={"email": email}, follow_redirects=True))
        for email in (ADDRESS, "known@example.org", "nobody@example.org")
    }
    assert len(answers) == 1
    pages_shown = [
        [each.letter for each in letters.sent_to(session, email)]
        for email in (ADDRESS, "known@example.org", "nobody@example.org")
    ]
    assert pages_shown == [["registration-confirm", "sign-in-none"], ["sign-in"], ["sign-in-none"]]
    assert letters.sent_to(session, "nobody@example.org")[0].context["why"] == "unknown"


def test_registering_with_a_known_address_reveals_it_to_its_owner_only(
    client: FlaskClient, session: Session
) -> None:
    people.person("Bob Owner", email="shared@example.org")
    first = send(client, pages(contact={"email": "fresh@example.org"}))
    second = send(client, pages(contact={"email": "Shared@Example.org"}))
    shown = [text(reply).replace("<wbr>", "") for reply in (first, second)]
    assert "fresh@example.org" in shown[0]
    assert shown[0].replace("fresh@", "shared@") == shown[1].replace("Shared@", "shared@")
    assert first.status_code == second.status_code
    assert [one.letter for one in letters.sent_to(session, "fresh@example.org")] == [
        "registration-confirm"
    ]
    (letter,) = letters.sent_to(session, "Shared@example.org")
    assert letter.letter == "registration-known"
    assert letter.name == ""
    assert "Ann" not in str(letter.context)


def test_known_and_new_addresses_run_the_same_statements(
    client: FlaskClient, session: Session
) -> None:
    """The same statements run in the same order, so timing reveals nothing."""
    people.person(email="shared@example.org")
    statements: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    def statements_of(email: str) -> list[str]:
        fill_in(client, pages(contact={"email": email}))
        statements.clear()
        event.listen(session.get_bind(), "before_cursor_execute", note)
        client.post("/register/check")
        event.remove(session.get_bind(), "before_cursor_execute", note)
        return [one for one in statements if "SAVEPOINT" not in one]

    assert statements_of("fresh@example.org") == statements_of("shared@example.org")


def test_a_second_person_at_a_shared_mailbox_can_join(
    client: FlaskClient, session: Session
) -> None:
    owner = people.person("Bob Owner", email="shared@example.org")
    send(client, pages(contact={"email": "shared@example.org"}))
    (letter,) = letters.sent_to(session, "shared@example.org")
    client.post(f"/confirm/{letters.token(letter)}")
    second = newest(session)
    assert second.id != owner.id
    assert second.state(clock.today()) is PersonState.WAITING
    assert second.contacts[0].contact_point_id == owner.contacts[0].contact_point_id


def test_a_source_causes_at_most_five_emails_a_day(client: FlaskClient, session: Session) -> None:
    address = f"busy{clock.now().timestamp()}@example.org"
    for number in range(7):
        start = {"over_18": "yes", "name": f"Ann Number{number}"}
        reply = send(client, pages(start=start, contact={"email": address}))
        assert "Registration sent" in text(reply)
        mailbox_limits.reset(mailbox_limits.REGISTER, address, "127.0.0.1")
    assert len(letters.sent_to(session, address)) == 5


def test_unconfirmed_registrations_are_deleted_after_30_days(
    client: FlaskClient, session: Session
) -> None:
    send(client)
    unconfirmed = newest(session).id
    by_phone = people.person(email=None, phone="+447700900111", confirmed=False, approved=False)
    entered = people.person(source=Source.STAFF, confirmed=False, approved=False)
    in_a_month = clock.now() + timedelta(days=30, minutes=1)
    assert confirming.delete_unconfirmed_registrations(clock.now() + timedelta(days=29)) == 0
    assert confirming.delete_unconfirmed_registrations(in_a_month) == 1
    session.expire_all()
    assert session.get(Person, unconfirmed) is None
    assert session.get(Person, by_phone.id) is not None
    assert session.get(Person, entered.id) is not None
    assert not session.scalars(select(ContactPoint).where(ContactPoint.value == ADDRESS)).all()


def test_stored_messages_hold_no_token(client: FlaskClient, session: Session) -> None:
    send(client)
    letter = session.scalars(select(Message).where(Message.address == ADDRESS)).one()
    assert letters.token(letter) not in str(letter.context)


def test_a_new_link_confirms_the_registration_of_this_browser(
    client: FlaskClient, session: Session
) -> None:
    """Previously, the link always confirmed the older of two registrations in a shared mailbox."""
    older = people.applicant("Bob Older", email=ADDRESS, confirmed=False)
    send(client)
    own_registration = newest(session)
    client.post("/confirm", data={"email": ADDRESS})
    link = letters.token(letters.sent_to(session, ADDRESS)[-1])
    reply = client.post(f"/confirm/{link}", follow_redirects=True)
    assert "Your address is confirmed" in text(reply)
    session.expire_all()
    assert own_registration.confirmed_at is not None
    assert older.confirmed_at is None
    stranger = client.application.test_client()
    stranger.post("/confirm", data={"email": ADDRESS})
    link = letters.token(letters.sent_to(session, ADDRESS)[-1])
    stranger.post(f"/confirm/{link}")
    session.expire_all()
    assert older.confirmed_at is not None


@pytest.mark.parametrize("where", ["/confirm", "/sign-in"])
def test_a_link_for_one_of_several_registrations_asks_which(
    client: FlaskClient, session: Session, where: str
) -> None:
    """Previously, on another device, it always confirmed the mailbox's oldest registration."""
    ago = clock.now() - timedelta(days=2)
    older = people.applicant("Bob Older", email=ADDRESS, confirmed=False, registered_at=ago)
    send(client)
    own_registration = newest(session)
    elsewhere = client.application.test_client()
    elsewhere.post(where, data={"email": ADDRESS})
    address = f"/confirm/{letters.token(letters.sent_to(session, ADDRESS)[-1])}"
    page = text(elsewhere.get(address))
    for person in (older, own_registration):
        assert words.long_datetime(person.registered_at) in page
        assert person.full_name not in page
    refused = elsewhere.post(address, follow_redirects=True)
    assert "Select when you registered" in text(refused)
    elsewhere.post(address, data={"sent_at": clock.now().isoformat()})
    session.expire_all()
    assert (older.confirmed_at, own_registration.confirmed_at) == (None, None)
    reply = elsewhere.post(address, data={"sent_at": own_registration.registered_at.isoformat()})
    assert reply.location == "/confirmed"
    session.expire_all()
    assert (older.confirmed_at, own_registration.confirmed_at is None) == (None, False)
    assert elsewhere.get(address).status_code == 410


def test_registrations_of_one_minute_have_different_labels(
    client: FlaskClient, session: Session
) -> None:
    """Nobody could tell which of two equal labels was theirs."""
    minute = (clock.now() - timedelta(hours=3)).replace(second=5)
    for second in (40, 20, 0):
        people.applicant(
            email=ADDRESS, confirmed=False, registered_at=minute + timedelta(seconds=second)
        )
    people.applicant(email=ADDRESS, confirmed=False, registered_at=minute - timedelta(hours=2))
    client.post("/confirm", data={"email": ADDRESS})
    address = f"/confirm/{letters.token(letters.sent_to(session, ADDRESS)[-1])}"
    page = text(client.get(address))
    time = words.long_datetime(minute)
    assert page.count(f"{time} (number ") == 3
    for number, second in enumerate((0, 20, 40), start=1):
        sent_at = (minute + timedelta(seconds=second)).isoformat()
        label = page.partition(f'value="{sent_at}"')[2].partition("</label>")[0]
        assert f"{time} (number {number} of 3 sent in that minute)" in label
    other = words.long_datetime(minute - timedelta(hours=2))
    assert other in page
    assert f"{other} (number" not in page


def test_a_registration_that_was_confirmed_meanwhile_is_not_swapped_for_another(
    client: FlaskClient, session: Session
) -> None:
    ago = clock.now() - timedelta(days=2)
    older = people.applicant("Bob Older", email=ADDRESS, confirmed=False, registered_at=ago)
    send(client)
    own = letters.token(letters.sent_to(session, ADDRESS)[-1])
    own_registered_at = newest(session).registered_at.isoformat()
    elsewhere = client.application.test_client()
    elsewhere.post("/confirm", data={"email": ADDRESS})
    address = f"/confirm/{letters.token(letters.sent_to(session, ADDRESS)[-1])}"
    client.post(f"/confirm/{own}")
    assert (
        elsewhere.post(
            address, data={"sent_at": own_registered_at}, follow_redirects=True
        ).status_code
        == 422
    )
    session.expire_all()
    assert older.confirmed_at is None
    older.declined_at = clock.now()
    session.flush()
    assert elsewhere.post(address, data={"sent_at": own_registered_at}).status_code == 410


def test_a_new_link_for_a_confirmed_registration_confirms_nobody_else(
    client: FlaskClient, session: Session
) -> None:
    """Previously, Bob's registration was confirmed if Ann, who had confirmed hers, asked again."""
    older = people.applicant("Bob Older", email=ADDRESS, confirmed=False)
    send(client)
    client.post(f"/confirm/{letters.token(letters.sent_to(session, ADDRESS)[-1])}")
    client.post("/confirm", data={"email": ADDRESS})
    letter = letters.sent_to(session, ADDRESS)[-1]
    assert (letter.letter, letter.context.get("why")) == ("sign-in", None)
    older.declined_at = clock.now()
    newest(session).left_on = clock.today()
    session.flush()
    client.post("/confirm", data={"email": ADDRESS})
    assert letters.sent_to(session, ADDRESS)[-1].context["why"] == "unknown"
    session.expire_all()
    assert older.confirmed_at is None


def test_a_new_link_requested_with_an_old_one_confirms_the_same_registration(
    client: FlaskClient, session: Session
) -> None:
    """Previously, on another device, the new link confirmed the mailbox's oldest registration."""
    older = people.applicant("Bob Older", email=ADDRESS, confirmed=False)
    send(client)
    own_registration = newest(session)
    old = letters.token(letters.sent_to(session, ADDRESS)[-1])
    phone = client.application.test_client()
    with clock.frozen(clock.now() + timedelta(days=7, minutes=1)):
        page = text(phone.get(f"/confirm/{old}"))
        (action,) = re.findall(r'action="(/confirm[^"]*)"', page)
        phone.post(action, data={"email": ADDRESS})
        new = letters.token(letters.sent_to(session, ADDRESS)[-1])
        assert phone.post(f"/confirm/{new}").status_code == 302
        session.expire_all()
        assert (own_registration.confirmed_at is None, older.confirmed_at) == (False, None)
        other = "other@example.org"
        third = people.applicant("Cat Elsewhere", email=other, confirmed=False)
        phone.post(action, data={"email": other})
        assert letters.sent_to(session, other)[-1].person_id == third.id


def test_staff_confirm_the_registration_whose_page_they_opened(
    sign_in: Any, session: Session
) -> None:
    """Two people who share a mailbox have both registered. Staff called the younger record."""
    phone = "+447700900123"
    older = people.applicant("Bob Older", email=ADDRESS, phone=phone, confirmed=False)
    person = people.applicant("Ann Younger", email=ADDRESS, phone=phone, confirmed=False)
    data = {"result": "spoke", "said_by": "Ann Younger", "address": "right"}
    reply = sign_in(accounts.coordinator()).post(at(f"/applications/{person.id}/called"), data=data)
    assert reply.status_code == 302, text(reply)
    session.expire_all()
    assert person.confirmed_at is not None
    assert older.confirmed_at is None
    (letter,) = letters.sent_to(session, ADDRESS)
    assert letter.person_id == person.id
