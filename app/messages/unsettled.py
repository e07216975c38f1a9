"""Messages of which nobody knows whether they were sent."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.core.words import long_date
from app.messages import queries
from app.messages.models import Message


def facts() -> list[dict[str, Any]]:
    """Return what is known of each message whose sender stopped before the answer of the server.

    There are no names or addresses: `message` and `person` are row ids, `tried` is a day, and `now`
    says in words what happens next.
    """
    return [_facts(message) for message in queries.unsettled_messages()]


def _facts(message: Message) -> dict[str, Any]:
    """Return what is known of a message, without names or addresses."""
    if message.outcome:
        now = _("somebody has contacted the person.")
    elif message.sent_at:
        now = _("it was sent again.")
    elif message.voided_at:
        now = _("it was stopped.")
    elif message.failed_at:
        now = _("it will not be sent again.")
    else:
        now = _("it will be sent again.")
    at = message.unsettled_at or message.created_at
    return {
        "message": message.id,
        "letter": message.letter,
        "person": message.person_id,
        "tried": long_date(at),
        "now": now,
    }
