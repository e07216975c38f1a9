"""The kinds of letter. Each room registers its letters when the application starts.

The templates for a letter are in templates/messages/<name>/: subject.txt, body.txt and body.html. A
letter with a shorter text message also has sms.txt. A letter with a different script for phone
calls also has call.txt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.messages.types import Attachment, Letter

MakeAttachments = Callable[[dict[str, Any]], tuple[Attachment, ...]]
Objection = Callable[[int, dict[str, Any]], str | None]


class TooLateToSend(Exception):
    """An objection: the message is too old to send, so staff have to contact the person.

    Its text is the reason that is shown in the list of people to contact.
    """


LETTERS: dict[str, Letter] = {}
_ATTACHMENTS: dict[str, MakeAttachments] = {}
_OBJECTIONS: dict[str, Objection] = {}


def add_letter(
    letter: Letter,
    attachments: MakeAttachments | None = None,
    objection: Objection | None = None,
) -> None:
    """Register a letter.

    `attachments` takes the context and returns the files to attach. `objection` takes the message's
    ID and context just before the message is sent, and returns the reason not to send it, or None.
    It raises TooLateToSend if staff have to contact the person instead.
    """
    LETTERS[letter.name] = letter
    if attachments is not None:
        _ATTACHMENTS[letter.name] = attachments
    if objection is not None:
        _OBJECTIONS[letter.name] = objection


def find_letter(name: str) -> Letter:
    """Return the letter with this name. Raises LookupError if it is not registered."""
    try:
        return LETTERS[name]
    except KeyError:
        raise LookupError(f"No room registered a letter called “{name}”.") from None


def make_attachments(name: str, context: dict[str, Any]) -> tuple[Attachment, ...]:
    """Return the files to send with a letter. Most letters have none."""
    make = _ATTACHMENTS.get(name)
    return make(context) if make else ()


def objection_to_sending(name: str, message_id: int, context: dict[str, Any]) -> str | None:
    """Return the reason not to send this message, or None. May raise TooLateToSend."""
    find_objection = _OBJECTIONS.get(name)
    return find_objection(message_id, context) if find_objection else None


def fixed_address_names() -> list[str]:
    """Return the names of letters that must not be sent to a different address."""
    return sorted(each.name for each in LETTERS.values() if each.fixed_address)


def change_report_names() -> list[str]:
    """Return the names of letters that report a change to a person's details."""
    return sorted(each.name for each in LETTERS.values() if each.reports_change)


def repeatable_names() -> list[str]:
    """Return the names of letters to send again if it is not known whether they were sent."""
    return sorted(each.name for each in LETTERS.values() if each.repeatable or each.fixed_address)


def any_hour_names() -> list[str]:
    """Return the names of letters that are also sent during quiet hours."""
    return sorted(each.name for each in LETTERS.values() if each.at_any_hour)
