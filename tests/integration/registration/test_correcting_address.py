"""The page after registering names the address, and a mistyped address can be corrected."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock
from app.people.models import Person
from app.people.types import PersonState
from tests.addresses import at
from tests.factories import accounts, people
from tests.integration.people import letters
from tests.integration.registration.registering import CONTACT, pages, send
from tests.telling import TOLD_BY_PHONE

TYPED, RIGHT = CONTACT["email"], "anne.smith@example.org"
PAGE, DONE = "/register/done/address", "/register/done"
pytestmark = pytest.mark.usefixtures("no_attempts")


def text(reply: Any) -> str:
    return " ".join(reply.get_data(as_text=True).replace("<wbr>", "").split())


def newest(session: Session) -> Person:
    return session.scalars(select(Person).order_by(Person.id.desc()).limit(1)).one()


def test_the_page_names_the_address_and_a_new_one_gets_the_link(
    client: FlaskClient, session: Session
) -> None:
    page = text(send(client))
    assert f"We have sent an email to {TYPED}." in page
    assert PAGE in page
    assert f"We have sent an email to {TYPED}." in text(client.get(DONE))  # loaded again
    assert f'value="{TYPED}"' in client.get(PAGE).text
    (old,) = letters.sent_to(session, TYPED)
    people_before = session.scalar(select(func.count(Person.id)))
    for _twice in range(2):
        reply = client.post(PAGE, data={"email": RIGHT})
        assert (reply.status_code, reply.location) == (302, DONE)
    assert f"We have sent an email to {RIGHT}." in text(client.get(DONE))
    assert session.scalar(select(func.count(Person.id))) == people_before
    assert client.post(f"/confirm/{letters.token(old)}").status_code == 410
    assert newest(session).state(clock.today()) is PersonState.UNCONFIRMED
    (new,) = letters.sent_to(session, RIGHT)
    assert new.letter == "registration-confirm"
    client.post(f"/confirm/{letters.token(new)}")
    person = newest(session)
    session.refresh(person)
    assert person.state(clock.today()) is PersonState.WAITING
    assert [each.point.value for each in person.contacts if each.until_on is None] == [RIGHT]


def test_the_pages_are_the_same_for_a_known_address(client: FlaskClient, session: Session) -> None:
    people.person("Known Person", email="known@example.org")
    send(client)
    shown = []
    for address in ("known@example.org", "other@example.org"):
        reply = client.post(PAGE, data={"email": address})
        assert (reply.status_code, reply.location) == (302, DONE)
        shown.append(text(client.get(DONE)).replace(address, ""))
        (letter,) = letters.sent_to(session, address)
        if address == "known@example.org":
            assert letter.letter == "registration-known"
            assert letter.person_id == newest(session).id
    assert shown[0] == shown[1]


def test_wrong_addresses_and_other_browsers_change_nothing(
    client: FlaskClient, session: Session
) -> None:
    elsewhere = client.application.test_client()
    send(client)
    assert client.post(PAGE, data={"email": "nobody"}).status_code == 422
    reply_to_typo = client.post(PAGE, data={"email": "ann@gmial.com"})
    assert "gmail.com" in reply_to_typo.text
    for reply in (elsewhere.get(PAGE), elsewhere.post(PAGE, data={"email": RIGHT})):
        assert (reply.status_code, reply.location) == (302, "/register")
    assert letters.sent_to(session, RIGHT) == []
    assert [each.point.value for each in newest(session).contacts] == [TYPED]


def test_a_confirmed_registration_is_corrected_after_signing_in(
    client: FlaskClient, session: Session
) -> None:
    send(client)
    (old,) = letters.sent_to(session, TYPED)
    client.application.test_client().post(f"/confirm/{letters.token(old)}")
    refused = client.post(PAGE, data={"email": RIGHT})
    assert refused.status_code == 422
    assert "This registration has already been confirmed." in text(refused)
    assert letters.sent_to(session, RIGHT) == []


def test_without_an_email_address_there_is_nothing_to_correct(client: FlaskClient) -> None:
    page = text(send(client, pages(contact={"phone": "01362 656870"})))
    assert PAGE not in page
    assert client.get(PAGE).location == "/register"


def test_staff_who_correct_an_address_end_the_link_to_the_old_one(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    send(client)
    (old,) = letters.sent_to(session, TYPED)
    path = at(f"/people/{newest(session).id}/contact")
    sign_in(accounts.coordinator()).post(path, data={**TOLD_BY_PHONE, "email": RIGHT})
    assert client.post(f"/confirm/{letters.token(old)}").status_code == 410
    assert len(letters.sent_to(session, RIGHT)) == 1
