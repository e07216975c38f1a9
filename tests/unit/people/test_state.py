"""A person's state on a given day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.people.state import StateFacts, state_on, was_heard_from
from app.people.types import PersonState

ON = date(2027, 3, 27)
APPROVED = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (StateFacts(must_confirm_email=True), PersonState.UNCONFIRMED),
        (
            StateFacts(must_confirm_email=True, confirmed_on=date(2027, 3, 28)),
            PersonState.UNCONFIRMED,
        ),
        (StateFacts(must_confirm_email=True, confirmed_on=ON), PersonState.WAITING),
        (StateFacts(must_confirm_email=False), PersonState.WAITING),
        (StateFacts(must_confirm_email=False, approved_on=date(2027, 3, 28)), PersonState.WAITING),
        (StateFacts(must_confirm_email=True, declined_on=ON), PersonState.DECLINED),
        (
            StateFacts(must_confirm_email=False, approved_on=ON, activity_confirmations=[ON]),
            PersonState.ACTIVE,
        ),
        (StateFacts(must_confirm_email=False, approved_on=APPROVED), PersonState.NOT_CONFIRMED),
        (
            StateFacts(
                must_confirm_email=False,
                approved_on=APPROVED,
                activity_confirmations=[date(2026, 3, 27)],
            ),
            PersonState.ACTIVE,
        ),
        (
            StateFacts(
                must_confirm_email=False,
                approved_on=APPROVED,
                activity_confirmations=[date(2026, 3, 26)],
            ),
            PersonState.NOT_CONFIRMED,
        ),
        (
            StateFacts(
                must_confirm_email=False,
                approved_on=APPROVED,
                activity_confirmations=[date(2027, 3, 28)],
            ),
            PersonState.NOT_CONFIRMED,
        ),
        (
            StateFacts(False, None, APPROVED, activity_confirmations=[ON], absences=[(ON, None)]),
            PersonState.AWAY,
        ),
        (
            StateFacts(
                False,
                None,
                APPROVED,
                activity_confirmations=[ON],
                absences=[(APPROVED, date(2027, 3, 26))],
            ),
            PersonState.ACTIVE,
        ),
        (
            StateFacts(False, None, APPROVED, left_on=ON, activity_confirmations=[ON]),
            PersonState.LEFT,
        ),
        (
            StateFacts(
                False, None, APPROVED, left_on=date(2027, 3, 28), activity_confirmations=[ON]
            ),
            PersonState.ACTIVE,
        ),
        (StateFacts(must_confirm_email=True, left_on=ON), PersonState.LEFT),
    ],
)
def test_the_state_of_a_person_on_a_day(facts: StateFacts, state: PersonState) -> None:
    assert state_on(facts, ON) is state


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2027, 3, 27), 12, date(2026, 3, 27)),
        (date(2028, 2, 29), 12, date(2027, 2, 28)),
        (date(2027, 3, 31), 1, date(2027, 2, 28)),
        (date(2027, 1, 15), 1, date(2026, 12, 15)),
        (date(2027, 12, 15), 12, date(2026, 12, 15)),
    ],
)
def test_active_months_start_on_the_same_day_of_an_earlier_month(
    day: date, months: int, before: date
) -> None:
    too_early = before - timedelta(days=1)
    assert was_heard_from(StateFacts(False, activity_confirmations=[before]), day, months)
    assert not was_heard_from(StateFacts(False, activity_confirmations=[too_early]), day, months)


@pytest.mark.parametrize(
    ("heard", "failed", "state"),
    [
        ([], [date(2027, 3, 1), date(2027, 3, 2)], PersonState.QUIET),
        ([], [date(2027, 3, 1), date(2027, 3, 1)], PersonState.NOT_CONFIRMED),
        ([], [date(2027, 3, 1), date(2027, 3, 28)], PersonState.NOT_CONFIRMED),
        ([date(2026, 2, 1)], [date(2026, 2, 1), date(2026, 2, 2)], PersonState.NOT_CONFIRMED),
        ([date(2026, 2, 1)], [date(2026, 2, 2), date(2026, 2, 3)], PersonState.QUIET),
        ([date(2027, 3, 3)], [date(2027, 3, 4), date(2027, 3, 5)], PersonState.ACTIVE),
    ],
)
def test_two_failed_calls_end_the_counting(
    heard: list[date], failed: list[date], state: PersonState
) -> None:
    facts = StateFacts(False, None, APPROVED, activity_confirmations=heard, failed_calls=failed)
    assert state_on(facts, ON) is state
