"""Which letters there are: each room registers its own, when the application is made.

A letter's texts stand in templates/messages/<name>/: subject.txt, body.txt, body.html; sms.txt
where its text message is shorter than its body, and call.txt where it is said in other words than
it is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.messages.types import Attachment, Letter

Attach = Callable[[dict[str, Any]], tuple[Attachment, ...]]
Objection = Callable[[int, dict[str, Any]], str | None]

LETTERS: dict[str, Letter] = {}
_ATTACHMENTS: dict[str, Attach] = {}
_OBJECTIONS: dict[str, Objection] = {}


def register(
    letter: Letter,
    attachments: Attach | None = None,
    objection: Objection | None = None,
) -> None:
    """Make a letter known.

    attachments: context → the files made when it is sent. objection: (message id, context) → why
    the message must not go after all, asked just before it is sent; None: it may go.
    """
    LETTERS[letter.name] = letter
    if attachments is not None:
        _ATTACHMENTS[letter.name] = attachments
    if objection is not None:
        _OBJECTIONS[letter.name] = objection


def letter(name: str) -> Letter:
    """The letter called `name`. Raises LookupError for one that no room registered."""
    try:
        return LETTERS[name]
    except KeyError:
        raise LookupError(f"No room registered a letter called “{name}”.") from None


def attachments(name: str, context: dict[str, Any]) -> tuple[Attachment, ...]:
    """The files that go with a letter; none for most."""
    make = _ATTACHMENTS.get(name)
    return make(context) if make else ()


def objection(name: str, message_id: int, context: dict[str, Any]) -> str | None:
    """Why a message of this letter must not go after all; None: it may."""
    ask = _OBJECTIONS.get(name)
    return ask(message_id, context) if ask else None


def for_one_place() -> list[str]:
    """Names of the letters that are never sent to another address than the one they were for."""
    return sorted(each.name for each in LETTERS.values() if each.only_there)


def of_changes() -> list[str]:
    """Names of the letters that tell somebody that their details changed."""
    return sorted(each.name for each in LETTERS.values() if each.tells_of_change)


def for_any_hour() -> list[str]:
    """Names of the letters that keep no quiet hours."""
    return sorted(each.name for each in LETTERS.values() if each.at_any_hour)
