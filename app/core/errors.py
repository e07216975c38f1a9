"""Errors that rules raise. Each has a message for the user and can name a form field."""

from __future__ import annotations

from flask_babel import gettext as _


class DomainError(Exception):
    """An error that the user can understand and correct.

    The message is shown next to `field`, or above the form if there is no field.
    """

    status = 422

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(DomainError):
    """The input is not valid."""


class NotFound(DomainError):
    """The row does not exist, or the actor is not allowed to see it.

    The response is the same in both cases.
    """

    status = 404

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or _("Page not found"))


class Conflict(DomainError):
    """The request is not possible in the current state, for example because a course is full."""

    status = 409


class TooManyAttempts(DomainError):
    """The user has made too many attempts.

    The message says how long to wait. `retry_after` is the number of seconds to wait, if it is
    known.
    """

    status = 429
    retry_after: int | None = None


class Busy(DomainError):
    """The site is too busy to handle the request now. The user can try again later."""

    status = 503
