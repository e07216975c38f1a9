"""A message that may have been sent is listed, and repeated only if that does no harm."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import db
from app.core.permissions import Role
from app.messages import outbox, service
from app.messages.models import Message
from tests.addresses import at
from tests.factories import accounts, people
from tests.factories import messages as make

pytestmark = pytest.mark.usefixtures("letter")


@pytest.fixture
def send_and_lose_database(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that sends, and loses the database once the carrier has accepted a message.

    This has the same effect as killing the sender at that moment.
    """
    original = outbox.Carriers.send

    def send_and_stop(self: Any, *args: Any) -> str:
        original(self, *args)
        raise OperationalError("COMMIT", {}, Exception("server closed the connection"))

    def run() -> None:
        db.session.commit()
        with monkeypatch.context() as patched, pytest.raises(OperationalError):
            patched.setattr(outbox.Carriers, "send", send_and_stop)
            outbox.send_waiting()

    return run


def unsettled_messages(app: Flask) -> list[dict[str, Any]]:
    """Return what `flask messages unsettled` lists."""
    done = app.test_cli_runner().invoke(args=["messages", "unsettled", "--json"])
    assert done.exit_code == 0, done.output
    return list(json.loads(done.stdout))


def message_to_ann(**more: Any) -> Message:
    """Add a message to a person."""
    ann = people.person("Ann Example", email="ann@example.org")
    return make.message("ann@example.org", person_id=ann.id, **more)


def test_a_letter_that_may_have_been_sent_is_listed_and_not_repeated(
    app: Flask, session: Session, mailbox: make.Mailbox, send_and_lose_database: Callable[[], None]
) -> None:
    row = message_to_ann()
    send_and_lose_database()
    summary = outbox.send_waiting()
    assert (summary.sent, summary.unsettled) == (0, 1)
    assert mailbox.addresses == ["ann@example.org"]
    session.refresh(row)
    assert row.sent_at is None and row.failed_at is not None
    [entry] = unsettled_messages(app)
    assert (entry["message"], entry["now"]) == (row.id, "it will not be sent again.")
    assert outbox.send_waiting() == outbox.SendingSummary()


def test_coordinators_are_asked_to_check_before_they_tell_the_person(
    session: Session,
    mailbox: make.Mailbox,
    send_and_lose_database: Callable[[], None],
    sign_in: Callable[[Any], FlaskClient],
) -> None:
    user = accounts.user(Role.COORDINATOR)
    coordinator = sign_in(user)
    row = message_to_ann()
    send_and_lose_database()
    outbox.send_waiting()
    assert "We do not know whether our email was sent" in coordinator.get("/reminders").text
    page = coordinator.get(at(f"/reminders/contacts/{row.id}")).text
    assert "ask whether they got it" in page
    record = coordinator.get(at(f"/people/{row.person_id}")).text
    assert "Email “a test”: we do not know whether it was sent" in record


def test_a_letter_that_people_wait_for_is_repeated_with_the_same_message_id(
    app: Flask,
    session: Session,
    mailbox: make.Mailbox,
    send_and_lose_database: Callable[[], None],
    letter: Callable[..., None],
) -> None:
    letter("test-wanted", repeatable=True)
    row = message_to_ann(letter="test-wanted")
    send_and_lose_database()
    assert outbox.send_waiting().sent == 1
    first, second = mailbox.message_ids
    assert first == second
    assert [(each["message"], each["now"]) for each in unsettled_messages(app)] == [
        (row.id, "it was sent again.")
    ]


def test_a_sender_that_stopped_before_it_sent_leaves_nothing_in_doubt(
    app: Flask, session: Session, mailbox: make.Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*args: int) -> None:
        raise OperationalError("INSERT", {}, Exception("server closed the connection"))

    message_to_ann()
    db.session.commit()
    with monkeypatch.context() as patched, pytest.raises(OperationalError):
        patched.setattr(outbox.writing, "record_attempt", stop)
        outbox.send_waiting()
    assert mailbox.accepted == []
    assert outbox.send_waiting().sent == 1
    assert unsettled_messages(app) == []


def test_a_mail_server_that_took_the_letter_and_did_not_answer_leaves_it_in_doubt(
    app: Flask, session: Session, mailbox: make.Mailbox
) -> None:
    mailbox.drop_after = 0
    row = message_to_ann()
    db.session.commit()
    assert outbox.send_waiting().unsettled == 1
    assert [each["message"] for each in unsettled_messages(app)] == [row.id]


def test_a_refusal_leaves_nothing_in_doubt(
    app: Flask, session: Session, mailbox: make.Mailbox
) -> None:
    mailbox.refuse["ann@example.org"] = "451 try again later"
    row = message_to_ann()
    db.session.commit()
    assert outbox.send_waiting().later == 1
    mailbox.refuse.clear()
    row.send_after = clock.now()
    db.session.commit()
    assert outbox.send_waiting().sent == 1
    assert unsettled_messages(app) == []


def test_a_letter_that_was_stopped_after_an_attempt_is_listed(
    app: Flask, session: Session, mailbox: make.Mailbox, send_and_lose_database: Callable[[], None]
) -> None:
    row = message_to_ann()
    send_and_lose_database()
    assert service.cancel_message(row.id, "no longer needed")
    db.session.commit()
    outbox.send_waiting()
    assert [(each["message"], each["now"]) for each in unsettled_messages(app)] == [
        (row.id, "it was stopped.")
    ]
