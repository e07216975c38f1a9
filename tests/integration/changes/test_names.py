"""A changed name is used at once by the account, by pages and by letters that wait."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.permissions import Role
from app.messages import service as outbox
from app.messages.models import Message
from app.messages.types import Channel, NewMessage, Recipient
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts, people
from tests.integration.people import letters
from tests.telling import TOLD_BY_PHONE


def account_of(session: Session, person: Person) -> User:
    assert person.user_id is not None
    return session.get_one(User, person.user_id)


def queue_letter(session: Session, person: Person, letter: str = "approved") -> Message:
    """Post a letter to the person and return the waiting message."""
    recipient = Recipient(Channel.PHONE, "+447700900982", person.full_name, person.id)
    posted = outbox.post(NewMessage(letter, recipient, f"{letter}:test:{person.id}", {}))
    return session.get_one(Message, posted)


def test_a_name_changed_by_the_person_is_used_everywhere(session: Session, sign_in: Any) -> None:
    person = people.champion("Ann Old")
    call = queue_letter(session, person)
    client = sign_in(account_of(session, person))
    client.post("/me/name", data={"name": "Ann New"})
    session.expire_all()
    assert account_of(session, person).name == "Ann New"
    assert call.name == "Ann New"
    for page in ("/", "/me"):
        text = client.get(page).text
        assert "Ann Old" not in text, page
    client.post("/sign-in", data={"email": account_of(session, person).email})
    latest = letters.sent_to(session, account_of(session, person).email)[-1]
    assert (latest.letter, latest.name) == ("sign-in", "Ann New")


def test_a_name_changed_by_staff_is_used_everywhere(session: Session, sign_in: Any) -> None:
    person = people.champion("Ann Old")
    call = queue_letter(session, person)
    client = sign_in(accounts.coordinator())
    assert "Ann Old" in client.get("/reminders").text
    client.post(at(f"/people/{person.id}/name"), data={**TOLD_BY_PHONE, "name": "Ann New"})
    session.expire_all()
    assert account_of(session, person).name == "Ann New"
    assert "Ann Old" not in client.get("/reminders").text
    assert call.name == "Ann New"


def test_a_sent_letter_keeps_the_name_that_it_had(session: Session, sign_in: Any) -> None:
    person = people.champion("Ann Old")
    call = queue_letter(session, person)
    client = sign_in(accounts.coordinator())
    client.post(at(f"/reminders/contacts/{call.id}"), data={"outcome": "Spoke to her"})
    client.post(at(f"/people/{person.id}/name"), data={**TOLD_BY_PHONE, "name": "Ann New"})
    session.expire_all()
    assert call.sent_at is not None
    assert call.name == "Ann Old"


def test_colleagues_do_not_rename_the_account_of_staff(session: Session, sign_in: Any) -> None:
    user = accounts.user(Role.COORDINATOR, Role.CHAMPION, name="Cora Staff")
    person = people.person("Cora Staff", email=user.email, user=user)
    sign_in(accounts.coordinator()).post(
        at(f"/people/{person.id}/name"), data={**TOLD_BY_PHONE, "name": "Cora New"}
    )
    session.expire_all()
    assert (person.full_name, user.name) == ("Cora New", "Cora Staff")


def test_a_moved_account_takes_the_name_of_the_record(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    kept = people.person("Ann Smith", email="ann@example.org")
    for contact in kept.contacts:
        contact.vouched_at = kept.registered_at
    user = accounts.user(Role.CHAMPION, email="ann@example.org", name="Anne Smyth")
    copy = people.applicant("Anne Smyth", email="ann@example.org", user=user)
    kept_id = kept.id
    sign_in(accounts.coordinator()).post(at(f"/applications/{copy.id}/join/{kept.id}"))
    session.expire_all()
    moved = session.scalars(select(Person.user_id).where(Person.id == kept_id)).one()
    assert moved == user.id
    assert user.name == "Ann Smith"
