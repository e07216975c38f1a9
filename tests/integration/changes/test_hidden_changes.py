"""A pending change does not reveal who is protected to readers without the permission."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.changes import delayed_changes
from app.core import clock
from app.core.actor import Actor
from app.messages.models import Message
from app.people.models import Person
from app.people.safety.types import DelayedChangeKind
from app.signin.sessions import actor_for_user
from tests.addresses import at, public_id
from tests.factories import accounts, people

SignIn = Callable[[Any], FlaskClient]
NUMBER = "+447700900987"
DETAILS = {
    DelayedChangeKind.ADD_CONTACT: {"kind": "phone", "value": NUMBER},
    DelayedChangeKind.SET_PREFERENCE: {"kind": "phone"},
    DelayedChangeKind.CHANGE_WISHES: {"wishes": None},
    DelayedChangeKind.END_PROTECTION: {},
    DelayedChangeKind.END_BLOCK: {"block_id": 1},
}


@pytest.fixture
def person(session: Session) -> Person:
    """Return a protected general champion with two contact details."""
    return people.champion("Pia Protected", phone="+447700900986", protected=True)


def actor_for(user_id: int | None) -> Actor:
    actor = actor_for_user(user_id or 0)
    assert actor is not None
    return actor


def pages_about(client: FlaskClient, person: Person) -> list[list[str]]:
    """Return every page about a person, without values that differ on each request."""
    pages = [client.get(one).text for one in (at(f"/people/{person.id}"), "/reminders", "/")]
    return [[line for line in page.splitlines() if "csrf_token" not in line] for page in pages]


@pytest.mark.parametrize("kind", list(DelayedChangeKind))
@pytest.mark.parametrize("by", ["herself", "a holder"])
def test_changes_that_wait_only_for_protected_people_are_hidden(
    session: Session, sign_in: SignIn, person: Person, kind: DelayedChangeKind, by: str
) -> None:
    reader, holder = accounts.coordinator(sensitive=False), accounts.coordinator()
    before = pages_about(sign_in(reader), person)
    asker = actor_for(person.user_id if by == "herself" else holder.id)
    stage_waits = delayed_changes.request_delayed_change(asker, person, kind, DETAILS[kind])
    for letter in session.scalars(
        select(Message).where(Message.letter == delayed_changes.REQUEST_LETTER)
    ):
        letter.sent_at = clock.now()  # so that it is in the history
    session.flush()
    assert pages_about(sign_in(reader), person) == before
    address = at(f"/people/{person.id}") + f"/changes/{public_id('loosenings', stage_waits.id)}"
    assert sign_in(reader).get(address).status_code == 404
    assert sign_in(reader).post(f"{address}/stop").status_code == 404
    assert sign_in(holder).get(address).status_code == 200


def test_changes_that_wait_for_everybody_are_shown(
    session: Session, sign_in: SignIn, person: Person
) -> None:
    asker, reader = (accounts.coordinator(sensitive=False) for _each in range(2))
    kind = DelayedChangeKind.ADD_CONTACT
    stage_waits = delayed_changes.request_delayed_change(
        actor_for(asker.id), person, kind, DETAILS[kind]
    )
    address = at(f"/people/{person.id}") + f"/changes/{public_id('loosenings', stage_waits.id)}"
    for user in (asker, reader, accounts.coordinator()):
        assert sign_in(user).get(address).status_code == 200
