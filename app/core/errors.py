"""The errors a rule may raise. Each has a sentence for the person and, where one is wrong, a field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session


class DomainError(Exception):
    """Something the person can understand and mend. Shown on `field`, or above the form."""

    status = 422

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(DomainError):
    """What was typed can't be used."""


class NotFound(DomainError):
    """Not there, or not for this actor: the two answer alike."""

    status = 404

    def __init__(self, message: str = "Page not found") -> None:
        super().__init__(message)


class Conflict(DomainError):
    """The state of things has moved on: full, already decided, overlapping."""

    status = 409


class TooManyTries(DomainError):
    """Slow down; the message says how long."""

    status = 429


@contextmanager
def constraint_as_sentence(
    session: Session | scoped_session[Session],
    sentences: dict[str, Callable[[], DomainError]],
) -> Iterator[None]:
    """Turn a named constraint that trips inside the block into its sentence.

    `sentences` maps a constraint's name to a maker of the error. The block runs in a savepoint,
    so that the request's transaction stays usable. An unnamed violation is raised as it is.
    """
    try:
        with session.begin_nested():
            yield
            session.flush()
    except IntegrityError as error:
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if name in sentences:
            raise sentences[name]() from error
        raise
