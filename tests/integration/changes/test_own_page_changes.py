"""Changes on a person's own page are reported to the old contact details."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import notifications
from app.accounts.models import User
from app.changes import verification_numbers
from app.core import clock
from app.messages.models import Message
from app.people.models import Person
from app.people.types import ContactKind
from tests.factories import people

OLD = "+447700900123"
SILENT, CALL = {"how": "none"}, {"how": "chosen", "ways": "call", "voicemail": "no", "others": "no"}


@pytest.fixture
def me(session: Session) -> Person:
    return people.champion("Charlie Champion", phone=OLD)


def own_browser(sign_in: Any, session: Session, person: Person) -> FlaskClient:
    client: FlaskClient = sign_in(session.get_one(User, person.user_id))
    return client


def addresses_told(session: Session) -> list[str]:
    """Return the addresses of the letters about a change that have not been stopped."""
    rows = select(Message).where(
        Message.letter == notifications.LETTER, Message.voided_at.is_(None)
    )
    return sorted(each.address for each in session.scalars(rows))


def email(person: Person) -> str:
    return next(each.point.value for each in person.contacts if each.point.kind == "email")


@pytest.mark.parametrize("wishes", [SILENT, CALL])
def test_wishes_set_just_before_do_not_stop_the_letter(
    me: Person, session: Session, sign_in: Any, wishes: dict[str, str]
) -> None:
    page, mailbox = own_browser(sign_in, session, me), email(me)
    page.post("/me/contact/safe", data=wishes)
    assert mailbox in addresses_told(session)
    page.post("/me/contact", data={"phone": "07700 900999"})
    page.post("/me/name", data={"name": "Somebody Else"})
    assert addresses_told(session).count(mailbox) == 3
    assert OLD in addresses_told(session)


def test_wishes_set_just_after_do_not_stop_the_letter(
    me: Person, session: Session, sign_in: Any
) -> None:
    page, mailbox = own_browser(sign_in, session, me), email(me)
    page.post("/me/contact", data={"phone": "07700 900999"})
    assert addresses_told(session) == sorted([mailbox, OLD])
    page.post("/me/contact/safe", data=SILENT)
    assert {mailbox, OLD} <= set(addresses_told(session))


def test_wishes_older_than_a_week_are_followed(me: Person, session: Session, sign_in: Any) -> None:
    page = own_browser(sign_in, session, me)
    with clock.frozen(clock.now() - timedelta(days=20)):
        page.post("/me/contact/safe", data=SILENT)
    before = addresses_told(session)
    page.post("/me/name", data={"name": "Somebody Else"})
    assert [each for each in addresses_told(session) if "@no-address" not in each] == before


@pytest.mark.parametrize("marked", [False, True])
def test_number_added_on_the_persons_page_cannot_be_used_for_a_check(
    me: Person, session: Session, sign_in: Any, marked: bool
) -> None:
    page = own_browser(sign_in, session, me)
    if marked:
        page.post("/me/contact/safe", data=CALL)
    assert verification_numbers.known_numbers(me.id, clock.now() + timedelta(days=3))
    page.post("/me/contact", data={"phone": "07700 900999"})
    assert verification_numbers.known_numbers(me.id, clock.now() + timedelta(days=3)) == []


def test_number_marked_safe_by_a_protected_person_cannot_be_used_for_a_check(
    session: Session, sign_in: Any
) -> None:
    person = people.champion("Mary Otter", phone=OLD, protected=True, preferred=ContactKind.PHONE)
    own_browser(sign_in, session, person).post("/me/contact/safe", data=CALL | {"days": "weekdays"})
    session.expire_all()
    assert any(each.safe_at for each in person.contacts)
    assert verification_numbers.safe_numbers(person.id, clock.now() + timedelta(hours=25)) == []
