"""Handle submitted forms and buttons: call a service, show a message and redirect.

Views use these functions and do not catch the errors of services themselves (tests/guards).
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
    action: Callable[[], Result],
    *,
    target: str | Callable[[Result], str | Response],
    message: str | Callable[[Result], str] = "",
    more_errors: Callable[[], Iterable[DomainError]] = tuple,
) -> Response | None:
    """Call `action` if `form` was submitted and is valid.

    Returns None if the view must show the form. `target` is the URL to redirect to, or a function
    that takes the result of `action` and returns a URL or a response. `message` is the confirmation
    message. `more_errors` returns additional errors. If there are any, `action` is not called.

    If `action` raises a DomainError, the form is shown with its message and the submitted values.
    Errors with status 404 are not caught.
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
        result = action()
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return None
    return _finish(result, target, message)


def press(
    action: Callable[[], Result],
    *,
    target: str | Callable[[Result], str | Response],
    message: str | Callable[[Result], str] = "",
    error_target: str | None = None,
) -> Response:
    """Call `action` for a button that is not part of a form.

    `target` and `message` are the same as in `submit`. If `action` raises a DomainError, its
    message is shown on the page `error_target`, by default `target`, which must then be a URL.
    Errors with status 404 are not caught.
    """
    try:
        result = action()
    except DomainError as error:
        error_page = error_target or target
        if error.status == 404 or not isinstance(error_page, str):
            raise
        flash(error.message, "problem")
        return redirect(error_page)
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
