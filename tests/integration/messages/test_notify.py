"""Sending through GOV.UK Notify, tested with a local stand-in that makes the same checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.changes import contact_ends
from app.core import clock, programme
from app.core.db import db
from app.messages import outbox
from app.messages.models import HandoverAttempt, Message
from app.messages.types import Attachment, Channel
from app.people.models import Person
from app.people.queries.contacts import find_contacts
from app.people.types import ContactKind
from tests.factories import messages as make
from tests.factories import notify as stand_in
from tests.factories import people

pytestmark = pytest.mark.usefixtures("letter")


@pytest.fixture
def notify(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> Iterator[stand_in.Notify]:
    """Give the application a key for Notify, and give the programme its templates."""
    current = programme.current()
    assert current is not None
    current.settings = current.settings | {"notify": stand_in.TEMPLATES}
    session.commit()
    with stand_in.notify() as service:
        settings = replace(app.config["SETTINGS"], notify_api_key=stand_in.KEY)
        monkeypatch.setitem(app.config, "SETTINGS", settings)
        monkeypatch.setitem(app.config, "NOTIFY_OPTIONS", {"base_url": service.url})
        yield service


def send() -> outbox.SendingSummary:
    """Send messages as the worker does."""
    db.session.commit()
    return outbox.send_waiting()


def test_an_email_is_sent_by_notify(session: Session, notify: stand_in.Notify) -> None:
    row = make.message("ann@example.org")
    assert send().sent == 1
    [sent] = notify.accepted
    assert sent["email_address"] == "ann@example.org"
    assert sent["personalisation"] == {
        "subject": "A message for you",
        "body": f"Hello Ann Smith.\n\n{make.FOOTER}\n",
    }
    session.refresh(row)
    assert row.provider_reference == sent["id"]
    assert row.text == f"Hello Ann Smith.\n\n{make.FOOTER}\n"


def test_a_text_message_is_sent_by_notify(
    session: Session, notify: stand_in.Notify, letter: Callable[..., None]
) -> None:
    letter("test-text", sms="Short, {{ name }}")
    make.message("+447700900111", letter="test-text", channel=Channel.SMS)
    assert send().sent == 1
    [sent] = notify.accepted
    assert (sent["phone_number"], sent["personalisation"]) == (
        "+447700900111",
        {"body": "Short, Ann Smith"},
    )


def test_a_letter_is_sent_by_notify_if_there_is_a_template(
    session: Session, notify: stand_in.Notify
) -> None:
    make.message("1 High Street\nDereham\nNR19 2AB", channel=Channel.POST)
    assert send().sent == 1
    [sent] = notify.accepted
    assert sent["personalisation"]["address_line_1"] == "Ann Smith"
    assert sent["personalisation"]["address_line_4"] == "NR19 2AB"


def test_phone_calls_always_wait_for_a_coordinator(
    session: Session, notify: stand_in.Notify
) -> None:
    make.message("01362 000000", channel=Channel.PHONE)
    assert send().sent == 0


def test_an_email_with_a_file_is_sent_by_smtp(
    session: Session,
    notify: stand_in.Notify,
    mailbox: make.Mailbox,
    letter: Callable[..., None],
) -> None:
    file = Attachment("day.ics", "text/calendar; method=REQUEST", b"BEGIN:VCALENDAR\r\n")
    letter("test-file", attachments=lambda context: (file,))
    make.message("ann@example.org", letter="test-file")
    assert send().sent == 1
    assert notify.accepted == []
    assert mailbox.addresses == ["ann@example.org"]


def test_a_bad_address_fails_permanently_and_blocks_no_other_message(
    session: Session, notify: stand_in.Notify
) -> None:
    bad, fine = make.message("nobody"), make.message("fine@example.org")
    summary = send()
    assert (summary.sent, summary.failed) == (1, 1)
    session.refresh(bad)
    assert bad.failed_at is not None
    assert "valid email address" in str(bad.last_error)
    assert [sent["email_address"] for sent in notify.accepted] == [fine.address]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failure_at_notify_is_retried(
    session: Session, notify: stand_in.Notify, status: int
) -> None:
    notify.next_answers = [stand_in.problem(status, "Exception", "Internal server error")]
    row = make.message()
    assert send().later == 1
    session.refresh(row)
    assert (row.attempts, row.failed_at) == (1, None)
    assert str(status) in str(row.last_error)


LIMITED = stand_in.problem(429, "RateLimitError", "Exceeded rate limit for key type LIVE")
NO_TEMPLATE = stand_in.problem(400, "BadRequestError", "Template not found")
TRIAL = stand_in.problem(
    400, "BadRequestError", "Can’t send to this recipient when service is in trial mode"
)
TEAM_KEY = stand_in.problem(
    400, "BadRequestError", "Can’t send to this recipient using a team-only API key"
)


@pytest.mark.parametrize("answer", [LIMITED, NO_TEMPLATE])
def test_a_failure_of_the_service_uses_no_attempt(
    session: Session, notify: stand_in.Notify, answer: tuple[int, dict[str, Any]]
) -> None:
    notify.next_answers = [answer]
    row, other = make.message(), make.message()
    summary = send()
    assert summary.down is not None
    assert (summary.sent, summary.failed, summary.later) == (0, 0, 0)
    for each in (row, other):
        session.refresh(each)
        assert (each.attempts, each.failed_at) == (0, None)


@pytest.mark.parametrize("answer", [TRIAL, TEAM_KEY])
def test_a_recipient_refused_in_trial_mode_blocks_no_other_message(
    session: Session, notify: stand_in.Notify, answer: tuple[int, dict[str, Any]]
) -> None:
    notify.next_answers = [answer]
    make.message()
    make.message()
    summary = send()
    assert (summary.sent, summary.later, summary.down) == (1, 1, None)


@pytest.mark.parametrize(
    "key",
    [
        f"a_key-{stand_in.SERVICE}-{stand_in.SERVICE}",  # another secret
        f"a_key-{stand_in.SECRET}-{stand_in.SECRET}",  # another service
    ],
)
def test_a_wrong_key_uses_no_attempt(
    app: Flask,
    session: Session,
    notify: stand_in.Notify,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], notify_api_key=key))
    row = make.message()
    assert "token" in str(send().down)
    session.refresh(row)
    assert (row.attempts, row.failed_at) == (0, None)


def test_a_lost_answer_is_resolved_by_the_reference(
    session: Session, notify: stand_in.Notify
) -> None:
    notify.die_after_accepting = True
    row = make.message()
    assert send().later == 1
    row.send_after = row.created_at
    assert send().sent == 1
    [sent] = notify.accepted  # once, though it was sent twice
    session.refresh(row)
    assert row.provider_reference == sent["id"]


def test_a_message_is_not_sent_again_after_a_worker_died_before_its_commit(
    session: Session, notify: stand_in.Notify
) -> None:
    row = make.message()
    send()
    session.refresh(row)
    row.sent_at = row.provider_reference = None
    assert send().sent == 1
    assert len(notify.accepted) == 1
    assert isinstance(row, Message)


def replace_address(person: Person) -> None:
    """Give the person another email address, as staff would."""
    on = clock.today()
    old = find_contacts(person.id, on)
    people.contact(person, ContactKind.EMAIL, "new@example.org")
    contact_ends.redirect_messages(person, contact_ends.end_contacts(old, on), on)


def test_an_attempt_by_a_worker_that_died_is_found_after_the_address_changed(
    session: Session, notify: stand_in.Notify
) -> None:
    person = people.person(email="old@example.org")
    row = make.message("old@example.org", person_id=person.id)
    send()
    session.refresh(row)
    row.sent_at = row.provider_reference = None
    row.attempts = 0
    replace_address(person)
    assert send().sent == 1
    assert len(notify.accepted) == 1


@pytest.mark.parametrize("undelivered", [False, True])
def test_a_message_for_another_address_is_not_taken_for_an_earlier_attempt(
    session: Session, notify: stand_in.Notify, undelivered: bool
) -> None:
    """The attempt at the old address was found by its reference, and counted as sent."""
    person = people.person(email="old@example.org")
    row = make.message("old@example.org", person_id=person.id)
    notify.die_after_accepting = True
    assert send().later == 1
    notify.die_after_accepting = False
    session.refresh(row)
    if undelivered:
        row.failed_at = clock.now()
    with db.engine.begin() as connection:  # deleting it here would block the next attempt
        connection.execute(delete(HandoverAttempt).where(HandoverAttempt.attempt <= row.attempts))
    replace_address(person)
    with clock.frozen(clock.now() + timedelta(days=1)):
        for _again in range(2):
            send()
    assert [sent["email_address"] for sent in notify.accepted] == [
        "old@example.org",
        "new@example.org",
    ]
