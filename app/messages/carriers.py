"""The interface for services that send messages, and the errors that they raise."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.messages.types import Channel, RenderedMessage


class UndeliverableMessage(Exception):
    """A permanent failure to send a message to this address. `str()` gives the reason."""


class TemporaryFailure(Exception):
    """A temporary failure. The message was not sent, and another attempt may succeed."""


class UnknownOutcome(Exception):
    """The service received the whole message but did not respond. It may have sent the message."""


class CarrierUnavailable(Exception):
    """A technical failure. The service cannot send any messages."""


@dataclass(frozen=True)
class OutgoingMessage:
    """A message for a carrier to send.

    `reference` is the same for every attempt to send one message to one address. It is the part of
    the Message-ID before the @, or the `reference` in GOV.UK Notify. `sender` is the name of the
    sender, or "" for the default sender.
    """

    channel: Channel
    address: str
    name: str
    rendered: RenderedMessage
    reference: str
    sender: str = ""


class Carrier(Protocol):
    """A service that sends messages.

    `supports_lookup` is True if the carrier can find an earlier attempt by its reference. An
    attempt with an unknown outcome can then be repeated. `send` raises UndeliverableMessage,
    TemporaryFailure, UnknownOutcome or CarrierUnavailable.
    """

    supports_lookup: bool

    def send(self, outgoing: OutgoingMessage, before_send: Callable[[], None]) -> str:
        """Send the message. Return the carrier's identifier for the message.

        Calls `before_send` once, just before the carrier receives the whole message.
        """
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


def make_reference(
    programme: str, identifier: str, key: str, created_at: datetime, redirects: int
) -> str:
    """Return the reference of a message. Every attempt to send it has the same reference.

    `identifier` is the message's public identifier. `redirects` is the number of times that the
    message was given a new address after attempts with a known outcome. The reference then changes,
    so that the carrier does not mistake an earlier attempt for this one.
    """
    row = f"{programme}|{identifier}|{key}|{created_at.isoformat()}"
    if redirects:
        row += f"|{redirects}"
    return f"message-{hashlib.sha256(row.encode()).hexdigest()[:20]}"
