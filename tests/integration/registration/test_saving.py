"""Saving a registration, and coming back to it with a link that can be requested again."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, links
from app.messages.models import Message
from app.messages.rendering import ProgrammeFacts, render
from app.messages.types import Channel
from app.registration import saved
from app.registration.models import SavedDraft
from tests.factories import people
from tests.integration.registration.registering import NETWORKS, START, fill_in, pages, send
from tests.integration.registration.test_registration import text

MAILBOX = {"email": "ann@example.org"}
pytestmark = pytest.mark.usefixtures("no_attempts")


def newest_link(app: Flask, session: Session) -> str:
    """Return the path of the link in the newest letter."""
    letter = session.scalars(
        select(Message)
        .where(Message.letter.startswith("draft-"))
        .order_by(Message.id.desc())
        .limit(1)
    ).one()
    with app.test_request_context():
        link = letter.context["link"]
        return f"/register/resume/{links.token(link['purpose'], link['link_id'])}"


def letters(session: Session) -> list[str]:
    """Return the names of all letters, oldest first."""
    return list(session.scalars(select(Message.letter).order_by(Message.id)))


def test_a_draft_can_be_saved_and_restored(
    client: FlaskClient, session: Session, app: Flask
) -> None:
    fill_in(client, {"start": START})
    reply = client.post("/register/networks", data={"networks": ["farming"], "save": "yes"})
    assert reply.location == "/register/save"
    page = client.post("/register/save", data={"email": "ann@example.org"}, follow_redirects=True)
    assert "We have sent you a link" in text(page)
    row = session.scalars(select(SavedDraft)).one()
    assert "Ann" not in row.content
    assert row.mailbox and "ann" not in row.mailbox
    link = newest_link(app, session)
    client.get("/exit")
    for _ in range(3):
        assert "Bring back my answers" in text(client.get(link))
    reply = client.post(link)
    assert reply.location == "/register/networks"
    page = text(client.get(reply.location))
    assert "We have restored your answers, except your networks and your organisation" in page
    assert 'value="farming" checked' not in page  # anybody with the mailbox can open the link
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410


def test_a_saved_draft_is_deleted_after_a_week(client: FlaskClient, session: Session) -> None:
    fill_in(client, {"start": START})
    client.post("/register/save", data={"email": "ann@example.org"})
    saved.delete_expired(clock.now() + timedelta(days=6))
    assert session.query(SavedDraft).count() == 1
    saved.delete_expired(clock.now() + timedelta(days=7, minutes=1))
    assert session.query(SavedDraft).count() == 0


def test_a_link_can_be_requested_again_until_the_registration_is_sent(
    client: FlaskClient, session: Session, app: Flask
) -> None:
    fill_in(client, {"start": START, "networks": NETWORKS})
    client.post("/register/save", data=MAILBOX)
    first = newest_link(app, session)
    client.post(first)
    client.get("/exit")  # interrupted again
    page = client.get(first)
    assert page.status_code == 410
    assert "/register/resume" in page.text
    reply = client.post(
        "/register/resume", data={"email": "ANN@example.org"}, follow_redirects=True
    )
    assert "We have sent an email to this address" in text(reply)
    second = newest_link(app, session)
    assert second != first
    assert client.post(second).location == "/register/networks"
    assert 'value="Ann Smith"' in text(client.get("/register"))
    send(client, pages())
    assert session.scalars(select(SavedDraft)).all() == []


def test_a_new_link_ends_the_one_before(client: FlaskClient, session: Session, app: Flask) -> None:
    fill_in(client, {"start": START})
    client.post("/register/save", data=MAILBOX)
    first = newest_link(app, session)
    client.post("/register/resume", data=MAILBOX)
    assert client.get(first).status_code == 410
    assert client.get(newest_link(app, session)).status_code == 200


def test_the_page_does_not_reveal_whether_answers_are_saved(
    client: FlaskClient, session: Session
) -> None:
    fill_in(client, {"start": START})
    client.post("/register/save", data=MAILBOX)
    known, unknown = (
        client.post("/register/resume", data={"email": email}, follow_redirects=True)
        for email in (MAILBOX["email"], "somebody.else@example.org")
    )
    assert text(known) == text(unknown)
    assert letters(session) == ["draft-saved", "draft-saved", "draft-missing"]


def test_beyond_the_limit_of_emails_the_last_link_leads_to_the_newest_answers(
    client: FlaskClient, session: Session, app: Flask
) -> None:
    fill_in(client, {"start": START})
    for _ in range(2):
        client.post("/register/save", data=MAILBOX)
    client.post("/register", data={**START, "name": "Ann Jones"})
    client.post("/register/save", data=MAILBOX)
    assert letters(session) == ["draft-saved", "draft-saved"]
    client.post(newest_link(app, session))
    assert 'value="Ann Jones"' in text(client.get("/register"))


def test_expired_answers_get_no_link(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_in(client, {"start": START})
    client.post("/register/save", data=MAILBOX)
    later = clock.now() + timedelta(days=7, minutes=1)
    with clock.frozen(later):
        client.post("/register/resume", data=MAILBOX)
    assert letters(session)[-1] == "draft-missing"


def test_an_interrupted_registration_says_what_happened_to_the_answers(
    client: FlaskClient, session: Session
) -> None:
    fill_in(client, {"start": START})
    with clock.frozen(clock.now() + timedelta(hours=3, minutes=1)):
        reply = client.get("/register/networks", follow_redirects=True)
    assert "Your answers are no longer in this browser" in text(reply)
    assert "/register/resume" in text(reply)


def test_a_protected_person_without_saved_answers_gets_a_link_to_a_page_that_says_so(
    client: FlaskClient, session: Session, app: Flask
) -> None:
    """The email said only that staff would tell them what it says, but staff cannot find it."""
    people.person(email=MAILBOX["email"], protected=True)
    client.post("/register/resume", data=MAILBOX)
    letter = session.scalars(select(Message)).one()
    assert (letter.letter, letter.neutral) == ("draft-missing", True)
    link = newest_link(app, session)
    with app.test_request_context():
        facts = ProgrammeFacts.current()
        neutral = render(letter.letter, letter.channel, "", letter.context, facts, neutral=True)
        full = render(letter.letter, letter.channel, "", letter.context, facts)
    assert "Open this link to continue" in neutral.text
    assert link in neutral.text
    assert neutral.text.startswith("Hello,\n")
    assert "Call" not in neutral.text
    assert link not in full.text + full.html
    page = client.get(link)
    assert page.status_code == 410
    assert "This link no longer works" in text(page)


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS, Channel.POST])
def test_a_neutral_text_does_not_promise_what_staff_cannot_look_up(
    app: Flask, channel: Channel
) -> None:
    """A letter to an address alone is in nobody's history."""
    with app.test_request_context():
        facts = ProgrammeFacts.current()
        sent = render("run-changed", channel, "Ann", {}, facts, neutral=True)
    for found in filter(None, (sent.text, sent.html)):
        assert "what it says" not in found
        assert f"Call {facts.contact['phone']} to ask about it." in html.unescape(found)
