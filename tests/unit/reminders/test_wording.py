"""Wording for the stored reasons why a reminder was not sent."""

from __future__ import annotations

from app.reminders.types import BOOKING_CHANGED, EXPIRY_CHANGED, REISSUED, SkipReason
from app.reminders.wording import REASONS, reason_in_words


def test_every_stored_reason_has_wording() -> None:
    assert set(REASONS) == {
        *(reason.value for reason in SkipReason),
        EXPIRY_CHANGED,
        REISSUED,
        BOOKING_CHANGED,
    }


def test_an_unknown_reason_is_shown_as_stored() -> None:
    assert reason_in_words("a reason from an older version") == "a reason from an older version"
