"""What a carrier is given, and the three ways in which it can fail. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.messages.types import Channel, Rendered


class Undeliverable(Exception):
    """Permanent: this message will never reach this address. The text says why."""


class TryLater(Exception):
    """Temporary: this message did not go now; another try may work."""


class CarrierDown(Exception):
    """Technical: nothing can be sent this way at the moment, whoever it is for."""


@dataclass(frozen=True)
class Outgoing:
    """A message as a carrier sends it.

    reference: the same whenever this very message is sent, so that a repeat can be recognised
    (the Message-ID's left part, and GOV.UK Notify's `reference`). sender: the name it is from,
    "" for the usual one.
    """

    channel: Channel
    address: str
    name: str
    rendered: Rendered
    reference: str
    sender: str = ""


class Carrier(Protocol):
    """Something that sends. Raises Undeliverable, TryLater or CarrierDown."""

    def send(self, outgoing: Outgoing) -> str:
        """Send it; returns what the carrier calls it."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


def reference_of(programme: str, identifier: str, key: str, created_at: datetime) -> str:
    """The reference of a message's row, the same at every try and on every machine.

    identifier: its public one, which keeps the row's number from being guessed out of the digest.
    """
    row = f"{programme}|{identifier}|{key}|{created_at.isoformat()}"
    return f"message-{hashlib.sha256(row.encode()).hexdigest()[:20]}"
