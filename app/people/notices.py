"""Who was told, and how, what we do with their details (UK GDPR Art. 13, 14)."""

from __future__ import annotations

from app.core import clock
from app.core.actor import Actor
from app.people import choices, writing
from app.people.queries import notices
from app.people.types import DETAILS_RECEIVED

BY_HAND = "told by phone or post"


def give(person_id: int, how: str) -> None:
    """The newest notice was given to a person. Twice is once."""
    writing.notice_given(person_id, choices.notice_version(), how, clock.now())


def waiting() -> list[int]:
    """Ids of the messages with the notice that have not left yet."""
    return notices.waiting()


def done_by_hand(actor: Actor, letter: str, person_id: int | None) -> None:
    """A coordinator rang or wrote: if it was this notice, it is given now."""
    if letter == DETAILS_RECEIVED and person_id is not None:
        give(person_id, BY_HAND)
