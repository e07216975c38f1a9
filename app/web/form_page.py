"""What sending a form or pressing a button does: the verb, the message, the next page.

Views use these two functions and never catch a rule's error themselves (tests/guards).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from flask import flash, redirect
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.core.fields import PageForm

Result = TypeVar("Result")


def submit(
    form: PageForm,
    verb: Callable[[], Result],
    *,
    target: str | Callable[[Result], str | Response],
    said: str | Callable[[Result], str] = "",
    faults: Callable[[], Iterable[DomainError]] = tuple,
) -> Response | None:
    """Carry out `verb` if `form` was sent and is valid. None: the view shows its form.

    target: the address to redirect to. A function gets what `verb` returned, and may also answer
    with a page, for what is shown once.
    said: the message that confirms it; empty for none.
    faults: further errors to show together with those of the form; with any, `verb` is not called.

    A rule that `verb` breaks is shown on the form, with what was typed. Raises the errors whose
    status is 404.
    """
    if not form.is_submitted():
        return None
    valid = form.validate()
    for fault in faults():
        valid = False
        if not (fault.field and fault.field in form and form[fault.field].errors):
            form.add_error(fault)
    if not valid:
        return None
    try:
        result = verb()
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return None
    return _done(result, target, said)


def press(
    verb: Callable[[], Result],
    *,
    target: str | Callable[[Result], str | Response],
    said: str | Callable[[Result], str] = "",
    refused: str | None = None,
) -> Response:
    """Carry out the `verb` of a button that stands on a page by itself.

    target, said: as for `submit`. refused: where a rule that `verb` breaks leads, with the rule's
    message; by default to `target`, which then is an address. Raises the errors whose status
    is 404.
    """
    try:
        result = verb()
    except DomainError as error:
        back = refused or target
        if error.status == 404 or not isinstance(back, str):
            raise
        flash(error.message, "problem")
        return redirect(back)
    return _done(result, target, said)


def _done(
    result: Result,
    target: str | Callable[[Result], str | Response],
    said: str | Callable[[Result], str],
) -> Response:
    words = said(result) if callable(said) else said
    if words:
        flash(words, "success")
    reply = target(result) if callable(target) else target
    return redirect(reply) if isinstance(reply, str) else reply
