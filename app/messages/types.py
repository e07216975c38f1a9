"""Types and limits for the messages room."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel.speaklater import LazyString

LONGEST_VOID_REASON = 200  # characters; a longer reason is cut
LONGEST_OUTCOME = 200  # characters for the outcome of a call or letter


class Channel(StrEnum):
    """A channel for sending messages. A coordinator handles `phone` and `post`."""

    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    POST = "post"


# The ending of a placeholder address. No mailbox can exist there (RFC 2606). A message to
# nobody is added where a page must take as long for an unknown address as for a known one.
NO_ADDRESS = "@no-address.invalid"
NOBODY = f"nobody{NO_ADDRESS}"
NO_RECIPIENT = "it was for nobody"  # the reason for voiding such a message
DEMO_HISTORY = "demo history"  # provider_reference of letters in the demonstration's history
BY_HAND = frozenset({Channel.PHONE, Channel.POST})


class Category(StrEnum):
    """The category of a message. Marketing needs an opt-in (PECR). Service messages do not."""

    SERVICE = "service"
    MARKETING = "marketing"


@dataclass(frozen=True)
class Recipient:
    """Where a message goes: a channel, and an email address, postal address or phone number."""

    channel: Channel
    address: str
    name: str
    person_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True)
class Ruling:
    """How a recipient's wishes affect one message (see app.core.registry.contact_rulings).

    `neutral` means that the message uses the locked wording, and `blocked` that it must not go to
    its address. `silent` means that it is blocked because the recipient wants no contact, but
    letters with `even_if_silent` are still sent. `recent_only` means that it is blocked only by
    wishes set recently, perhaps by another person, so letters that report a change are still sent.
    For a protected person, such letters go to the call list instead, for the recipient `by_call`.
    `instead` is where a blocked message goes, or None if it goes nowhere.
    """

    neutral: bool = False
    blocked: bool = False
    silent: bool = False
    recent_only: bool = False
    by_call: Recipient | None = None
    instead: Recipient | None = None


@dataclass(frozen=True)
class Letter:
    """A kind of letter. Its subject and texts are in templates/messages/<name>/.

    `purpose` is what it is for, as shown to staff who call or write instead. `at_any_hour` is for
    letters that people are waiting for (sign-in, confirmation). Others keep to quiet hours.
    `fixed_address` means that its link is only for the reader of this mailbox, so it is never sent
    to another address. `even_if_silent` sends it to people who want no contact, because they have
    just requested it or it is about their work for the service. `reports_change` means that it
    reports a change to the person's details, so recent wishes do not stop it. `repeatable` means
    that the recipient is waiting for it and a second copy does no harm, so it is sent again if it
    may have been sent. Other letters to people then go on the coordinators' list.
    """

    name: str
    purpose: str | LazyString
    category: Category = Category.SERVICE
    at_any_hour: bool = True
    fixed_address: bool = False
    even_if_silent: bool = False
    reports_change: bool = False
    repeatable: bool = False


@dataclass(frozen=True)
class Attachment:
    """A file made when the message is sent."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class RenderedMessage:
    """A message as it is sent. `stored_text` is the text without signed links."""

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    stored_text: str = ""


@dataclass(frozen=True)
class NewMessage:
    """A message that a room posts to the outbox.

    `key` identifies the message. A message whose key already exists is not posted again. `context`
    is plain JSON for the templates, with links in the form that `app.messages.rendering` reads. The
    message is not sent before `send_after`. If that is None, it is sent at once, or when the quiet
    hours end.
    """

    letter: str
    recipient: Recipient
    key: str
    context: dict[str, Any] = field(default_factory=dict)
    send_after: datetime | None = None
