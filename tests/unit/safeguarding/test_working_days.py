"""Which days count as working days."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from app.core import clock
from app.safeguarding import working_days

HOLIDAYS = frozenset({date(2027, 3, 26), date(2027, 3, 29)})  # Good Friday and Easter Monday


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.LONDON)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2027-03-23T10:00", 1, "2027-03-24T10:00"),  # Tuesday
        ("2027-03-19T15:30", 1, "2027-03-22T15:30"),  # Friday, over the weekend
        ("2027-03-20T09:00", 1, "2027-03-23T00:00"),  # Saturday, so Monday is the first working day
        ("2027-03-25T16:00", 1, "2027-03-30T16:00"),  # before Easter
        ("2027-03-27T11:00", 1, "2027-03-31T00:00"),  # Easter Saturday
        ("2027-03-25T16:00", 2, "2027-03-31T16:00"),
        ("2027-03-25T16:00", 0, "2027-03-25T16:00"),
    ],
)
def test_weekends_and_bank_holidays_do_not_count(start: str, days: int, end: str) -> None:
    assert working_days.add_working_days(london(start), days, HOLIDAYS) == london(end)
