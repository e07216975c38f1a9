"""Forms for the queue of applications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.applications.approval import LONGEST_REASON, ApplicantCall
from app.people.types import LONGEST_NAME
from app.web.fields import (
    Choice,
    EmailField,
    FilterForm,
    PageForm,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
)

UNCONFIRMED = "unproved"


class QueueFilter(FilterForm):
    """The filter for the queue of applications."""

    network = SelectField(_l("Network"), blank=_l("Any or none"))
    show = SelectField(
        _l("Show"),
        blank=_l("Waiting for a decision"),
        choices=[Choice(UNCONFIRMED, _l("Email address not confirmed yet"))],
    )

    def __init__(self, *, networks: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        self.network_choices = networks
        super().__init__(**kwargs)

    def validate(self, extra_validators: Any = None) -> bool:
        """Accept only networks that this reader can filter by."""
        self.network.choices = self.network_choices
        return bool(super().validate(extra_validators))


class DeclineForm(PageForm):
    """A form for the reason for declining a person."""

    reason = TextAreaField(
        _l("Why are you declining this registration?"),
        required=_l("Enter a reason"),
        hint=_l("Only staff can see this reason. The letter to the person does not mention it."),
        max_length=LONGEST_REASON,
        rows=4,
    )


SPOKE, FAILED = "spoke", "failed"
RIGHT, WRONG, NO_EMAIL = "right", "wrong", "none"


class ApplicantCallForm(PageForm):
    """A form about a call to an applicant whose email address is not confirmed."""

    result = RadiosField(
        _l("What happened?"),
        required=_l("Select what happened"),
        choices=[(SPOKE, _l("I spoke to them")), (FAILED, _l("I could not reach them"))],
    )
    said_by = TextField(
        _l("Who told you?"),
        hint=_l("For example: “Ann Smith herself”. We record this with your name."),
        max_length=LONGEST_NAME,
    )
    address = RadiosField(
        _l("Is their email address right?"),
        choices=[
            (RIGHT, _l("Yes. Send them a new link")),
            (WRONG, _l("No. I will correct it")),
            (NO_EMAIL, _l("They have no email address")),
        ],
    )
    email = EmailField(_l("Correct email address"), check_domain=True)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check that the fields required for the chosen result are filled in."""
        super().validate(extra_validators)
        if self.result.data == SPOKE:
            if not self.said_by.data:
                self.said_by.errors = [_("Enter who told you")]
            if self.address.data is None:
                self.address.errors = [_("Select whether the email address is right")]
            if self.address.data == WRONG and not self.email.data:
                self.email.errors = [_("Enter the correct email address")]
        if self.result.data != SPOKE or self.address.data != WRONG:
            self.email.errors = []
        return not self.errors

    def to_command(self) -> ApplicantCall:
        """Return the submitted call."""
        return ApplicantCall(
            reached=self.result.data == SPOKE,
            said_by=self.said_by.data,
            address_is_right=self.address.data == RIGHT,
            email=self.email.address if self.address.data == WRONG else None,
        )
