"""Forms for the organisations room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.accounts.forms import InviteeForm
from app.areas.forms import WardsForm
from app.core import clock
from app.core.actor import Scope
from app.core.limits import LONGEST_PURPOSE, LONGEST_REASON
from app.organisations import matching
from app.organisations.types import (
    LONGEST_NAME,
    AgreementCommand,
    NetworkChoice,
    OrganisationChoice,
    OrganisationCommand,
    OrganisationKind,
    SiteCommand,
)
from app.web.fields import (
    ChangeForm,
    Choice,
    ConfirmField,
    DateField,
    FilterForm,
    PageForm,
    PostcodeField,
    RadiosField,
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
    """A filter for the list of organisations."""

    q = SearchField(_l("Name"))
    closed = ConfirmField(_l("Include closed organisations"))


class OrganisationForm(ChangeForm):
    """A form for adding or changing an organisation."""

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
        error_name=_l("The last day"),
    )

    def to_command(self) -> OrganisationCommand:
        """Return the submitted data as an organisation command."""
        return OrganisationCommand(
            name=self.name.data,
            kind=OrganisationKind(self.kind.data),
            confidential_location=bool(self.confidential.data),
            until_on=self.until.data,
        )


class SiteForm(WardsForm):
    """A form for adding a place where an organisation operates."""

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
        """Return the submitted data as a site command."""
        return SiteCommand(self.name.data, self.postcode.postcode, self.ward.data or None)


class AgreementForm(PageForm):
    """A form for adding a data-sharing agreement."""

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
        error_name=_l("The date it was signed"),
    )
    starts = DateField(
        _l("First day"), required=_l("Enter the first day"), error_name=_l("The first day")
    )
    ends = DateField(
        _l("Last day"), required=_l("Enter the last day"), error_name=_l("The last day")
    )

    def __init__(self, *, networks: Sequence[NetworkChoice], **options: Any) -> None:
        super().__init__(**options)
        self.network.choices = [(network.slug, network.name) for network in networks]

    def to_command(self) -> AgreementCommand:
        """Return the submitted data as an agreement command."""
        return AgreementCommand(
            network=self.network.data or None,
            purpose=self.purpose.data,
            signed_on=self.signed.data,
            from_on=self.starts.data,
            until_on=self.ends.data,
        )


class EndForm(PageForm):
    """A form for the reason why an agreement ends early."""

    reason = TextAreaField(
        _l("Why is it ending early?"),
        required=_l("Enter a reason"),
        rows=3,
        max_length=LONGEST_REASON,
    )


class CoordinatorForm(InviteeForm):
    """A form for inviting a partner coordinator by email."""


class OrganisationNameField(TextField):
    """A text field for the name of an organisation, with suggestions from the register.

    If there are no suggestions, the field is an ordinary text field.
    """

    def component_params(self) -> dict[str, Any]:
        """Return the parameters of a text input with suggestions."""
        return {**super().component_params(), "attributes": {"list": self._list_id}}

    def __call__(self, **options: Any) -> Markup:
        """Return the HTML of the field and its suggestions."""
        names = matching.suggested_names(clock.today())
        option = Markup('<option value="{}"></option>')
        suggestions = Markup().join(option.format(name) for name in names)
        field: Markup = super().__call__(**options)
        return field + Markup('<datalist id="{}">{}</datalist>').format(self._list_id, suggestions)

    @property
    def _list_id(self) -> str:
        return f"{self.id}-names"


class DidYouMeanField(RadiosField):
    """Radios for choosing between organisations with a similar name and the name entered."""

    def set_choices(self, name: str) -> None:
        """Set the choices for a name. There are no choices if the name is empty."""
        found = matching.did_you_mean(Scope(), name, clock.today()) if name.strip() else []
        self.choices = [Choice(each.name, each.name) for each in found]
        if found:
            self.choices.append(Choice(name, _("None of these: keep “%(name)s”", name=name)))
        if self.data not in [choice.value for choice in self.choices]:
            self.data = None

    def resolve(self, name: str) -> str | None:
        """Return the selected name, or None and set an error if no choice was selected.

        If there are no choices, return the name entered.
        """
        if not self.choices:
            return name
        if self.data is None:
            self.errors = [_("Select the organisation you mean, or keep the name you entered")]
        return None if self.data is None else str(self.data)


class OrganisationNameForm(PageForm):
    """A form for the name of an organisation that a person belongs to."""

    organisation = OrganisationNameField(
        _l("Name of the organisation"),
        required=_l("Enter the name of the organisation"),
        max_length=LONGEST_NAME,
    )
    meant = DidYouMeanField(_l("Did you mean one of these?"))

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.meant.set_choices(self.organisation.data or "")

    def validate(self, extra_validators: Any = None) -> bool:
        """Require a choice if there are organisations with a similar name."""
        valid = bool(super().validate(extra_validators))
        return valid and self.meant.resolve(self.organisation.data) is not None

    @property
    def chosen_name(self) -> str:
        """Return the name to record."""
        return str(self.meant.data or self.organisation.data)


class UnlinkedNameForm(PageForm):
    """A form for choosing the organisation that an unlinked name refers to."""

    what = RadiosField(
        _l("What does this name refer to?"),
        required=_l("Select what this name refers to"),
        choices=[
            Choice("link", _l("An organisation on our list")),
            Choice("new", _l("A new organisation"), _l("We will add it to the list.")),
            Choice("none", _l("None"), _l("This organisation should not be on our list.")),
        ],
    )
    which = SelectField(_l("Which organisation?"), blank=_l("Select"), rows="organisations")
    name = TextField(_l("Name of the new organisation"), optional=True, max_length=LONGEST_NAME)
    kind = SelectField(
        _l("What type of organisation is it?"),
        choices=[(kind.value, label) for kind, label in KINDS.items()],
    )

    def __init__(self, *, organisations: Sequence[OrganisationChoice], **options: Any) -> None:
        super().__init__(**options)
        self.which.choices = [(each.id, each.name) for each in organisations]

    def validate(self, extra_validators: Any = None) -> bool:
        """Require an organisation to link, or the name of a new organisation."""
        valid = bool(super().validate(extra_validators))
        if self.what.data == "link" and not self.which.data:
            self.which.errors = [_("Select the organisation")]
            return False
        if self.what.data == "new" and not self.name.data:
            self.name.errors = [_("Enter the name of the organisation")]
            return False
        return valid
