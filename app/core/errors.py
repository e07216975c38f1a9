"""Errors that rules raise. Each has a sentence for the user and may name the field at fault."""

from __future__ import annotations

from flask_babel import gettext as _


class DomainError(Exception):
    """An error that the user can understand and correct.

    It is shown at `field`, or above the form.
    """

    status = 422

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(DomainError):
    """The input is not valid."""


class NotFound(DomainError):
    """The row does not exist, or the actor may not see it. The response is the same for both."""

    status = 404

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or _("Page not found"))


class Conflict(DomainError):
    """The state no longer allows the request: a course is full, an application has been decided."""

    status = 409


class TooManyAttempts(DomainError):
    """There were too many attempts.

    The message says how long to wait. `retry_after` is the wait in seconds, where it is known.
    """

    status = 429
    retry_after: int | None = None


class Busy(DomainError):
    """The service is doing as much of this work as it can. The same request works later."""

    status = 503
