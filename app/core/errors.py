"""The errors a rule may raise: a sentence for the person and, where one is wrong, the field."""

from __future__ import annotations


class DomainError(Exception):
    """Something the person can understand and mend. Shown on `field`, or above the form."""

    status = 422

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(DomainError):
    """The input can't be used."""


class NotFound(DomainError):
    """Not there, or not for this actor: the two answer alike."""

    status = 404

    def __init__(self, message: str = "Page not found") -> None:
        super().__init__(message)


class Conflict(DomainError):
    """The state of things has moved on: full, already decided, overlapping."""

    status = 409


class TooManyTries(DomainError):
    """Slow down; the message says how long. retry_after: the same in seconds, where known."""

    status = 429
    retry_after: int | None = None
