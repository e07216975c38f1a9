"""Handles submitted forms and pressed buttons: carries out the verb, shows a message and redirects.

Views use these two functions and never catch a rule's error themselves (tests/guards).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from flask import flash, redirect
from werkzeug.wrappers import Response

from app.core.errors import DomainError
from app.web.fields import PageForm

Result = TypeVar("Result")


def submit(
    form: PageForm,
    verb: Callable[[], Result],
    *,
    target: str | Callable[[Result], str | Response],
    message: str | Callable[[Result], str] = "",
    more_errors: Callable[[], Iterable[DomainError]] = tuple,
) -> Response | None:
    """Carry out `verb` if `form` was sent and is valid.

    Returns None if the view must show its form. `target` is the URL to redirect to. It may be a
    function that receives the result of `verb` and returns the URL or, for a page that is shown
    only once, the response. `message` is the confirmation message, if any. `more_errors` returns
    further errors to show with those of the form. If there are any, `verb` is not called.

    When `verb` breaks a rule, the form shows the rule's message and keeps what was typed. Errors
    with status 404 are raised.
    """
    if not form.is_submitted():
        return None
    valid = form.validate()
    for error in more_errors():
        valid = False
        if not (error.field and error.field in form and form[error.field].errors):
            form.add_error(error)
    if not valid:
        return None
    try:
        result = verb()
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return None
    return _finish(result, target, message)


def press(
    verb: Callable[[], Result],
    *,
    target: str | Callable[[Result], str | Response],
    message: str | Callable[[Result], str] = "",
    error_target: str | None = None,
) -> Response:
    """Carry out the `verb` of a button that is not part of a form.

    `target` and `message` are as for `submit`. If `verb` breaks a rule, the rule's message is shown
    at the URL `error_target`. It defaults to `target`, which must then be a URL. Errors with status
    404 are raised.
    """
    try:
        result = verb()
    except DomainError as error:
        back = error_target or target
        if error.status == 404 or not isinstance(back, str):
            raise
        flash(error.message, "problem")
        return redirect(back)
    return _finish(result, target, message)


def _finish(
    result: Result,
    target: str | Callable[[Result], str | Response],
    message: str | Callable[[Result], str],
) -> Response:
    text = message(result) if callable(message) else message
    if text:
        flash(text, "success")
    reply = target(result) if callable(target) else target
    return redirect(reply) if isinstance(reply, str) else reply
