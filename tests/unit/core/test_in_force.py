"""Whether a row is in force on a day, as an SQL condition and for a loaded row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql

from app.core.in_force import in_force, is_current_or_future, is_in_force, is_over
from app.people.models import Membership

FIRST, LAST = date(2027, 3, 1), date(2027, 3, 10)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """A row with a first and a last day."""

    from_on: date
    until_on: date | None


@pytest.mark.parametrize(
    ("on", "over", "counts"),
    [
        (FIRST - ONE_DAY, False, False),
        (FIRST, False, True),
        (LAST, False, True),
        (LAST + ONE_DAY, True, False),
    ],
)
def test_first_and_last_day_count(on: date, over: bool, counts: bool) -> None:
    period = Period(FIRST, LAST)
    assert (is_over(period, on), is_in_force(period, on)) == (over, counts)


def test_an_open_row_never_ends() -> None:
    assert is_in_force(Period(FIRST, None), date.max)
    assert not is_over(Period(FIRST, None), date.max)


def test_a_row_closed_before_its_first_day_never_counted() -> None:
    never = Period(FIRST, FIRST - ONE_DAY)
    assert not any(is_in_force(never, on) for on in (FIRST - ONE_DAY, FIRST, FIRST + ONE_DAY))


def _sql(condition: ColumnElement[bool]) -> str:
    return str(
        condition.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    )


def test_the_sql_condition_agrees() -> None:
    ends = "memberships.until_on IS NULL OR memberships.until_on >= '2027-03-01'"
    assert _sql(is_current_or_future(Membership, FIRST)) == ends
    assert _sql(in_force(Membership, FIRST)) == f"memberships.from_on <= '2027-03-01' AND ({ends})"
