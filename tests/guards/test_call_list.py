"""Each letter that staff may have to pass on by phone leaves the call list when its reason passes.

A room registers the SQL condition for its letters as `registry.obsolete_messages`. A letter that no
condition names would stay on the list for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, false
from sqlalchemy.dialects import postgresql

from app.changes import queries as changes
from app.core import registry
from app.messages.letters import LETTERS
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


def without_condition(letters: Iterable[Letter], conditions: Iterable[Condition]) -> set[str]:
    """Return the names of letters that may become calls and that no condition names.

    Letters with a fixed address never become calls (see `Letter`).
    """
    texts = [
        str(
            condition(date(2027, 3, 1)).compile(
                dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
            )
        )
        for condition in conditions
    ]
    return {
        each.name
        for each in letters
        if not each.fixed_address
        and each.name not in NEVER_CALLED
        and each.name not in ALWAYS_NEEDED
        and not any(f"'{each.name}'" in text for text in texts)
    }


def test_every_letter_that_may_become_a_call_has_a_condition(app: Flask) -> None:
    with app.app_context():
        assert without_condition(LETTERS.values(), registry.obsolete_messages) == set()


def test_a_letter_without_a_condition_is_found(app: Flask) -> None:
    letters = [*LETTERS.values(), Letter("planted", "Tell them something")]
    with app.app_context():
        assert without_condition(letters, registry.obsolete_messages) == {"planted"}


def test_a_missing_condition_is_found(app: Flask) -> None:
    """Calls about loosening a protection have a condition of their own."""
    others: list[Any] = [
        each for each in registry.obsolete_messages if each != changes.is_obsolete_message
    ]
    none: list[Condition] = [lambda on: false()]
    with app.app_context():
        assert without_condition(LETTERS.values(), others) == {changes.ASKED, changes.CALL}
        found = without_condition(LETTERS.values(), none)
    assert {"reminder", "run-changed", "approved", "still-here-call"} <= found


def test_the_exceptions_are_letters() -> None:
    assert set(LETTERS) >= NEVER_CALLED.keys() | ALWAYS_NEEDED.keys()
    assert {each.name for each in LETTERS.values() if each.reports_change} == set(ALWAYS_NEEDED)
    assert all(LETTERS[each].even_if_silent for each in NEVER_CALLED)
