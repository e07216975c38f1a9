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
    """A channel for sending messages. Coordinators handle `phone` and `post`."""

    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    POST = "post"


# The ending of a placeholder address. No mailbox can exist there (RFC 2606). A message to
# nobody is added where a page must take as long for an unknown address as for a known one.
NO_ADDRESS = "@no-address.invalid"
NOBODY = f"nobody{NO_ADDRESS}"
NO_RECIPIENT = "it was for nobody"  # the reason for voiding such a message
COPY_OF = "copy_of"  # in the context of such a message: see app/messages/copies.py
DEMO_HISTORY = "demo history"  # provider_reference of letters in the demonstration's history
BY_HAND = frozenset({Channel.PHONE, Channel.POST})


class Category(StrEnum):
    """The category of a message. Marketing requires consent (PECR). Service messages do not."""

    SERVICE = "service"
    MARKETING = "marketing"


@dataclass(frozen=True)
class Recipient:
    """A channel, and an email address, postal address or phone number."""

    channel: Channel
    address: str
    name: str
    person_id: int | None = None
    user_id: int | None = None


# The recipient of a message that nobody gets. It is added so that a page looks the same as when
# there is a real recipient.
TO_NOBODY = Recipient(Channel.EMAIL, NOBODY, "")


@dataclass(frozen=True)
class ContactDecision:
    """Whether and how a recipient's wishes allow a message (see registry.contact_decisions).

    If `neutral` is True, the message has the fixed text. If `blocked` is True, it must not be sent
    to its address, and `alternative` is the new recipient or None. `silent` means that the
    recipient wants no contact. Only letters with `even_if_silent` are then sent. `recent_only`
    means that only recent wishes, perhaps set by another person, block the message. Letters that
    report a change are then still sent. If the person is protected, they become a call to the
    recipient `by_call`.
    """

    neutral: bool = False
    blocked: bool = False
    silent: bool = False
    recent_only: bool = False
    by_call: Recipient | None = None
    alternative: Recipient | None = None


@dataclass(frozen=True)
class Letter:
    """A kind of letter. Its subject and texts are in templates/messages/<name>/.

    `purpose` describes the letter to staff who call or write. Letters with `at_any_hour` ignore
    quiet hours. Letters with `fixed_address` have a link for one mailbox, so they are never sent to
    another address. Letters with `even_if_silent` are also sent to people who want no contact.
    Letters with `reports_change` report a change to the person's details, so recent wishes do not
    block them. Letters with `repeatable` are sent again if it is not known whether they were sent,
    because a second copy does no harm. Other letters are then added to the list of people to
    contact.
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
    """A file that is created when the message is sent."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class RenderedMessage:
    """A message ready to be sent. `stored_text` is the text without signed links."""

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    stored_text: str = ""


@dataclass(frozen=True)
class NewMessage:
    """A message to add to the outbox.

    If a message with the same `key` exists, it is not added again. `context` is JSON data for the
    templates, with links in the form that `app.messages.rendering` expects. The message is not sent
    before `send_after`. If that is None, it is sent immediately, or at the end of the quiet hours.
    """

    letter: str
    recipient: Recipient
    key: str
    context: dict[str, Any] = field(default_factory=dict)
    send_after: datetime | None = None
