"""Each message is sent once, all over one connection, and a failure does not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core import clock, links
from app.core.clock import london_instant
from app.core.db import db
from app.messages import outbox
from app.messages.models import Message
from app.messages.types import NOBODY, Attachment, Channel
from tests.factories import messages as make

pytestmark = pytest.mark.usefixtures("letter")


def send(**how: Any) -> outbox.SendingSummary:
    """Commit, and send messages as the worker does."""
    db.session.commit()
    return outbox.send_waiting(**how)


def test_all_waiting_messages_are_sent_over_one_connection(
    session: Session, mailbox: make.Mailbox
) -> None:
    rows = [make.message() for _ in range(5)]
    summary = send()
    assert (summary.sent, summary.failed, summary.later) == (5, 0, 0)
    assert mailbox.addresses == [row.address for row in rows]
    assert mailbox.connections == 1
    assert send().sent == 0
    assert len(mailbox.accepted) == 5


def test_a_row_records_what_was_sent(session: Session, mailbox: make.Mailbox) -> None:
    row = make.message("ann@example.org")
    send()
    [(_, mail)] = mailbox.accepted
    session.refresh(row)
    assert row.subject == mail["Subject"] == "A message for you"
    assert row.text == f"Hello Ann Smith.\n\n{make.FOOTER}\n"
    assert row.sent_at is not None
    assert row.attempts == 1
    assert row.provider_reference is not None
    assert mail["Message-ID"].startswith(f"<{row.provider_reference}@")


def test_a_signed_link_is_sent_but_not_stored(
    app: Flask, session: Session, mailbox: make.Mailbox, letter: Callable[..., None]
) -> None:
    letter("test-link", text="Open {{ link }} or {{ page }}")
    link_id = links.create("sign-in", 5, timedelta(minutes=30))
    row = make.message(
        letter="test-link",
        context={
            "link": {
                "endpoint": "accounts.use_link",
                "purpose": "sign-in",
                "link_id": str(link_id),
            },
            "page": {"endpoint": "accounts.sign_in", "values": {"next": "/me"}},
        },
    )
    send()
    [(_, mail)] = mailbox.accepted
    body = mail.get_body(("plain",))
    assert body is not None
    address = f"{app.config['PUBLIC_URL']}/sign-in/link/{links.token('sign-in', link_id)}"
    assert address in body.get_content()
    session.refresh(row)
    assert (
        row.text == f"Open [link] or {app.config['PUBLIC_URL']}/sign-in?next=/me\n\n{make.FOOTER}\n"
    )
    assert links.token("sign-in", link_id) not in str(row.context)


def test_a_refused_address_fails_with_the_servers_codes_and_blocks_no_other_message(
    session: Session, mailbox: make.Mailbox
) -> None:
    mailbox.refuse["gone@example.org"] = "550 5.1.1 <gone@example.org>: no such user Ann Smith"
    refused, fine = make.message("gone@example.org"), make.message("fine@example.org")
    summary = send()
    assert (summary.sent, summary.failed) == (1, 1)
    session.refresh(refused)
    assert refused.failed_at is not None
    assert refused.sent_at is None
    assert refused.last_error == "550 5.1.1"
    assert mailbox.addresses == [fine.address]


def test_a_message_to_nobody_is_voided_and_not_sent(
    session: Session, mailbox: make.Mailbox
) -> None:
    row = make.message(NOBODY)
    assert send().voided == 1
    session.refresh(row)
    assert row.voided_at is not None and row.sent_at is None
    assert mailbox.accepted == []


def test_an_invalid_address_fails(session: Session, mailbox: make.Mailbox) -> None:
    broken = make.message("no address at all")
    assert send().failed == 1
    session.refresh(broken)
    assert "address" in str(broken.last_error)


def test_a_busy_server_is_retried_at_growing_intervals_up_to_eight_times(
    session: Session, mailbox: make.Mailbox
) -> None:
    mailbox.refuse["busy@example.org"] = "451 4.7.1 try again later"
    row = make.message("busy@example.org")
    intervals = []
    now = datetime.combine(date(2027, 3, 27), time(9), tzinfo=clock.LONDON)
    for _ in range(12):
        with clock.frozen(now):
            summary = send()
        session.refresh(row)
        if row.failed_at:
            assert summary.failed == 1
            break
        assert summary.later == 1
        intervals.append(row.send_after - now)
        now = row.send_after
    assert row.attempts == 8
    assert intervals == sorted(intervals)
    assert intervals[0] == timedelta(minutes=1)
    assert len(intervals) == 7


def test_a_retry_of_a_letter_that_can_wait_keeps_quiet_hours(
    session: Session, mailbox: make.Mailbox, letter: Callable[..., None]
) -> None:
    letter("test-slow", can_wait=True)
    mailbox.refuse["busy@example.org"] = "451 try again later"
    with clock.frozen(london_instant(date(2027, 3, 27), time(19, 59, 30))):
        row = make.message("busy@example.org", letter="test-slow")
        send()
    session.refresh(row)
    assert row.send_after == london_instant(date(2027, 3, 28), time(8))


def test_only_urgent_letters_are_sent_at_night(
    session: Session, mailbox: make.Mailbox, letter: Callable[..., None]
) -> None:
    letter("test-slow", can_wait=True)
    with clock.frozen(london_instant(date(2027, 3, 27), time(19, 59))):
        slow = make.message(letter="test-slow")
        quick = make.message()
    with clock.frozen(london_instant(date(2027, 3, 27), time(23))):
        assert send().sent == 1
        assert mailbox.addresses == [quick.address]
        assert send(at_once=True, only=[slow.id]).sent == 1


def test_a_letter_that_cannot_be_rendered_blocks_no_other_message(
    session: Session, mailbox: make.Mailbox, letter: Callable[..., None]
) -> None:
    letter("test-broken", text="{{ missing_from_the_context }}")
    broken, fine = make.message(letter="test-broken"), make.message()
    summary = send()
    assert (summary.sent, summary.later) == (1, 1)
    session.refresh(broken)
    assert broken.sent_at is None
    assert "missing_from_the_context" in str(broken.last_error)
    assert mailbox.addresses == [fine.address]


def test_an_attachment_that_breaks_the_transaction_blocks_no_other_message(
    session: Session, mailbox: make.Mailbox, letter: Callable[..., None]
) -> None:
    def fail_in_database(context: dict[str, Any]) -> tuple[Attachment, ...]:
        session.execute(select(Message.id / 0))
        return ()

    letter("test-file", attachments=fail_in_database)
    make.message()
    broken = make.message(letter="test-file")
    make.message()
    summary = send()
    assert (summary.sent, summary.later) == (2, 1)
    session.refresh(broken)
    assert broken.attempts == 1


def test_an_objection_voids_the_message_before_sending(
    session: Session, mailbox: make.Mailbox, letter: Callable[..., None]
) -> None:
    letter("test-doubt", objection=lambda message_id, context: context["why"])
    row = make.message(letter="test-doubt", context={"why": "renewed"})
    fine = make.message(letter="test-doubt", context={"why": None})
    summary = send()
    assert (summary.sent, summary.voided) == (1, 1)
    session.refresh(row)
    assert row.void_reason == "renewed"
    assert mailbox.addresses == [fine.address]


def test_without_a_mail_server_messages_wait_and_use_no_attempt(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_URL", "smtp://127.0.0.1:9")
    row = make.message()
    summary = send()
    assert summary.down is not None
    assert "mail server" in summary.down
    session.refresh(row)
    assert (row.attempts, row.failed_at, row.sent_at) == (0, None, None)


def test_a_broken_connection_is_opened_again(session: Session, mailbox: make.Mailbox) -> None:
    rows = [make.message() for _ in range(4)]
    mailbox.drop_after = 2
    summary = send()
    assert (summary.sent, summary.later) == (3, 1)
    assert mailbox.connections == 2
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        assert send().sent == 1
    assert sorted(mailbox.addresses) == sorted(row.address for row in rows)


def test_a_repeat_has_the_same_message_id(session: Session, mailbox: make.Mailbox) -> None:
    row = make.message()
    send()
    row.sent_at = None  # as if the worker had died between "accepted" and its commit
    session.commit()
    send()
    first, second = (mail["Message-ID"] for _, mail in mailbox.accepted)
    assert first == second


def test_calls_and_letters_wait_for_a_coordinator(session: Session, mailbox: make.Mailbox) -> None:
    make.message("01362 000000", channel=Channel.PHONE)
    make.message("1 High Street\nDereham\nNR19 2AB", channel=Channel.POST)
    assert send().sent == 0


def test_outside_production_a_text_message_stays_on_this_machine(
    session: Session, letter: Callable[..., None]
) -> None:
    letter("test-text", sms="Short: {{ name }}")
    row = make.message("+447700900111", letter="test-text", channel=Channel.SMS)
    assert send().sent == 1
    session.refresh(row)
    assert row.text == "Short: Ann Smith"


def test_sending_stops_when_its_time_is_up(session: Session, mailbox: make.Mailbox) -> None:
    make.message()
    summary = send(seconds=0)
    assert summary.more
    assert mailbox.accepted == []


def test_a_failure_of_the_database_uses_no_attempt(
    app: Flask, session: Session, mailbox: make.Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is lost after the mail server has accepted the message."""
    row = make.message("ann@example.org")
    db.session.commit()
    sent = outbox.Carriers.send

    def send_and_lose_the_database(self: Any, *args: Any) -> str:
        sent(self, *args)
        raise OperationalError("COMMIT", {}, Exception("server closed the connection"))

    with monkeypatch.context() as patched:
        patched.setattr(outbox.Carriers, "send", send_and_lose_the_database)
        with pytest.raises(OperationalError):
            outbox.send_waiting()
    session.refresh(row)
    assert (row.attempts, row.last_error, row.sent_at) == (0, None, None)
    assert send().sent == 1
    first, second = (mail for _, mail in mailbox.accepted)
    assert first["Message-ID"] == second["Message-ID"]


def test_results_count_what_other_workers_sent(session: Session, mailbox: make.Mailbox) -> None:
    rows = [make.message() for _ in range(3)]
    send(only=[rows[0].id])
    rows[1].voided_at = clock.now()
    assert outbox.count_results([row.id for row in rows]) == {
        "sent": 1,
        "failed": 0,
        "voided": 1,
        "waiting": 1,
    }
