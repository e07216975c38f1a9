"""Forms for changing a person's record. Forms whose name starts with Staff are for staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.areas.forms import WardsForm
from app.changes.word import LONGEST_WORD
from app.core import clock, public_ids
from app.core.limits import LONGEST_REASON
from app.organisations.types import NetworkChoice
from app.people import wording
from app.people.types import (
    LONGEST_ADDRESS,
    LONGEST_NAME,
    LONGEST_TRAVEL_KM,
    Basis,
    BlockTarget,
    ContactKind,
    PlaceAnswer,
)
from app.web.fields import (
    CheckboxesField,
    Choice,
    DateField,
    EmailField,
    FullNameField,
    NumberField,
    PageForm,
    PhoneField,
    PostcodeField,
    RadiosField,
    SecretField,
    SelectField,
    TextAreaField,
)

YES, NO = "yes", "no"
CONTACT_KIND_CHOICES = [Choice(kind.value, words) for kind, words in wording.CONTACT_KINDS.items()]


def word_field(
    label: object, *, required: object | None = None, hint: object | None = None
) -> SecretField:
    """Return a form field for a memorable word.

    It is not a password input, because browsers offer to save passwords. The value is never shown
    again after a validation error.
    """
    return SecretField(
        label,
        required=required,
        hint=hint,
        max_length=LONGEST_WORD,
        width=20,
        autocomplete="off",
    )


class NameForm(PageForm):
    """A form for a person's name."""

    name = FullNameField(
        _l("Full name"), required=_l("Enter the full name"), max_length=LONGEST_NAME
    )


class ContactForm(PageForm):
    """A form for contact details and the preferred kind of contact."""

    email = EmailField(_l("Email address"), optional=True, check_domain=True)
    phone = PhoneField(_l("Phone number"), optional=True)
    post = TextAreaField(_l("Postal address"), optional=True, rows=4, max_length=LONGEST_ADDRESS)
    preferred = RadiosField(
        _l("Which should we try first? (optional)"),
        choices=CONTACT_KIND_CHOICES,
        inline=True,
    )

    def new_contacts(self) -> dict[ContactKind, str]:
        """Return the new contact details by kind. Empty kinds are left out."""
        return {kind: value for kind, value in self._normalised_values().items() if value}

    @property
    def preferred_kind(self) -> ContactKind | None:
        """Return the kind of contact to try first, or None."""
        return ContactKind(self.preferred.data) if self.preferred.data else None

    def _normalised_values(self) -> dict[ContactKind, str]:
        """Return the normalised value of each kind, or "" for an empty field."""
        return {
            ContactKind.EMAIL: self.email.address or "",
            ContactKind.PHONE: self.phone.e164 or "",
            ContactKind.POST: self.post.data or "",
        }


class StaffContactForm(ContactForm):
    """`ContactForm` for staff, filled in with the person's current contact details.

    Browser autofill is turned off.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        for field in (self.email, self.phone):
            field.look = replace(field.look, autocomplete="off")

    def validate(self, extra_validators: Any = None) -> bool:
        """Require at least one contact detail, and one of the preferred kind."""
        valid = bool(super().validate(extra_validators))
        given = {kind.value for kind in ContactKind if self[kind.value].data}
        if not given:
            self.email.errors = [_("Enter an email address, a phone number or a postal address")]
            return False
        if self.preferred.data and self.preferred.data not in given:
            self.preferred.errors = [
                _("Enter the address or number we should try first, or select a different one")
            ]
            return False
        return valid

    def new_contacts(self) -> dict[ContactKind, str]:
        """Return the contact details by kind. An empty kind ("") will be removed."""
        return self._normalised_values()


class PlaceForm(WardsForm):
    """A form for adding a place."""

    basis = RadiosField(
        _l("What is this place?"),
        required=_l("Select what this place is"),
        choices=[
            Choice(Basis.LIVES.value, _l("Home"), _l("This replaces the home address we hold.")),
            Choice(Basis.WORKS.value, _l("Work"), _l("This replaces the work address we hold.")),
            Choice(Basis.COULD_HELP.value, _l("Somewhere to help")),
        ],
    )
    postcode = PostcodeField(_l("Postcode"), optional=True)
    ward = SelectField(
        _l("Ward (optional)"),
        blank=_l("Not known, or outside the district"),
        hint=_l("We use this if we do not know which ward the postcode is in."),
    )

    def to_command(self) -> PlaceAnswer:
        return PlaceAnswer(Basis(self.basis.data), self.postcode.postcode, self.ward.data or None)


class GeneralChampionForm(PageForm):
    """A form that asks whether the team can see and count the person as a general champion."""

    general = RadiosField(
        _l("May the team see you and count you as a general champion?"),
        required=_l("Select yes if the whole team may see you and include you in its figures"),
        choices=[
            Choice(
                YES,
                _l("Yes, the whole team may see me"),
                _l("They see your name and can invite you to courses."),
            ),
            Choice(
                NO,
                _l("No, only the few people with special permission"),
                _l("Nobody else can see you. You are not counted in our figures."),
            ),
        ],
    )

    @property
    def answer(self) -> bool:
        """Return whether the answer is yes."""
        return bool(self.general.data == YES)


STAFF_GENERAL = [
    Choice(YES, _l("Yes, the whole team may see them")),
    Choice(NO, _l("No, only people who can see sensitive networks")),
]


class StaffGeneralChampionForm(GeneralChampionForm):
    """`GeneralChampionForm` with wording for staff."""

    general = RadiosField(
        _l("May the team see them and count them as a general champion?"),
        required=_l(
            "Select yes if the whole team may see this person and include them in its figures"
        ),
        hint=_l("Ask the person. Their answer applies from today. They can change it later."),
        choices=STAFF_GENERAL,
    )


class NetworkChoiceForm(PageForm):
    """A form for choosing a person's networks."""

    networks = CheckboxesField(
        _l("Which networks do you belong to?"),
        hint=_l("Select all that apply. You do not have to select any."),
    )

    def __init__(self, *, networks: Sequence[NetworkChoice], **more: Any) -> None:
        super().__init__(**more)
        self.networks.choices = [Choice(one.slug, one.name, one.description) for one in networks]


class StaffNetworkChoiceForm(NetworkChoiceForm):
    """`NetworkChoiceForm` with wording for staff."""

    networks = CheckboxesField(
        _l("Which networks do they belong to?"),
        hint=_l("Select all that apply. They do not have to belong to any."),
    )


class TravelForm(PageForm):
    """A form for how far a person would travel, and the wards where they do not want to help."""

    reach = NumberField(
        _l("How far would you travel to help?"),
        required=_l("Enter how far you would travel"),
        maximum=LONGEST_TRAVEL_KM,
        suffix=_l("km"),
        width=3,
    )
    excluded = CheckboxesField(_l("Do not ask me to help in (optional)"), small=True)

    def __init__(self, *, wards: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(**more)
        self.excluded.choices = wards

    @property
    def excluded_wards(self) -> list[str] | None:
        """Return the GSS codes of the selected wards, or None if the form has no wards."""
        return list(self.excluded.data) if "excluded" in self else None


class StaffTravelForm(TravelForm):
    """`TravelForm` with wording for staff.

    Wards are left out if the member of staff does not have the permission for sensitive networks.
    """

    reach = NumberField(
        _l("How far would they travel to help?"),
        required=_l("Enter how far they would travel"),
        maximum=LONGEST_TRAVEL_KM,
        suffix=_l("km"),
        width=3,
    )
    excluded = CheckboxesField(_l("Do not ask them to help in (optional)"), small=True)

    def __init__(self, *, includes_wards: bool, **more: Any) -> None:
        super().__init__(**more)
        if not includes_wards:
            del self.excluded


class PauseForm(PageForm):
    """A form for the last day of an absence."""

    until = DateField(
        _l("When does the break end? (optional)"),
        hint=_l("Enter the last day you are away. Leave this empty if you do not know yet."),
        earliest=clock.today,
        error_name=_l("The date"),
    )


class StaffPauseForm(PauseForm):
    """`PauseForm` with wording for staff."""

    until = DateField(
        _l("When does the break end? (optional)"),
        hint=_l("Enter the last day they are away. Leave this empty if they do not know yet."),
        earliest=clock.today,
        error_name=_l("The date"),
    )


class ProtectionForm(WardsForm):
    """A form that asks whether we can keep the person's postcode, and which ward to keep."""

    protected = RadiosField(
        _l("May we keep your postcode?"),
        required=_l("Select whether we may keep your postcode"),
        choices=[
            Choice(NO, _l("Yes, you may keep it")),
            Choice(YES, _l("No, keep only my ward")),
        ],
    )
    ward = SelectField(
        _l("Which ward should we record as your home ward?"),
        blank=_l("No ward: keep only the district"),
    )

    @property
    def wants_protection(self) -> bool:
        """Return whether the person does not want us to keep their postcode."""
        return "protected" not in self or bool(self.protected.data == YES)


class StaffProtectionForm(ProtectionForm):
    """`ProtectionForm` with wording for staff, for a person who asks for protection.

    It does not ask whether we can keep a postcode, because the current answer would show who is
    protected.
    """

    ward = SelectField(
        _l("Which ward should we keep as their home?"),
        blank=_l("The ward we hold"),
        hint=_l(
            "Ask the person to choose a ward. It does not have to be the one they live in. "
            "If they do not choose a ward, we will keep only the district."
        ),
    )

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        del self.protected


class LeaveForm(PageForm):
    """A form for leaving the network, with an optional reason."""

    reason = TextAreaField(
        _l("Would you like to tell us why?"), optional=True, rows=4, max_length=LONGEST_REASON
    )


class StaffLeaveForm(LeaveForm):
    """`LeaveForm` with wording for staff. The reason is required."""

    reason = TextAreaField(
        _l("Why?"),
        required=_l("Enter a reason"),
        hint=_l(
            "For example: told us by phone that they have moved away. Only staff can see this."
        ),
        rows=4,
        max_length=LONGEST_REASON,
    )


class BlockForm(PageForm):
    """A form for selecting an organisation or user to block."""

    viewer = SelectField(
        _l("Hide me from"),
        required=_l("Choose an organisation or a person"),
        hint=_l("Organisations are listed first, then everybody who works with this service."),
        blank=_l("Choose"),
    )

    def __init__(self, *, targets: Sequence[tuple[BlockTarget, str]], **more: Any) -> None:
        super().__init__(**more)
        self._known = {_target_value(target): target for target, _name in targets}
        self.viewer.choices = [(_target_value(target), name) for target, name in targets]

    def to_command(self) -> BlockTarget:
        return self._known[self.viewer.data]


def _target_value(target: BlockTarget) -> str:
    """Return the form value for an organisation or user."""
    if target.user_id is not None:
        return public_ids.encode("users", target.user_id)
    return public_ids.encode("organisations", target.organisation_id or public_ids.NO_ROW)


class StaffBlockForm(BlockForm):
    """`BlockForm` with wording for staff."""

    viewer = SelectField(
        _l("Hide them from"),
        required=_l("Choose an organisation or a person"),
        hint=_l("Organisations are listed first, then everybody who works with this service."),
        blank=_l("Choose"),
    )
