"""After an older dump is restored, no letter that has since been sent is sent again unnoticed."""

from __future__ import annotations

from datetime import date, time

from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy.orm import Session

from app.core import clock, heartbeats
from app.core.db import db
from app.messages import outbox, restoring
from app.messages.models import Message
from app.reminders import morning
from tests.factories import messages as make
from tests.factories.reminders import holder

DUMPED = date(2027, 3, 1)
RESTORED = date(2027, 3, 10)
LAST_DAY = date(2027, 3, 31)  # the 30-day step is due on the day of the dump


def run_command(app: Flask) -> str:
    """Run the command, and return what it prints."""
    done = app.test_cli_runner().invoke(args=["messages", "restored"])
    assert done.exit_code == 0, done.output
    return done.output


def pretend_a_letter_was_sent_after_the_dump(app: Flask) -> None:
    """Record a later attempt in Valkey than in the database."""
    with Redis.from_url(app.config["REDIS_URL"]) as valkey:
        valkey.set(restoring._key(), 10**9)


def test_a_restored_database_sends_nothing_until_the_command_has_run(
    app: Flask, session: Session, client: FlaskClient, mailbox: make.Mailbox
) -> None:
    ann = holder(LAST_DAY, email="ann@example.org")
    row = make.message("ann@example.org", letter="declined", person_id=ann.id)
    message = make.message("bob@example.org", letter="registration-confirm")
    db.session.commit()
    pretend_a_letter_was_sent_after_the_dump(app)
    summary = outbox.send_waiting(only=[row.id])
    assert summary.sent == 0
    assert "flask messages restored" in str(summary.down)
    assert client.get("/readyz").get_json()["messages"] == {"ok": False}
    assert "We do not know whether 2 letters were sent." in run_command(app)
    session.expire_all()
    assert row.is_in_doubt
    assert (message.unsettled_at is not None, message.failed_at) == (True, None)
    assert outbox.send_waiting(only=[row.id]) == outbox.SendingSummary()
    assert client.get("/readyz").get_json()["messages"] == {"ok": True}
    assert mailbox.accepted == []


def test_reminders_of_the_lost_days_are_listed_and_not_sent_again(
    app: Flask, session: Session, mailbox: make.Mailbox
) -> None:
    ann = holder(LAST_DAY, email="ann@example.org")
    ann.approved_at = clock.start_of_day(DUMPED)  # too recent for the yearly question
    with clock.frozen(clock.london_instant(DUMPED, time(7))):
        heartbeats.record_heartbeat("worker")
    with clock.frozen(clock.london_instant(RESTORED, time(12))):
        assert "We do not know whether 1 letter was sent." in run_command(app)
        morning.run_if_due(clock.now())
        db.session.commit()
        assert outbox.send_waiting().sent == 0
        [reminder] = session.query(Message).filter_by(person_id=ann.id, letter="reminder").all()
        assert reminder.is_in_doubt
    with clock.frozen(clock.london_instant(date(2027, 3, 24), time(9))):  # the 7-day step
        morning.run_if_due(clock.now())
        db.session.commit()
        assert outbox.send_waiting().sent == 1
    assert mailbox.addresses == ["ann@example.org"]


def test_an_ordinary_database_is_not_taken_for_a_restored_one(
    session: Session, mailbox: make.Mailbox
) -> None:
    ann = holder(LAST_DAY, email="ann@example.org")
    for _number in range(3):
        make.message("ann@example.org", letter="registration-confirm", person_id=ann.id)
        db.session.commit()
        assert not restoring.is_database_outdated()
        outbox.send_waiting(seconds=0.01)
    assert not restoring.is_database_outdated()
