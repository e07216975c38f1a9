"""The commands `flask reminders …` and the morning run."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock, heartbeats
from app.reminders import morning
from tests.factories import messages as make_messages
from tests.factories.reminders import holder
from tests.integration.reminders.conftest import TODAY


def command(app: Flask, session: Session, *words: str) -> Any:
    """Run a command and return its JSON output."""
    session.commit()
    result = app.test_cli_runner().invoke(args=["reminders", *words, "--json"])
    assert result.exit_code == 0, result.output
    session.expire_all()
    return json.loads(result.stdout)


def test_a_preview_sends_nothing_and_a_second_run_sends_nothing_more(
    app: Flask, session: Session, mailbox: make_messages.Mailbox
) -> None:
    on = TODAY + timedelta(days=60)
    for number in range(3):
        holder(on + timedelta(days=30), email=f"to{number}@example.org")
    holder(on + timedelta(days=30), email=None, phone="+441362000000")
    found = command(app, session, "preview", "--on", on.isoformat())
    assert sorted(line["channel"] for line in found["due"]) == ["email"] * 3 + ["phone"]
    assert mailbox.accepted == []
    with clock.frozen(
        clock.london_instant(TODAY, time(23))
    ):  # a manual run ignores the quiet hours
        first = command(app, session, "run", "--on", on.isoformat())
        again = command(app, session, "run", "--on", on.isoformat())
    assert (first["letters"], first["by_hand"], first["sent"]) == (3, 1, 3)
    assert (again["letters"], again["sent"]) == (0, 0)
    assert sorted(mailbox.addresses) == [f"to{number}@example.org" for number in range(3)]
    assert command(app, session, "preview", "--on", on.isoformat())["due"] == []


def test_without_json_the_commands_print_sentences(
    app: Flask, session: Session, mailbox: make_messages.Mailbox
) -> None:
    holder(TODAY + timedelta(days=30))
    session.commit()
    runner = app.test_cli_runner()
    preview = runner.invoke(args=["reminders", "preview", "--on", TODAY.isoformat()])
    assert "1 reminder due, 2 skipped." in preview.stdout
    done = runner.invoke(args=["reminders", "run", "--on", TODAY.isoformat()])
    assert "1 reminder in 1 letter" in done.stdout
    assert "1 message sent" in done.stdout


def test_an_invalid_date_is_rejected(app: Flask, session: Session) -> None:
    result = app.test_cli_runner().invoke(args=["reminders", "run", "--on", "yesterday"])
    assert result.exit_code != 0
    assert result.stdout == ""
    assert "yesterday" in result.stderr


def test_letters_wait_without_a_mail_server(app: Flask, session: Session) -> None:
    holder(TODAY + timedelta(days=30))
    session.commit()
    result = app.test_cli_runner().invoke(
        args=["reminders", "run", "--on", TODAY.isoformat(), "--json"]
    )
    assert result.exit_code == 0
    assert "mail server" in result.stderr
    assert json.loads(result.stdout)["waiting"] == 1


@pytest.mark.parametrize(("hour", "runs"), [(7, False), (8, True), (14, True), (23, True)])
def test_the_morning_run_is_due_from_eight(session: Session, hour: int, runs: bool) -> None:
    holder(TODAY + timedelta(days=30))
    now = clock.london_instant(TODAY, time(hour))
    with clock.frozen(now):
        assert (morning.run_if_due(now) is not None) is runs


def test_the_morning_run_happens_once_a_day_and_is_recorded(session: Session) -> None:
    holder(TODAY + timedelta(days=30))
    now = clock.london_instant(TODAY, time(8))
    with clock.frozen(now):
        done = morning.run_if_due(now)
        assert done is not None
        assert done["letters"] == 1
        assert morning.run_if_due(now) is None
        beat = heartbeats.last_heartbeat("morning run")
        assert beat is not None
        assert (beat.at, beat.facts["on"], beat.facts["letters"]) == (now, "2027-03-01", 1)


@pytest.mark.parametrize(
    ("last", "now", "missed"),
    [
        (date(2027, 3, 1), time(12), False),
        (date(2027, 2, 28), time(8, 30), False),
        (date(2027, 2, 28), time(9, 30), True),
        (date(2027, 2, 20), time(7), True),
    ],
)
def test_a_missed_morning_run_is_detected(
    session: Session, last: date, now: time, missed: bool
) -> None:
    with clock.frozen(clock.london_instant(last, time(8))):
        morning.run_if_due(clock.now())
    assert morning.status(clock.london_instant(TODAY, now)).missed is missed


def test_nothing_is_missed_before_the_first_morning_run(session: Session) -> None:
    assert morning.status(clock.now()) == morning.MorningRunStatus(None, missed=False)
