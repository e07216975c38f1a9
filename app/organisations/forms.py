"""Forms for the organisations room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from app.accounts.forms import InviteeForm
from app.areas.forms import WardsForm
from app.core import clock
from app.core.limits import LONGEST_PURPOSE, LONGEST_REASON
from app.organisations.types import (
    LONGEST_NAME,
    AgreementCommand,
    NetworkChoice,
    OrganisationCommand,
    OrganisationKind,
    SiteCommand,
)
from app.web.fields import (
    ChangeForm,
    ConfirmField,
    DateField,
    FilterForm,
    PageForm,
    PostcodeField,
    SearchField,
    SelectField,
    TextAreaField,
    TextField,
)

KINDS = {
    OrganisationKind.COUNCIL: _l("Council"),
    OrganisationKind.PARISH: _l("Parish or town council"),
    OrganisationKind.CHARITY: _l("Charity"),
    OrganisationKind.VOLUNTARY: _l("Voluntary or community group"),
    OrganisationKind.BUSINESS: _l("Business"),
    OrganisationKind.HEALTH: _l("Health service"),
    OrganisationKind.EDUCATION: _l("School or college"),
    OrganisationKind.FARMING: _l("Farming organisation"),
    OrganisationKind.OTHER: _l("Something else"),
}


class OrganisationFilter(FilterForm):
    """The filter for the list of organisations."""

    q = SearchField(_l("Name"))
    closed = ConfirmField(_l("Include closed organisations"))


class OrganisationForm(ChangeForm):
    """The form for adding or changing an organisation."""

    name = TextField(_l("Name"), required=_l("Enter the name"), max_length=LONGEST_NAME)
    kind = SelectField(
        _l("What type of organisation is it?"),
        required=_l("Choose the type of organisation"),
        blank=_l("Choose"),
        choices=[(kind.value, label) for kind, label in KINDS.items()],
    )
    confidential = ConfirmField(
        _l("Its address is confidential"),
        hint=_l("For example, a refuge. We will not store its address or show it on a map."),
    )
    until = DateField(
        _l("Last day with the programme (optional)"),
        hint=_l("Leave this empty if it is still part of the programme."),
        called=_l("The last day"),
    )

    def to_command(self) -> OrganisationCommand:
        """Return the form's data as an organisation command."""
        return OrganisationCommand(
            name=self.name.data,
            kind=OrganisationKind(self.kind.data),
            confidential_location=bool(self.confidential.data),
            until_on=self.until.data,
        )


class SiteForm(WardsForm):
    """The form for adding a place where an organisation operates."""

    name = TextField(
        _l("What is the name of the place?"),
        required=_l("Enter the name of the place"),
        hint=_l("For example: Charles Burrell Centre"),
        max_length=LONGEST_NAME,
    )
    postcode = PostcodeField(_l("Postcode"), optional=True)
    ward = SelectField(
        _l("Ward (optional)"),
        blank=_l("I do not know"),
        hint=_l("We use this if we cannot find the ward from the postcode."),
    )

    def to_command(self) -> SiteCommand:
        """Return the form's data as a site command."""
        return SiteCommand(self.name.data, self.postcode.postcode, self.ward.data or None)


class AgreementForm(PageForm):
    """The form for adding a data-sharing agreement."""

    network = SelectField(
        _l("Whose details does the agreement cover?"),
        blank=_l("Only people who belong to the organisation itself"),
    )
    purpose = TextAreaField(
        _l("What is the agreement for?"),
        required=_l("Enter what the agreement is for"),
        rows=3,
        max_length=LONGEST_PURPOSE,
    )
    signed = DateField(
        _l("When was it signed?"),
        required=_l("Enter the date it was signed"),
        latest=clock.today,
        called=_l("The date it was signed"),
    )
    starts = DateField(
        _l("First day"), required=_l("Enter the first day"), called=_l("The first day")
    )
    ends = DateField(_l("Last day"), required=_l("Enter the last day"), called=_l("The last day"))

    def __init__(self, *, networks: Sequence[NetworkChoice], **options: Any) -> None:
        super().__init__(**options)
        self.network.choices = [(network.slug, network.name) for network in networks]

    def to_command(self) -> AgreementCommand:
        """Return the form's data as an agreement command."""
        return AgreementCommand(
            network=self.network.data or None,
            purpose=self.purpose.data,
            signed_on=self.signed.data,
            from_on=self.starts.data,
            until_on=self.ends.data,
        )


class EndForm(PageForm):
    """The form that asks why an agreement ends early."""

    reason = TextAreaField(
        _l("Why is it ending early?"),
        required=_l("Enter a reason"),
        rows=3,
        max_length=LONGEST_REASON,
    )


class CoordinatorForm(InviteeForm):
    """The form for inviting a partner coordinator by email."""
