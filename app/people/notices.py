"""Record how people were given the privacy notice (UK GDPR Articles 13 and 14)."""

from __future__ import annotations

from app.core import clock
from app.core.actor import Actor
from app.people import choices, writing
from app.people.queries import notices
from app.people.types import DETAILS_RECEIVED

BY_HAND = "told by phone or post"


def record_notice_given(person_id: int, method: str) -> None:
    """Record that a person was given the current privacy notice. Idempotent."""
    writing.add_notice_given(person_id, choices.notice_version(), method, clock.now())


def unsent_notices() -> list[int]:
    """Return the IDs of unsent messages that contain the privacy notice."""
    return notices.unsent_notices()


def record_delivered_notice(actor: Actor, letter: str, person_id: int | None) -> None:
    """Record the privacy notice as given if a letter delivered by a coordinator contains it."""
    if letter == DETAILS_RECEIVED and person_id is not None:
        record_notice_given(person_id, BY_HAND)
