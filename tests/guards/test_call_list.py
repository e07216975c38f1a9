"""A letter that staff may have to pass on by phone leaves the call list when its reason has passed.

A room registers the SQL condition for its letters as `registry.obsolete_messages`. Without a
condition that names it, a letter would stay on the list for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    Case,
    ClauseElement,
    ColumnElement,
    Exists,
    False_,
    Select,
    and_,
    exists,
    false,
    not_,
    or_,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BooleanClauseList, Grouping
from sqlalchemy.sql.visitors import iterate

from app.changes import queries as changes
from app.core import registry
from app.courses.models import CourseRun
from app.messages.letters import LETTERS
from app.messages.queries import id_in_context, is_letter, is_superseded_by
from app.messages.types import Letter

# These letters never become calls. Their reasons are checked below.
NEVER_CALLED = {
    "draft-saved": "goes to an email address that somebody typed, not to a person",
    "draft-missing": "goes to an email address that somebody typed, not to a person",
    "held-places-changed": "goes to a user",
    "held-places-cancelled": "goes to a user",
    "list-downloaded": "goes to users",
    "safeguarding-waits": "goes to users",
}
# These letters stay until staff have passed them on.
ALWAYS_NEEDED = {"something-changed": "somebody else may have changed the details"}

Condition = Callable[[date], ColumnElement[bool]]


NO, UNKNOWN, NAMED = range(3)  # can a condition be true, and does it name the letter?


def letters_without_condition(
    letters: Iterable[Letter], conditions: Iterable[Condition]
) -> set[str]:
    """Return the names of letters that may become calls but have no condition.

    Letters with a fixed address never become calls (see `Letter`).
    """
    elements = [condition(date(2027, 3, 1)) for condition in conditions]
    return {
        each.name
        for each in letters
        if not each.fixed_address
        and each.name not in NEVER_CALLED
        and each.name not in ALWAYS_NEEDED
        and not any(how_condition_names(condition, each.name) == NAMED for condition in elements)
    }


def how_condition_names(element: ClauseElement, letter: str) -> int:
    """Return whether a condition on messages can be true and names the letter of the message.

    It names the letter if it compares the column `messages.letter` with it. Comparisons with the
    letter of another message, and conditions that are negated, do not count.
    """
    if isinstance(element, Grouping):
        return how_condition_names(element.element, letter)
    if isinstance(element, BooleanClauseList):
        parts = [how_condition_names(each, letter) for each in element.clauses]
        return NO if element.operator is operators.and_ and NO in parts else max(parts)
    if isinstance(element, Exists):
        where = next(each.whereclause for each in iterate(element) if isinstance(each, Select))
        return UNKNOWN if where is None else how_condition_names(where, letter)
    if isinstance(element, BinaryExpression):
        return _how_comparison_names(element, letter)
    return NO if isinstance(element, False_) else UNKNOWN


def _how_comparison_names(element: BinaryExpression[Any], letter: str) -> int:
    if str(element.left) == "messages.letter" and isinstance(element.right, BindParameter):
        if element.operator not in (operators.eq, operators.in_op):
            return UNKNOWN
        names = element.right.effective_value
        return NAMED if letter in ([names] if isinstance(names, str) else names) else NO
    for side in (element.left, element.right):  # a column of a CASE that is NULL for other letters
        if isinstance(side, Case) and side.else_ is None:
            return max(how_condition_names(condition, letter) for condition, _value in side.whens)
    return UNKNOWN


def test_every_letter_that_may_become_a_call_has_a_condition(app: Flask) -> None:
    with app.app_context():
        assert letters_without_condition(LETTERS.values(), registry.obsolete_messages) == set()


def test_a_letter_without_a_condition_is_found(app: Flask) -> None:
    letters = [*LETTERS.values(), Letter("planted", "Tell them something")]
    with app.app_context():
        assert letters_without_condition(letters, registry.obsolete_messages) == {"planted"}


def test_a_missing_condition_is_found(app: Flask) -> None:
    """First the condition for calls about delayed changes is missing, then all conditions."""
    others: list[Any] = [
        each for each in registry.obsolete_messages if each != changes.is_obsolete_message
    ]
    none: list[Condition] = [lambda on: false()]
    with app.app_context():
        assert letters_without_condition(LETTERS.values(), others) == {
            changes.REQUEST_LETTER,
            changes.CALL_LETTER,
        }
        found = letters_without_condition(LETTERS.values(), none)
    assert {"reminder", "run-changed", "approved", "still-here-call"} <= found


def test_a_letter_that_is_only_named_for_another_message_is_found(app: Flask) -> None:
    """Previously, a mere mention of its name counted, so a letter that replaces others passed."""
    recorded, corrected = LETTERS["training-recorded"], LETTERS["training-corrected"]
    one = and_(is_letter(recorded.name), is_superseded_by(corrected.name))
    run = exists().where(CourseRun.id == id_in_context("run_id", corrected.name))
    for condition in (one, or_(one, not_(is_letter(corrected.name))), or_(one, not_(run))):
        assert letters_without_condition([recorded, corrected], [lambda on, it=condition: it]) == {
            corrected.name
        }
    both = or_(one, run)
    assert letters_without_condition([recorded, corrected], [lambda on: both]) == set()


def test_the_exceptions_are_letters(app: Flask) -> None:
    assert set(LETTERS) >= NEVER_CALLED.keys() | ALWAYS_NEEDED.keys()
    assert {each.name for each in LETTERS.values() if each.reports_change} == set(ALWAYS_NEEDED)
    assert all(LETTERS[each].even_if_silent for each in NEVER_CALLED)
