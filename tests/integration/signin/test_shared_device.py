"""Short sessions: on shared devices, and for protected people."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.changes import protection
from app.core import clock, links
from app.core.actor import SYSTEM
from app.messages.models import Message
from app.people.models import Person
from app.signin import sign_in_links
from tests.addresses import at
from tests.factories import people

pytestmark = pytest.mark.usefixtures("no_attempts")
SOON_OVER = "You will be signed out after one hour, or when you close your browser."
JUST_BEFORE, JUST_AFTER = timedelta(minutes=59), timedelta(minutes=61)


def _email(person: Person) -> str:
    return str(person.contacts[0].point.value)


def _sign_in(client: FlaskClient, session: Session, person: Person, **typed: str) -> str:
    """Sign in with the link in the letter, and return the Set-Cookie line of the session."""
    client.post("/sign-in", data={"email": _email(person)})
    message = session.scalars(
        select(Message).where(Message.user_id == person.user_id).order_by(Message.id.desc())
    ).first()
    assert message is not None
    token = links.token(sign_in_links.LINK, message.context["link"]["link_id"])
    reply = client.post(f"/sign-in/link/{token}", data=typed)
    assert reply.status_code == 302
    return next(c for c in reply.headers.getlist("Set-Cookie") if c.startswith("session="))


def _is_in(client: FlaskClient, after: timedelta) -> bool:
    with clock.frozen(clock.now() + after):
        return client.get("/me").status_code == 200


def test_a_session_lasts_fourteen_days(client: FlaskClient, session: Session) -> None:
    cookie = _sign_in(client, session, people.champion())
    assert "Expires" in cookie
    assert SOON_OVER not in client.get("/").text
    assert _is_in(client, timedelta(days=13))
    assert not _is_in(client, timedelta(days=15))


def test_a_session_on_a_shared_device_ends_with_the_browser_or_after_an_hour(
    client: FlaskClient, session: Session
) -> None:
    cookie = _sign_in(client, session, people.champion(), shared="yes")
    assert "Expires" not in cookie
    assert "Max-Age" not in cookie
    assert SOON_OVER in client.get("/").text
    assert _is_in(client, JUST_BEFORE)
    assert not _is_in(client, JUST_AFTER)


def test_sessions_of_protected_people_are_always_short(
    client: FlaskClient, session: Session
) -> None:
    cookie = _sign_in(client, session, people.champion(protected=True))
    assert "Expires" not in cookie
    assert SOON_OVER in client.get("/").text
    assert not _is_in(client, JUST_AFTER)


def test_protection_makes_a_current_session_short(client: FlaskClient, session: Session) -> None:
    person = people.champion()
    _sign_in(client, session, person)
    protection.protect(SYSTEM, person)
    reply = client.get("/me")
    assert reply.status_code == 200
    assert all("Expires" not in line for line in reply.headers.getlist("Set-Cookie"))
    assert not _is_in(client, JUST_AFTER)


def test_activity_does_not_extend_a_short_session(client: FlaskClient, session: Session) -> None:
    """Removing a contact signs out other devices and keeps this one signed in."""
    person = people.champion()
    extra = people.contact(person, people.ContactKind.PHONE, "+441362111222")
    _sign_in(client, session, person, shared="yes")
    with clock.frozen(clock.now() + timedelta(minutes=50)):
        assert client.post(at(f"/me/contact/{extra.id}/remove")).status_code == 302
        assert client.get("/me").status_code == 200
    assert not _is_in(client, JUST_AFTER)


def test_the_page_of_the_link_is_the_same_for_protected_people(
    client: FlaskClient, session: Session
) -> None:
    """Somebody who reads the mailbox learns nothing before signing in."""
    pages: list[Any] = []
    for person in (people.champion(), people.champion(protected=True)):
        client.post("/sign-in", data={"email": _email(person)})
        message = session.scalars(
            select(Message).where(Message.user_id == person.user_id).order_by(Message.id.desc())
        ).first()
        assert message is not None
        token = links.token(sign_in_links.LINK, message.context["link"]["link_id"])
        page = client.get(f"/sign-in/link/{token}").text
        pages.append(re.sub(r'name="csrf_token" value="[^"]*"', "", page).replace(token, ""))
    assert "I share this device" in pages[0]
    assert pages[0] == pages[1]
