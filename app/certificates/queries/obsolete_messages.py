"""Letters about certificates that no longer need to be passed on."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, exists

from app.certificates.models import Certificate
from app.core import clock
from app.messages import queries as messages

CONFIRMED = "training-confirmed"  # the letter about confirmed earlier training


def is_obsolete_message(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for letters about certificates that have since been revoked."""
    return (
        exists()
        .where(
            Certificate.id == messages.id_in_key(CONFIRMED),
            Certificate.revoked_at < clock.end_of_day(on),
        )
        .correlate_except(Certificate)
    )
