"""Letters have links that work, and do not mention networks."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.applications import approval
from app.changes import confirmation
from app.core import links
from app.core.actor import SYSTEM
from app.messages import rendering
from app.messages.models import Message
from tests.factories import organisations, people
from tests.integration.people import letters


@pytest.fixture
def sensitive(session: Session) -> organisations.Network:
    return organisations.network("domestic-abuse-support")


def letter_text(message: Message) -> str:
    facts = rendering.ProgrammeFacts.current()
    sent = rendering.render(message.letter, message.channel, message.name, message.context, facts)
    for text in (sent.subject, sent.text, sent.html):
        for word in ("abuse", "survivor", "farm", "yana", "Mental Health"):
            assert word.lower() not in text.lower()
    assert "{" not in sent.text
    return sent.text


def test_letters_about_a_registration_have_a_link_and_name_no_network(
    app: Flask, session: Session, sensitive: organisations.Network
) -> None:
    person = people.applicant(email="a@example.org", confirmed=False, networks=[sensitive])
    confirmation.send_confirmation(person.id, "a@example.org")
    people.person(email="a@example.org")
    confirmation.send_confirmation(person.id, "a@example.org")
    confirm, known = letters.sent_to(session, "a@example.org")
    for letter in (confirm, known):
        assert f"/confirm/{letters.token(letter)}" in letter_text(letter)
    assert "/sign-in" in letter_text(known)


def test_letters_about_a_decision_have_a_link_and_name_no_network(
    app: Flask, session: Session, sensitive: organisations.Network
) -> None:
    welcome = people.applicant("Ann Smith", email="a@example.org", networks=[sensitive])
    approval.approve(SYSTEM, welcome.id)
    sorry = people.applicant("Bob Jones", email="b@example.org", networks=[sensitive])
    approval.decline(SYSTEM, sorry.id, "Supports survivors elsewhere")
    by_phone = people.applicant(email=None, phone="+447700900123")
    approval.approve(SYSTEM, by_phone.id)
    assert "Hello Ann Smith," in letter_text(letters.sent_to(session, "a@example.org")[0])
    assert "/sign-in" in letter_text(letters.sent_to(session, "a@example.org")[0])
    assert "cannot accept it at the moment" in letter_text(
        letters.sent_to(session, "b@example.org")[0]
    )
    assert "/sign-in" not in letter_text(letters.sent_to(session, "+447700900123")[0])


def test_links_work_for_as_long_as_the_letter_says(app: Flask, session: Session) -> None:
    person = people.applicant(email="a@example.org", confirmed=False)
    confirmation.send_confirmation(person.id, "a@example.org")
    (letter,) = letters.sent_to(session, "a@example.org")
    link = session.get_one(links.Link, uuid.UUID(letter.context["link"]["link_id"]))
    assert (link.expires_at - link.created_at).days == 7
    assert "7 days" in letter_text(letter)
