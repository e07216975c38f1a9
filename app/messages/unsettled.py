"""Messages that may have been sent."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.core.words import long_date
from app.messages import queries
from app.messages.models import Message


def describe_messages() -> list[dict[str, Any]]:
    """Return data about each message that may have been sent, without names and addresses.

    `message` and `person` are row IDs, `tried` is a date, and `now` describes what happens next.
    """
    return [_describe_message(message) for message in queries.unsettled_messages()]


def _describe_message(message: Message) -> dict[str, Any]:
    if message.outcome:
        next_step = _("somebody has contacted the person.")
    elif message.sent_at:
        next_step = _("it was sent again.")
    elif message.voided_at:
        next_step = _("it was stopped.")
    elif message.failed_at:
        next_step = _("it will not be sent again.")
    else:
        next_step = _("it will be sent again.")
    at = message.unsettled_at or message.created_at
    return {
        "message": message.id,
        "letter": message.letter,
        "person": message.person_id,
        "tried": long_date(at),
        "now": next_step,
    }
