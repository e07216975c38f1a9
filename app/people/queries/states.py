"""SQL conditions for people's states. `app.people.state` has the same rules in Python."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, String, and_, case, func, literal, not_, or_, select

from app.core import clock, programme
from app.core.db import db
from app.core.in_force import in_force, is_current_or_future
from app.people.models import (
    Absence,
    ActivityConfirmation,
    ContactPoint,
    GeneralAnswer,
    Person,
    PersonContact,
    Suspension,
)
from app.people.safety.models import CallAttempt
from app.people.state import ACTIVE_MONTHS
from app.people.types import CallOutcome, ContactKind, PersonState, Source


def active_months(on: date) -> int:
    """Return how many months people count as active after we hear from them.

    The number comes from the settings in force on the given day.
    """
    return int(programme.setting_on_day("active_months", on, ACTIVE_MONTHS))


def must_confirm_email(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people who must confirm their email address.

    They registered themselves, and gave an email address.
    """
    return and_(
        Person.source == Source.SELF,
        select(PersonContact.id)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(
            PersonContact.person_id == Person.id,
            ContactPoint.kind == ContactKind.EMAIL,
            is_current_or_future(PersonContact, on),
        )
        .exists(),
    )


def _is_away(on: date) -> ColumnElement[bool]:
    return (
        select(Absence.id)
        .where(
            Absence.person_id == Person.id,
            in_force(Absence, on),
        )
        .exists()
    )


def is_paused_on(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people that staff have paused."""
    return (
        select(Suspension.id)
        .where(
            Suspension.person_id == Person.id,
            in_force(Suspension, on),
        )
        .exists()
    )


def suspension(person_id: int, on: date) -> Suspension | None:
    """Return a person's current or future suspension on a given day, or None."""
    return db.session.scalar(
        select(Suspension)
        .where(
            Suspension.person_id == person_id,
            is_current_or_future(Suspension, on),
            or_(Suspension.until_on.is_(None), Suspension.until_on >= Suspension.from_on),
        )
        .order_by(Suspension.from_on)
        .limit(1)
    )


def _was_heard_from(on: date) -> ColumnElement[bool]:
    return (
        select(ActivityConfirmation.id)
        .where(
            ActivityConfirmation.person_id == Person.id,
            ActivityConfirmation.on <= on,
            ActivityConfirmation.on >= on - relativedelta(months=active_months(on)),
        )
        .exists()
    )


def _have_calls_failed(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people we could not reach by phone.

    At least two calls on different days have failed since we last heard from the person.
    """
    heard_since = (
        select(ActivityConfirmation.id)
        .where(
            ActivityConfirmation.person_id == CallAttempt.person_id,
            ActivityConfirmation.on >= CallAttempt.on,
            ActivityConfirmation.on <= on,
        )
        .exists()
    )
    return Person.id.in_(
        select(CallAttempt.person_id)
        .where(
            CallAttempt.outcome == CallOutcome.NOT_REACHED,
            CallAttempt.hidden.is_(False),
            CallAttempt.on <= on,
            not_(heard_since),
        )
        .group_by(CallAttempt.person_id)
        .having(func.max(CallAttempt.on) > func.min(CallAttempt.on))  # two different days
    )


def _is_approved(on: date) -> ColumnElement[bool]:
    return and_(Person.approved_at.is_not(None), Person.approved_at < clock.end_of_day(on))


def is_active_on(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people who count as active on a given day.

    These people are approved, have not left, and are neither paused nor away. People stop counting
    as active if we have not heard from them within the active months and two calls have failed.
    """
    return and_(_is_available(on), or_(_was_heard_from(on), not_(_have_calls_failed(on))))


def is_not_confirmed_on(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for active people we have not heard from recently.

    "Recently" means within the active months.
    """
    return and_(_is_available(on), not_(_was_heard_from(on)), not_(_have_calls_failed(on)))


def was_heard_from_on(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for active people we have heard from within the active months."""
    return and_(_is_available(on), _was_heard_from(on))


def _is_available(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people in the network who are neither paused nor away."""
    return and_(
        _is_approved(on),
        or_(Person.left_on.is_(None), Person.left_on > on),
        not_(is_paused_on(on)),
        not_(_is_away(on)),
    )


def is_away_on(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for approved people who are away but not paused."""
    return and_(
        _is_approved(on),
        or_(Person.left_on.is_(None), Person.left_on > on),
        not_(is_paused_on(on)),
        _is_away(on),
    )


def is_out_of_touch_on(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people we have lost touch with.

    We have not heard from them within the active months, and two calls have failed. People who are
    not approved, have left, or are paused or away are excluded.
    """
    return and_(_is_available(on), not_(_was_heard_from(on)), _have_calls_failed(on))


def state_on(on: date) -> ColumnElement[str]:
    """Return the SQL expression for a person's state (PersonState) on a given day."""
    end = clock.end_of_day(on)
    confirmed = and_(Person.confirmed_at.is_not(None), Person.confirmed_at < end)
    declined = and_(Person.declined_at.is_not(None), Person.declined_at < end)

    def state_expression(state: PersonState) -> ColumnElement[str]:
        return literal(state.value, String)

    return case(
        (
            and_(Person.left_on.is_not(None), Person.left_on <= on),
            state_expression(PersonState.LEFT),
        ),
        (declined, state_expression(PersonState.DECLINED)),
        (
            and_(not_(_is_approved(on)), must_confirm_email(on), not_(confirmed)),
            state_expression(PersonState.UNCONFIRMED),
        ),
        (not_(_is_approved(on)), state_expression(PersonState.WAITING)),
        (is_paused_on(on), state_expression(PersonState.PAUSED)),
        (_is_away(on), state_expression(PersonState.AWAY)),
        (_was_heard_from(on), state_expression(PersonState.ACTIVE)),
        (_have_calls_failed(on), state_expression(PersonState.QUIET)),
        else_=state_expression(PersonState.NOT_CONFIRMED),
    )


def is_in_states(states: Iterable[PersonState], on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people in one of these states on a given day."""
    return state_on(on).in_([state.value for state in states])


def general_answer(person_id: int) -> GeneralAnswer | None:
    """Return a person's latest answer about being a general champion, or None."""
    return db.session.scalar(
        select(GeneralAnswer).where(
            GeneralAnswer.person_id == person_id, GeneralAnswer.until_on.is_(None)
        )
    )
