"""What was sent, for reading: the pages outside production, and a person's history.

A sent letter is made again from its row to be shown, because the row keeps no signed link. Where
that is no longer possible (its course was removed, say) the text that was kept is shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from app.core import clock, paging
from app.core.actor import Actor, Scope
from app.core.db import db
from app.core.errors import NotFound
from app.core.registry import TimelineEntry
from app.messages import queries
from app.messages.letters import LETTERS
from app.messages.models import Message
from app.messages.rendering import Facts, render
from app.messages.types import Attachment, Channel, Rendered

PAGE = 50
_ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:)]")

log = structlog.get_logger()


@dataclass(frozen=True)
class SentRow:
    """A sent message in a list."""

    id: int
    sent_at: datetime
    channel: Channel
    name: str
    address: str
    subject: str


@dataclass(frozen=True)
class Shown:
    """A sent message, as it can be shown now. remade: False where only the kept text is left."""

    row: SentRow
    letter: str
    rendered: Rendered
    links: tuple[str, ...]
    remade: bool


def listed(asked: str, cursor: str | None) -> paging.Page[SentRow]:
    """Emails and texts sent from here, newest first; `asked`: a part of a name or address."""
    page = queries.sent_here(asked, cursor, PAGE)
    return paging.Page([_row(message) for message in page.rows], page.next, page.first)


def waiting() -> dict[str, int]:
    """How many wait to be sent, wait for a coordinator, and could not be delivered."""
    return queries.counts()


def shown(message_id: int) -> Shown:
    """One sent email or text. Raises NotFound for any other."""
    message = queries.message(message_id)
    if message is None or message.sent_at is None or message.channel not in queries.ELECTRONIC:
        raise NotFound()
    row, letter = _row(message), message.letter
    try:
        rendered = _rendered(message)
        remade = True
    except Exception:  # whatever a template or attachment needs may be gone by now
        log.warning("sent letter can't be made again", message=message_id, exc_info=True)
        db.session.rollback()
        kept = queries.message(message_id)
        text = (kept.text if kept else None) or ""
        rendered, remade = Rendered(row.subject, text, "", kept=text), False
    return Shown(row, letter, rendered, _links_in(rendered.text), remade)


def to_say(message_id: int, *, neutral: bool = False) -> str:
    """What a message that waits for a hand says: to read out, or to copy onto paper.

    neutral: in the neutral wording, even if it would be sent in full. What is said on the phone
    is the same for everybody.
    Links that are signed are left out: they are for who opens them, not for who rings.
    """
    message = queries.message(message_id)
    if message is None:
        raise NotFound()
    return _rendered(message, neutral=neutral).kept


def _rendered(message: Message, *, neutral: bool = False) -> Rendered:
    return render(
        message.letter,
        message.channel,
        message.name,
        message.context,
        Facts.current(),
        neutral=message.neutral or neutral,
        signs_in=message.user_id is not None,
    )


def attachment(message_id: int, number: int) -> Attachment:
    """A file that went with a message, counted from 1."""
    files = shown(message_id).rendered.attachments
    if not 1 <= number <= len(files):
        raise NotFound()
    return files[number - 1]


def _row(message: Message) -> SentRow:
    return SentRow(
        id=message.id,
        sent_at=message.sent_at or message.created_at,
        channel=message.channel,
        name=message.name,
        address=message.address,
        subject=message.subject or "",
    )


def _links_in(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ADDRESS.findall(text)))


def timeline(actor: Actor, person_id: int) -> Sequence[TimelineEntry]:
    """What was said to a person, less what is about something the actor may not see."""
    scope = Scope.of(actor)
    rows = queries.of_person(scope, person_id)
    writers = queries.readable_writers(scope, rows)
    return [
        TimelineEntry(clock.london_day(at), _in_words(message, writers), "message", at=at)
        for message in reversed(rows)
        for at in [message.sent_at or message.failed_at or message.created_at]
    ]


def _in_words(message: Message, writers: frozenset[int | None]) -> str:
    """The letter is called by its purpose: its subject may be the neutral one, which would tell
    staff who is protected. writers: users whose words the reader may read.
    """
    known = LETTERS.get(message.letter)
    said = f" “{known.purpose}”" if known else ""
    if message.outcome:
        how = {Channel.PHONE: "Telephoned", Channel.POST: "Wrote by post"}
        done = how.get(message.channel, "Got in touch")
        return f"{done}: {message.outcome}" if message.done_by_user_id in writers else done
    if message.failed_at:
        return f"{_NAMES[message.channel]}{said} could not be delivered"
    return f"{_NAMES[message.channel]} sent{':' if said else ''}{said}"


_NAMES = {
    Channel.EMAIL: "Email",
    Channel.SMS: "Text message",
    Channel.PHONE: "Telephone call",
    Channel.POST: "Letter",
}
