"""Derive a person's state on a given day from dates, without Flask or the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta

from app.people.types import PersonState

ACTIVE_MONTHS = 12  # unless the programme says otherwise
FAILED_CALLS = 2  # on different days
# The states of people who count as active.
COUNTED_STATES = frozenset({PersonState.ACTIVE, PersonState.NOT_CONFIRMED})


@dataclass(frozen=True)
class StateFacts:
    """The dates that determine a person's state. All dates are in London time.

    ``must_confirm_email`` is whether the person must confirm the email address on their
    registration. ``absences`` and ``pauses`` contain pairs of the first and last day. The last day
    can be None. ``activity_confirmations`` contains the days when we heard from the person.
    ``failed_calls`` contains the days when we called but could not reach the person.
    """

    must_confirm_email: bool
    confirmed_on: date | None = None
    approved_on: date | None = None
    declined_on: date | None = None
    left_on: date | None = None
    absences: Sequence[tuple[date, date | None]] = ()
    pauses: Sequence[tuple[date, date | None]] = ()
    activity_confirmations: Sequence[date] = ()
    failed_calls: Sequence[date] = ()


def _has_happened_by(happened: date | None, on: date) -> bool:
    return happened is not None and happened <= on


def is_away(facts: StateFacts, on: date) -> bool:
    """Return whether the person is away on a given day."""
    return _is_covered(facts.absences, on)


def is_paused(facts: StateFacts, on: date) -> bool:
    """Return whether staff have paused the person on a given day."""
    return _is_covered(facts.pauses, on)


def _is_covered(spans: Sequence[tuple[date, date | None]], on: date) -> bool:
    return any(first <= on and (last is None or on <= last) for first, last in spans)


def was_heard_from(facts: StateFacts, on: date, active_months: int) -> bool:
    """Return whether we heard from the person in the last `active_months` months."""
    since = on - relativedelta(months=active_months)
    return any(since <= confirmation <= on for confirmation in facts.activity_confirmations)


def have_calls_failed(facts: StateFacts, on: date) -> bool:
    """Return whether calls on two different days have failed since we last heard from the person.

    A failed call does not count if we also heard from the person on the same day.
    """
    heard = max((each for each in facts.activity_confirmations if each <= on), default=date.min)
    return len({each for each in facts.failed_calls if heard < each <= on}) >= FAILED_CALLS


def state_on(facts: StateFacts, on: date, active_months: int = ACTIVE_MONTHS) -> PersonState:
    """Return the state on a given day. `app.people.queries.state_on` is the same rule in SQL."""
    if _has_happened_by(facts.left_on, on):
        return PersonState.LEFT
    if _has_happened_by(facts.declined_on, on):
        return PersonState.DECLINED
    if not _has_happened_by(facts.approved_on, on):
        is_confirmed = not facts.must_confirm_email or _has_happened_by(facts.confirmed_on, on)
        return PersonState.WAITING if is_confirmed else PersonState.UNCONFIRMED
    if is_paused(facts, on):
        return PersonState.PAUSED
    if is_away(facts, on):
        return PersonState.AWAY
    if was_heard_from(facts, on, active_months):
        return PersonState.ACTIVE
    return PersonState.QUIET if have_calls_failed(facts, on) else PersonState.NOT_CONFIRMED
