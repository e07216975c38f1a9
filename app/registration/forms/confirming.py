"""Forms for confirming a registration and for requesting a new link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import words
from app.web.fields import EmailField, PageForm, RadiosField


class ChooseRegistrationForm(PageForm):
    """A form that confirms a registration.

    If there are several registrations, the person selects one of them. Names are not shown, because
    the mailbox may be shared or mistyped.
    """

    sent_at = RadiosField(
        _l("When did you register?"),
        hint=_l("Several registrations with this email address are waiting to be confirmed."),
        required=_l("Select when you registered"),
    )

    def __init__(self, sent_at: Sequence[datetime]) -> None:
        super().__init__()
        self.sent_at.choices = [(each.isoformat(), _label(each, sent_at)) for each in sent_at]
        if not sent_at:
            del self.sent_at

    @property
    def chosen_time(self) -> datetime | None:
        """The time at which the chosen registration was sent, or None."""
        chosen = self.sent_at.data if "sent_at" in self else None
        return datetime.fromisoformat(chosen) if chosen else None


def _label(sent_at: datetime, others: Sequence[datetime]) -> str:
    """Return the time, and its number if several registrations were sent in the same minute."""
    label = words.long_datetime(sent_at)
    same_minute = sorted(each for each in others if words.long_datetime(each) == label)
    if len(same_minute) == 1:
        return label
    return _(
        "%(time)s (number %(number)s of %(total)s sent in that minute)",
        time=label,
        number=same_minute.index(sent_at) + 1,
        total=len(same_minute),
    )


class NewLinkForm(PageForm):
    """A form that asks for an email address, to which a new confirmation link is sent."""

    email = EmailField(_l("Email address"), required=_l("Enter your email address"))
