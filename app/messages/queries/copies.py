"""Letters to a person in place of letters to an address that was entered for somebody.

The letter to the address then becomes a message to nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.core.db import db
from app.messages.models import Message

Place = tuple[int, int, str]  # (any ID, ID of the person, email address that was entered)


@dataclass(frozen=True)
class _Copy:
    message_id: int
    person_id: int
    address: str
    failed_at: datetime | None
    is_waiting: bool


class Copies:
    """The letters to people at the addresses that were entered for them."""

    def __init__(self, places: Collection[Place]) -> None:
        self._places = places
        self._letters = _letters_to_people(
            {person_id for _, person_id, _ in places}, {email.lower() for _, _, email in places}
        )

    def has_failed(self, place_id: int, message_id: int) -> bool:
        """Return whether the letter in place of this message to nobody came back."""
        copy = self._find(place_id, message_id)
        return copy is not None and copy.failed_at is not None

    def is_waiting(self, place_id: int, message_id: int) -> bool:
        """Return whether the letter in place of this message to nobody is waiting to be sent."""
        copy = self._find(place_id, message_id)
        return copy is not None and copy.is_waiting

    def _find(self, place_id: int, message_id: int) -> _Copy | None:
        """Return the last letter before this message, because the letter is added first."""
        people = {(each[1], each[2].lower()) for each in self._places if each[0] == place_id}
        earlier = [
            each
            for each in self._letters
            if (each.person_id, each.address) in people and each.message_id < message_id
        ]
        return earlier[-1] if earlier else None


def _letters_to_people(person_ids: Collection[int], addresses: Collection[str]) -> Sequence[_Copy]:
    """Return the messages to these people at one of these addresses, oldest first."""
    address = func.lower(Message.address)
    found = db.session.execute(
        select(
            Message.id,
            Message.person_id,
            address,
            Message.failed_at,
            func.coalesce(Message.sent_at, Message.voided_at, Message.failed_at).is_(None),
        )
        .where(Message.person_id.in_(person_ids), address.in_(addresses))
        .order_by(Message.id)
    )
    return [_Copy(*row) for row in found]
