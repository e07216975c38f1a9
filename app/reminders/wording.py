"""Text for the stored reasons why reminders were not sent."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core.words import LazyTexts
from app.reminders.types import BOOKING_CHANGED, EXPIRY_CHANGED, REISSUED, SkipReason

REASONS = LazyTexts(
    {
        SkipReason.LATER_STEP_DUE.value: _l("A later reminder is due"),
        SkipReason.TOO_LATE.value: _l("The reminder was more than 30 days late"),
        SkipReason.EXPIRED_WHEN_RECORDED.value: _l(
            "The certificate had already expired when it was recorded"
        ),
        SkipReason.RENEWED.value: _l("The certificate has been renewed"),
        SkipReason.REVOKED.value: _l("The certificate has been revoked"),
        SkipReason.LEFT.value: _l("This person has left the network"),
        SkipReason.AWAY.value: _l("This person is away"),
        SkipReason.NOT_APPROVED.value: _l("This person has not been approved"),
        SkipReason.NOTICE_NOT_GIVEN.value: _l("This person has not had the privacy notice yet"),
        SkipReason.NO_CONTACT.value: _l("We have no contact details for them"),
        SkipReason.NOT_CONTACTED_BEFORE.value: _l(
            "We had not contacted them before the certificate expired"
        ),
        EXPIRY_CHANGED: _l("The expiry date has changed"),
        BOOKING_CHANGED: _l("This person has booked a renewal, or given up their place"),
        REISSUED: _l("The reminder was included in a newer message"),
    }
)


def reason_in_words(reason: str) -> str:
    """Return the text for a stored reason, or the reason itself if it has no text."""
    return REASONS.get(reason, reason)
