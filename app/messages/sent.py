"""Sent messages, for the development pages and for a person's history.

A sent message is rendered again. If that is not possible, for example because its course was
deleted, the stored text is shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import clock, paging
from app.core.actor import Actor, Scope
from app.core.db import db
from app.core.errors import NotFound
from app.core.registry import TimelineEntry
from app.messages import queries
from app.messages.letters import LETTERS
from app.messages.models import Message
from app.messages.rendering import ProgrammeFacts, render
from app.messages.types import Attachment, Channel, RenderedMessage

PAGE_SIZE = 50
_ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:)]")

log = structlog.get_logger()


@dataclass(frozen=True)
class SentRow:
    """A row of the list of sent messages."""

    id: int
    sent_at: datetime
    channel: Channel
    name: str
    address: str
    subject: str


@dataclass(frozen=True)
class SentMessage:
    """A sent message. `is_rendered` is False if only the stored text is available."""

    row: SentRow
    letter: str
    rendered: RenderedMessage
    links: tuple[str, ...]
    is_rendered: bool


def page_of_messages(search: str, cursor: str | None) -> paging.Page[SentRow]:
    """Return a page of emails and texts sent from this site, newest first.

    `search` is a part of an address or name.
    """
    page = queries.sent_messages(search, cursor, PAGE_SIZE)
    return paging.Page([_sent_row(message) for message in page.rows], page.next, page.first)


def count_messages() -> dict[str, int]:
    """Return how many messages are waiting to be sent, waiting for a coordinator, or failed."""
    return queries.message_counts()


def find_message(message_id: int) -> SentMessage:
    """Return a sent email or text. Raises NotFound for any other message."""
    message = queries.find_message(message_id)
    if message is None or message.sent_at is None or message.channel not in queries.ELECTRONIC:
        raise NotFound()
    row, letter = _sent_row(message), message.letter
    try:
        rendered = _render_stored(message)
        is_rendered = True
    except Exception:  # a row that the template or attachment needs may have been deleted
        log.warning("sent letter could not be rendered again", message=message_id, exc_info=True)
        db.session.rollback()
        stored = queries.find_message(message_id)
        text = (stored.text if stored else None) or ""
        rendered, is_rendered = RenderedMessage(row.subject, text, "", stored_text=text), False
    return SentMessage(row, letter, rendered, _find_links(rendered.text), is_rendered)


def script_for_staff(message_id: int, *, neutral: bool = False) -> str:
    """Return the text of a call or letter, for a coordinator to say or write.

    `neutral` selects the neutral text for a letter. It does not change the script of a call. Signed
    links are left out. Raises NotFound if there is no such message.
    """
    message = queries.find_message(message_id)
    if message is None:
        raise NotFound()
    return _render_stored(message, neutral=neutral).stored_text


def _render_stored(message: Message, *, neutral: bool = False) -> RenderedMessage:
    return render(
        message.letter,
        message.channel,
        message.name,
        message.context,
        ProgrammeFacts.current(),
        neutral=message.neutral or neutral,
        signs_in=message.user_id is not None,
    )


def attachment(message_id: int, number: int) -> Attachment:
    """Return a file of a message by its number, from 1. Raises NotFound if there is none."""
    files = find_message(message_id).rendered.attachments
    if not 1 <= number <= len(files):
        raise NotFound()
    return files[number - 1]


def _sent_row(message: Message) -> SentRow:
    return SentRow(
        id=message.id,
        sent_at=message.sent_at or message.created_at,
        channel=message.channel,
        name=message.name,
        address=message.address,
        subject=message.subject or "",
    )


def _find_links(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ADDRESS.findall(text)))


def timeline(actor: Actor, person_id: int) -> Sequence[TimelineEntry]:
    """Return the messages to a person, except those whose subject is hidden from the actor."""
    scope = Scope.for_actor(actor)
    rows = queries.messages_to_person(scope, person_id)
    writers = queries.readable_writers(scope, rows)
    return [
        TimelineEntry(clock.london_day(at), _describe_message(message, writers), "message", at=at)
        for message in reversed(rows)
        for at in [message.sent_at or message.failed_at or message.created_at]
    ]


def _describe_message(message: Message, writers: frozenset[int | None]) -> str:
    """Return a line about the message for the timeline.

    The line contains the letter's purpose instead of its subject, because a neutral subject would
    reveal that the person is protected. `writers` are the users whose notes the reader is allowed
    to read.
    """
    letter = LETTERS.get(message.letter)
    if message.outcome:
        text = str(_DONE.get(message.channel, _("Contacted")))
        return f"{text}: {message.outcome}" if message.done_by_user_id in writers else text
    channel_name = _NAMES[message.channel]
    if letter is None:
        if message.is_in_doubt:
            return str(_("%(message)s: we do not know whether it was sent", message=channel_name))
        if message.failed_at:
            return str(_("%(message)s could not be delivered", message=channel_name))
        return str(_("%(message)s sent", message=channel_name))
    if message.is_in_doubt:
        return str(
            _(
                "%(message)s “%(purpose)s”: we do not know whether it was sent",
                message=channel_name,
                purpose=letter.purpose,
            )
        )
    if message.failed_at:
        return str(
            _(
                "%(message)s “%(purpose)s” could not be delivered",
                message=channel_name,
                purpose=letter.purpose,
            )
        )
    return str(_("%(message)s sent: “%(purpose)s”", message=channel_name, purpose=letter.purpose))


_DONE = {Channel.PHONE: _l("Called"), Channel.POST: _l("Letter posted")}
_NAMES = {
    Channel.EMAIL: _l("Email"),
    Channel.SMS: _l("Text message"),
    Channel.PHONE: _l("Phone call"),
    Channel.POST: _l("Letter"),
}
