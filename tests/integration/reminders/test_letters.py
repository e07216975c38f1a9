"""The text of reminders as sent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.certificates.types import DatePrecision
from app.messages.rendering import ProgrammeFacts, render
from app.messages.types import Channel
from app.reminders import letters
from app.reminders.types import DueReminder, KindFacts
from tests.addresses import at
from tests.integration.reminders.conftest import TODAY

KINDS = {1: KindFacts("MHFA two-day (Adult)", "MHFA England")}
RUN = {
    "name": "MHFA two-day (Adult)",
    "day": "27 March 2027",
    "venue": "Village Hall, Watton",
    "page": {"endpoint": "courses.run", "values": {"run_id": 5}},
}


def text(expires_on: date, *runs: dict[str, Any], has_account: bool = True) -> str:
    """Return the text of a letter about one certificate."""
    due = DueReminder(1, 1, 1, 30, expires_on, DatePrecision.DAY, TODAY, "email")
    context = letters.letter_context(
        [due], KINDS, letters.RenewalOptions({}, {1: runs}), TODAY, has_account=has_account
    )
    sent = render(
        letters.REMINDER, Channel.EMAIL, "Ann", context, ProgrammeFacts(name="Champion Network")
    )
    assert "<" not in sent.text
    assert "None" not in sent.html
    assert "\n\n\n" not in sent.text
    return sent.text


def test_a_reminder_names_the_certificate_the_body_and_the_last_day(
    app: Flask, session: Session
) -> None:
    letter = text(TODAY + timedelta(days=30), RUN)
    assert (
        "MHFA two-day (Adult) (MHFA England) is in date until 31 March 2027, in 30 days." in letter
    )
    assert f"http://127.0.0.1:5000{at('/courses/5')}" in letter
    assert "27 March 2027, Village Hall, Watton" in letter
    assert "They are free" in letter


def test_a_reminder_without_a_free_course_promises_a_call(app: Flask, session: Session) -> None:
    letter = text(TODAY + timedelta(days=31))
    assert "Somebody from the team will contact you to help you find one." in letter
    assert "/courses" not in letter


def test_a_reminder_after_expiry_says_that_the_certificate_has_expired(
    app: Flask, session: Session
) -> None:
    assert "expired on 28 February 2027." in text(TODAY - timedelta(days=1))


def test_people_without_an_account_get_no_sign_in_link(app: Flask, session: Session) -> None:
    assert "sign-in" not in text(TODAY, has_account=False)
    assert "sign-in" in text(TODAY)


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "today"), (1, "tomorrow"), (2, "in 2 days"), (-1, "yesterday"), (-3, "3 days ago")],
)
def test_days_are_described_in_words(days: int, words: str) -> None:
    assert letters.relative_day(TODAY + timedelta(days=days), TODAY) == words
