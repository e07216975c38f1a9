"""Words of the messages room."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel.speaklater import LazyString

LONGEST_OUTCOME = 200  # characters that say what came of a call or letter


class Channel(StrEnum):
    """How a message reaches somebody. `phone` and `post` are done by a coordinator, by hand."""

    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    POST = "post"


# What an address ends with when there is none: no mailbox is ever there (RFC 2606). A message to
# nobody is written where a page must take as long for an unknown address as for a known one.
NO_ADDRESS = "@no-address.invalid"
NOBODY = f"nobody{NO_ADDRESS}"
NOT_ANYBODYS = "it was for nobody"  # why such a message is voided
DEMO_HISTORY = "demo history"  # provider_reference of letters that only the made-up past sent
BY_HAND = frozenset({Channel.PHONE, Channel.POST})


class Category(StrEnum):
    """Service messages are needed to run the programme; marketing needs an opt-in (PECR)."""

    SERVICE = "service"
    MARKETING = "marketing"


@dataclass(frozen=True)
class Recipient:
    """Where a message goes: one channel, one address (a number, or lines of a postal address)."""

    channel: Channel
    address: str
    name: str
    person_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True)
class Ruling:
    """What somebody's wishes mean for one message (app.core.registry.contact_rulings).

    neutral: it has the locked wording. blocked: it must not go to its address. silent: it is
    blocked because they want no contact, and letters that go in spite of that still do (Letter).
    lately: only wishes that were set lately block it, and whoever set them may be somebody else.
    by_call: the same for somebody protected: what tells of a change goes there, to the call list.
    instead: where it goes then; None: nowhere.
    """

    neutral: bool = False
    blocked: bool = False
    silent: bool = False
    lately: bool = False
    by_call: Recipient | None = None
    instead: Recipient | None = None


@dataclass(frozen=True)
class Letter:
    """A kind of letter: the folder templates/messages/<name>/ holds its subject and texts.

    purpose: what it is for, as staff read it who ring or write instead.
    at_any_hour: somebody waits for it (sign-in, confirmation); others keep quiet hours.
    only_there: its link is for whoever reads this very mailbox: it is never sent anywhere else.
    even_if_silent: it goes to somebody who wants no contact: they asked for it themselves just now,
    or it is about work that they do for the service.
    tells_of_change: it tells somebody that their details changed, so wishes that were set lately do
    not stop it.
    """

    name: str
    purpose: str | LazyString
    category: Category = Category.SERVICE
    at_any_hour: bool = True
    only_there: bool = False
    even_if_silent: bool = False
    tells_of_change: bool = False


@dataclass(frozen=True)
class Attachment:
    """A file made when the message is sent: (name, media type, bytes)."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Rendered:
    """A message as it is sent. kept: the text as the database keeps it, signed links masked."""

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    kept: str = ""


@dataclass(frozen=True)
class NewMessage:
    """What a room hands to the outbox.

    key: what makes it this message and no other; a key that is known is not posted again.
    context: plain JSON for the templates; links in it as `app.messages.rendering` reads them.
    send_after: not before this instant; None: at once, or when the quiet hours end.
    """

    letter: str
    recipient: Recipient
    key: str
    context: dict[str, Any] = field(default_factory=dict)
    send_after: datetime | None = None
