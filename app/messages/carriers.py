"""The interface of a carrier, and the kinds of failure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.messages.types import Channel, RenderedMessage


class UndeliverableMessage(Exception):
    """A permanent failure: this message can never reach this address. `str()` gives the reason."""


class TemporaryFailure(Exception):
    """A temporary failure: this message was not sent, and another attempt may work."""


class UnknownOutcome(Exception):
    """The carrier got the whole message and did not answer. It may have sent it."""


class CarrierUnavailable(Exception):
    """A technical failure: this carrier cannot send any message at the moment."""


@dataclass(frozen=True)
class OutgoingMessage:
    """A message for a carrier to send.

    `reference` is the same for every attempt to send one message, so that a repeat can be
    recognised. It is the left part of the Message-ID, and the `reference` in GOV.UK Notify.
    `sender` is the name of the sender, or "" for the usual one.
    """

    channel: Channel
    address: str
    name: str
    rendered: RenderedMessage
    reference: str
    sender: str = ""


class Carrier(Protocol):
    """A service that sends messages.

    `can_look_up` is whether the carrier finds an earlier attempt by our reference before it sends.
    An attempt with an unknown outcome can then be repeated. `send` raises UndeliverableMessage,
    TemporaryFailure, UnknownOutcome or CarrierUnavailable.
    """

    can_look_up: bool

    def send(self, outgoing: OutgoingMessage, before_handover: Callable[[], None]) -> str:
        """Send the message. Returns the carrier's identifier for it.

        Calls `before_handover` once, just before the carrier gets the whole message.
        """
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


def reference_of(programme: str, identifier: str, key: str, created_at: datetime) -> str:
    """Return the reference of a message. It is the same at every attempt and on every machine.

    `identifier` is the message's public identifier, so that nobody can guess the row's number from
    the digest.
    """
    row = f"{programme}|{identifier}|{key}|{created_at.isoformat()}"
    return f"message-{hashlib.sha256(row.encode()).hexdigest()[:20]}"
