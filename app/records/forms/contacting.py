"""The form that staff use to change a person's contact details."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.changes.forms import StaffContactForm
from app.changes.vouching import Call
from app.core import public_ids
from app.core.limits import LONGEST_REASON
from app.web.fields import Choice, ConfirmField, RadiosField, TextAreaField

MEETING = "meeting"


class ContactChangeForm(StaffContactForm):
    """A form for a person's contact details, and for the call in which staff checked them."""

    called = RadiosField(
        _l("Did you call the person about this change, on a number that we already had?"),
        hint=_l(
            "Only use a number that we already had. Do not use one that you have just been given."
        ),
    )
    silent = ConfirmField(
        _l("Do not send a message to the old address or number, because it is not safe")
    )
    why_silent = TextAreaField(
        _l("Why is it not safe? (only if you ticked the box)"),
        optional=True,
        rows=3,
        max_length=LONGEST_REASON,
        hint=_l("We will keep a record of this reason, and delete their postcode."),
    )

    def __init__(self, *, numbers: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        self.numbers = {
            public_ids.encode("person_contacts", contact_id): contact_id
            for contact_id, _number in numbers
        }
        super().__init__(**kwargs)
        # A meeting is only for people without a number to call, who cannot read the old mailbox.
        meeting = Choice(
            MEETING,
            _(
                "No. They cannot get into their old email account, so two of us will meet them "
                "in person"
            ),
            _("They can use the new email address 24 hours after both of you have met them."),
        )
        self.called.choices = [
            *(
                Choice(
                    public_ids.encode("person_contacts", number_id),
                    _("Yes, on %(number)s", number=number),
                )
                for number_id, number in numbers
            ),
            *([] if numbers else [meeting]),
            Choice("no", _("No")),
        ]

    def validate(self, extra_validators: Any = None) -> bool:
        """Require a call and a reason if no notice will go to the old contact details."""
        valid = super().validate(extra_validators)
        if self.silent.data and self.call is None:
            self.called.errors = [
                _(
                    "Select the number you called. If you did not call, we have to notify the"
                    " old address or number"
                )
            ]
            return False
        if self.silent.data and not self.why_silent.data:
            self.why_silent.errors = [_("Enter why it is not safe")]
            return False
        return valid

    @property
    def will_meet_in_person(self) -> bool:
        """Whether two coordinators will meet the person to check a new email address."""
        return bool(self.called.data == MEETING)

    @property
    def call(self) -> Call | None:
        """The call to the person, or None if there was no call."""
        number_id = self.numbers.get(str(self.called.data or ""))
        if number_id is None:
            return None
        return Call(number_id, self.why_silent.data if self.silent.data else "")
