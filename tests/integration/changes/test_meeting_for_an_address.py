"""A person with no old mailbox and no number can meet two coordinators to change address."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.changes import effects
from app.core import clock
from app.people.models import Person
from app.people.safety.models import DelayedChange
from app.people.safety.types import DelayedChangeKind, Stage
from tests.addresses import at
from tests.factories import accounts, people
from tests.integration.people import letters
from tests.telling import TOLD_BY_PHONE

NEW = "new@meeting.example"


def text(reply: Any) -> str:
    return html.unescape(reply.get_data(as_text=True))


@pytest.fixture
def person(session: Session) -> Person:
    return people.champion("Mary Otter")


def user_of(session: Session, person: Person) -> User:
    user = session.get_one(User, person.user_id)
    session.refresh(user)
    return user


def request_change(sign_in: Any, person: Person, **more: str) -> Any:
    data = {"email": NEW, "called": "meeting"} | more
    return sign_in(accounts.coordinator()).post(
        at(f"/people/{person.id}/contact"), data=TOLD_BY_PHONE | data, follow_redirects=True
    )


def change(session: Session, person: Person) -> DelayedChange:
    return session.scalars(select(DelayedChange).where(DelayedChange.person_id == person.id)).one()


def test_new_address_can_sign_in_a_day_after_two_meetings(
    session: Session, sign_in: Any, client: Any, person: Person
) -> None:
    old = user_of(session, person).email
    first, second = accounts.coordinator(), accounts.coordinator()
    page = text(request_change(sign_in, person))
    assert "Two coordinators need to meet this person to check the change." in page
    row = change(session, person)
    assert (row.kind, row.stage) == (DelayedChangeKind.ADD_CONTACT, Stage.ASKED)
    assert letters.sent_to(session, NEW) == []
    assert "change-asked" in {each.letter for each in letters.sent_to(session, old)}
    address = at(f"/people/{person.id}/changes/{row.id}")
    data = {"sure": "yes", "why": "I know her from the course"}
    sign_in(first).post(address, data=data)
    sign_in(first).post(address, data=data)
    assert row.stage is Stage.SEEN_ONCE
    sign_in(second).post(address, data={"sure": "yes"})
    assert row.stage is Stage.WAITING
    with clock.frozen(clock.now() + timedelta(hours=23)):
        assert effects.apply_due_changes(clock.now()) == 0
    with clock.frozen(clock.now() + timedelta(hours=25)):
        assert effects.apply_due_changes(clock.now()) == 1
        assert user_of(session, person).email == old
        (proof,) = [
            each for each in letters.sent_to(session, NEW) if each.letter == "contact-confirm"
        ]
        client.post(f"/confirm/contact/{letters.token(proof)}")
    assert user_of(session, person).email == NEW
    assert "something-changed" in {each.letter for each in letters.sent_to(session, old)}


def test_a_link_in_the_old_mailbox_stops_the_change(
    session: Session, sign_in: Any, client: Any, person: Person
) -> None:
    old = user_of(session, person).email
    request_change(sign_in, person)
    letter = next(each for each in letters.sent_to(session, old) if each.letter == "change-asked")
    assert "Stopped" in text(client.post(f"/stop/{letters.token(letter, 'stop')}"))
    assert change(session, person).stage is Stage.STOPPED


def test_person_with_a_number_is_called_instead(session: Session, sign_in: Any) -> None:
    with clock.frozen(clock.now() - timedelta(days=9)):
        person = people.champion("Mary Otter", phone="+441362656870")
    page = text(sign_in(accounts.coordinator()).get(at(f"/people/{person.id}/contact")))
    assert "two of us will meet them" not in page
    assert request_change(sign_in, person, phone="01362 656870").status_code == 422
    assert session.scalars(select(DelayedChange)).all() == []


def test_a_meeting_needs_a_new_address(session: Session, sign_in: Any, person: Person) -> None:
    old = user_of(session, person).email
    reply = request_change(sign_in, person, email=old)
    assert (reply.status_code, "Enter the new email address" in text(reply)) == (422, True)
