"""Every request for a sign-in link is answered by email, and the page reveals nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.changes import confirmation
from app.changes import service as changes
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.permissions import Role
from app.messages import mailbox_limits
from app.messages.rendering import ProgrammeFacts, render
from app.messages.types import NOBODY, Channel
from app.people.types import PersonState, Source
from app.signin import sign_in_links
from tests.factories import accounts, people
from tests.integration.people import letters

pytestmark = pytest.mark.usefixtures("no_attempts")
REVEALING = re.compile(r"mental|mhfa|first aid|abuse|surviv|network", re.IGNORECASE)


def address(kind: str) -> str:
    return f"{kind:x<11}@ask.example"


def _champion() -> None:
    user = accounts.user(Role.CHAMPION, email=address("champion"))
    people.person(email=address("champion"), user=user)


def _declined() -> None:
    people.applicant(email=address("declined")).declined_at = clock.now()


def _closed() -> None:
    accounts.user(Role.TRAINER, email=address("closed")).deactivated_at = clock.now()


def _left() -> None:
    user = accounts.user(Role.CHAMPION, email=address("left"))
    person = people.person(email=address("left"), user=user)
    person.left_on = clock.today() - timedelta(days=3)


def _several() -> None:
    for name in ("Ann", "Bob"):
        people.applicant(name, email=address("several"), confirmed=False)


CASES: dict[str, tuple[Any, str, str | None]] = {
    "champion": (_champion, "sign-in", None),
    "waiting": (lambda: people.applicant(email=address("waiting")), "sign-in", None),
    "entered": (
        lambda: people.person(email=address("entered"), source=Source.STAFF, confirmed=False),
        "sign-in",
        None,
    ),
    "unconfirmed": (
        lambda: people.applicant(email=address("unconfirmed"), confirmed=False),
        "sign-in-none",
        "unconfirmed",
    ),
    "several": (_several, "sign-in-none", "unconfirmed"),
    "declined": (_declined, "sign-in-none", "declined"),
    "left": (_left, "sign-in-none", "unknown"),
    "staff": (
        lambda: accounts.user(Role.COORDINATOR, email=address("staff")),
        "sign-in-none",
        "password",
    ),
    "closed": (_closed, "sign-in-none", "closed"),
    "nobody": (lambda: None, "sign-in-none", "unknown"),
}


@pytest.mark.parametrize("path", ["/sign-in", "/confirm"])
def test_every_address_gets_one_email_and_the_same_page(
    client: FlaskClient, session: Session, path: str
) -> None:
    for make, _letter, _why in CASES.values():
        make()
    session.flush()
    answers = []
    for kind, (_make, letter, why) in CASES.items():
        statements: list[str] = []

        def note(*args: Any, into: list[str] = statements) -> None:
            words = args[2].split()
            insert = words[0] == "INSERT"  # an INSERT leaves out columns without a value
            into.append(" ".join(words[:3] if insert else words))

        browser = client.application.test_client()
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            reply = browser.post(path, data={"email": address(kind)})
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        page = reply.text.replace(address(kind), "")
        answers.append((reply.status_code, page, [s for s in statements if "SAVEPOINT" not in s]))
        (written,) = letters.sent_to(session, address(kind))
        assert (written.letter, written.context.get("why")) == (letter, why), kind
    for answer, kind in zip(answers, CASES, strict=True):
        assert answer[2] == answers[0][2], (kind, set(answer[2]) ^ set(answers[0][2]))
        assert answer == answers[0], kind


@pytest.mark.parametrize("why", [None, *sign_in_links.NoLinkReason])
def test_the_email_has_a_neutral_subject_and_says_what_to_do(
    client: FlaskClient, why: sign_in_links.NoLinkReason | None
) -> None:
    purpose = "confirm-registration"
    link = {"endpoint": "registration.confirm", "purpose": purpose, "link_id": "0" * 32}
    page = {"endpoint": "accounts.staff_sign_in", "values": {}}
    context = {"why": why and why.value, "link": link, "page": page}
    letter = sign_in_links.NO_LINK if why else sign_in_links.LETTER
    with client.application.app_context():
        facts = ProgrammeFacts("x", "Champions", "Council", {"contact": {"phone": "01362 656870"}})
        sent = render(letter, Channel.EMAIL, "Ann", context, facts)
    assert not REVEALING.search(sent.subject)
    assert not REVEALING.search(sent.text.replace("http://127.0.0.1", ""))
    assert "Somebody has used this email address" in sent.text or why is None


def test_a_mailbox_cannot_be_flooded(client: FlaskClient, session: Session) -> None:
    for _again in range(4):
        assert client.post("/sign-in", data={"email": "n@bombed.example"}).status_code == 302
    assert len(letters.sent_to(session, "n@bombed.example")) == mailbox_limits.MAX_LETTERS
    assert letters.sent_to(session, NOBODY) == []


def test_an_applicant_can_follow_correct_and_withdraw_a_registration(
    client: FlaskClient, session: Session
) -> None:
    person = people.applicant("Ann Waiting", email="ann@ask.example", confirmed=False)
    confirmation.send_confirmation(person.id, "ann@ask.example")
    client.post(f"/confirm/{letters.token(letters.sent_to(session, 'ann@ask.example')[0])}")
    browser = letters.sign_in(client, session, "ann@ask.example")
    page = browser.get("/me").text
    for words in ("Waiting", "What happens next", "Withdraw my registration", "Sent on"):
        assert words in page
    assert browser.get("/").status_code == 200
    for path in ("name", "contact", "places", "networks", "protection", "hidden"):
        assert browser.get(f"/me/{path}").status_code == 200, path
    for path in ("here", "back"):
        assert browser.post(f"/me/{path}").status_code == 404
    assert browser.post("/me/name", data={"name": "Ann Corrected"}).status_code == 302
    session.refresh(person)
    assert person.full_name == "Ann Corrected"
    assert browser.get("/me/pause").status_code == 404
    reply = browser.post("/me/leave", data={"reason": ""}, follow_redirects=True)
    assert "Registration withdrawn" in reply.text
    assert 'href="/exit"' in reply.text
    session.refresh(person)
    assert person.state(clock.today()) is PersonState.LEFT
    assert browser.get("/me").status_code == 302
    client.post("/sign-in", data={"email": "ann@ask.example"})
    assert letters.sent_to(session, "ann@ask.example")[-1].context["why"] == "unknown"


def test_an_applicant_cannot_book(client: FlaskClient, session: Session) -> None:
    people.applicant(email="ann@ask.example")
    browser = letters.sign_in(client, session, "ann@ask.example")
    for path in ("/courses", "/me"):
        assert browser.get(path).status_code == 200
    assert "Book" not in browser.get("/me").text


def test_a_link_stops_working_when_the_applicant_is_declined(
    client: FlaskClient, session: Session
) -> None:
    person = people.applicant(email="ann@ask.example")
    client.post("/sign-in", data={"email": "ann@ask.example"})
    link = f"/sign-in/link/{letters.token(letters.sent_to(session, 'ann@ask.example')[-1])}"
    person.declined_at = clock.now()
    session.flush()
    assert client.post(link).status_code == 410
    assert person.user_id is None


def test_an_unconfirmed_person_at_a_shared_mailbox_is_told_to_confirm(
    client: FlaskClient, session: Session
) -> None:
    first = people.applicant("Ann", email="both@ask.example")
    other = people.applicant("Bob", email="both@ask.example", confirmed=False)
    letters.sign_in(client, session, "both@ask.example")
    client.post("/confirm", data={"email": "both@ask.example"})
    assert letters.sent_to(session, "both@ask.example")[-1].context["why"] == "unconfirmed"
    token = letters.token(letters.sent_to(session, "both@ask.example")[-1])
    client.post(f"/confirm/{token}")
    session.refresh(other)
    session.refresh(first)
    assert other.confirmed_at is not None
    assert (first.user_id is not None, other.user_id) == (True, None)


def test_the_account_ends_when_staff_record_that_a_person_left(
    client: FlaskClient, session: Session
) -> None:
    person = people.applicant(email="ann@ask.example")
    letters.sign_in(client, session, "ann@ask.example")
    session.refresh(person)
    changes.leave_network(SYSTEM, person.id, "moved")
    client.post("/sign-in", data={"email": "ann@ask.example"})
    assert letters.sent_to(session, "ann@ask.example")[-1].letter == "sign-in-none"
