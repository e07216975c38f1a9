"""Forms of one's own page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.areas.forms import WardsForm
from app.core import clock, public_ids
from app.core.fields import (
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
    SelectField,
    TextAreaField,
)
from app.organisations.types import NetworkChoice
from app.people.forms.ways import LONGEST_ADDRESS, WaysFilledIn
from app.people.types import Avoided, Basis, ContactKind, PlaceAnswer


class NameForm(PageForm):
    """What they are called."""

    name = FullNameField(
        _l("What is your full name?"), required=_l("Enter your full name"), max_length=120
    )


class OwnContactForm(WaysFilledIn, PageForm):
    """One more way to reach them."""

    email = EmailField(_l("New email address"), optional=True)
    phone = PhoneField(_l("New phone number"), optional=True)
    post = TextAreaField(_l("New postal address"), optional=True, rows=4)
    preferred = RadiosField(
        _l("Which should we use first?"),
        choices=[
            Choice(ContactKind.EMAIL.value, _l("Email")),
            Choice(ContactKind.PHONE.value, _l("Phone")),
            Choice(ContactKind.POST.value, _l("Post")),
        ],
        inline=True,
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """A postal address of a length that fits on an envelope."""
        valid = bool(super().validate(extra_validators))
        if len(self.post.data) > LONGEST_ADDRESS:
            self.post.errors = [
                _("Postal address must be %(most)s characters or less", most=LONGEST_ADDRESS)
            ]
            return False
        return valid


class PlaceForm(WardsForm):
    """One more place."""

    basis = RadiosField(
        _l("What is your connection to this place?"),
        required=_l("Select your connection to this place"),
        choices=[
            Choice(
                Basis.LIVES.value, _l("I live there"), _l("This replaces the home address we hold.")
            ),
            Choice(
                Basis.WORKS.value, _l("I work there"), _l("This replaces the work address we hold.")
            ),
            Choice(Basis.COULD_HELP.value, _l("I could help there")),
        ],
    )
    postcode = PostcodeField(_l("Postcode"), optional=True)
    ward = SelectField(
        _l("Or its ward, if you know it"), blank=_l("I do not know, or it is outside the district")
    )

    def to_command(self) -> PlaceAnswer:
        """The place."""
        return PlaceAnswer(Basis(self.basis.data), self.postcode.postcode, self.ward.data)


class ReachForm(PageForm):
    """How far they would go, and where they are never to be asked."""

    reach = NumberField(
        _l("How far would you travel to help?"),
        required=_l("Enter how far you would travel"),
        maximum=200,
        suffix=_l("km"),
        width=3,
    )
    excluded = CheckboxesField(_l("Never ask me to help in (optional)"), small=True)

    def __init__(self, *, wards: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(**more)
        self.excluded.choices = wards


class OwnNetworksForm(PageForm):
    """Which networks they belong to."""

    networks = CheckboxesField(
        _l("Which networks do you belong to?"),
        hint=_l("Select all that apply. You can choose none."),
    )

    def __init__(self, *, networks: Sequence[NetworkChoice], **more: Any) -> None:
        super().__init__(**more)
        self.networks.choices = [Choice(one.slug, one.name, one.description) for one in networks]


class GeneralForm(PageForm):
    """Whether the team may see and count them as a general champion."""

    general = RadiosField(
        _l("May the team see you and count you as a general champion?"),
        required=_l("Select yes if the team may see you and count you"),
        choices=[
            Choice(
                "yes",
                _l("Yes, the whole team may see me"),
                _l("They see your name and can invite you to courses."),
            ),
            Choice(
                "no",
                _l("No, only the few people with a special permission"),
                _l("Nobody else sees you or counts you."),
            ),
        ],
    )


class ProtectionForm(WardsForm):
    """Whether a postcode may be kept."""

    protected = RadiosField(
        _l("May we keep your postcode?"),
        required=_l("Select whether we may keep your postcode"),
        choices=[
            Choice("no", _l("Yes, you may keep it")),
            Choice("yes", _l("No, keep only my ward")),
        ],
    )
    ward = SelectField(
        _l("The ward we keep as your home"), blank=_l("None: keep only the district")
    )


class PauseForm(PageForm):
    """Away until."""

    until = DateField(
        _l("Until when? (optional)"),
        hint=_l("The last day you are away. Leave it empty if you do not know yet."),
        earliest=clock.today,
        called=_l("The date"),
    )


class HideForm(PageForm):
    """An organisation, or one person, that must never see them."""

    whom = SelectField(
        _l("Never show me to"),
        required=_l("Choose an organisation or a person"),
        hint=_l("Organisations are listed first, then everybody who works with this service."),
        blank=_l("Choose"),
    )

    def __init__(self, *, whom: Sequence[tuple[Avoided, str]], **more: Any) -> None:
        super().__init__(**more)
        self._known = {_key(one): one for one, _name in whom}
        self.whom.choices = [(_key(one), name) for one, name in whom]

    def to_command(self) -> Avoided:
        """Whom."""
        return self._known[self.whom.data]


def _key(one: Avoided) -> str:
    """How the form names an organisation or a user."""
    if one.user_id is not None:
        return public_ids.encode("users", one.user_id)
    return public_ids.encode("organisations", one.organisation_id or public_ids.NO_ROW)


class LeaveForm(PageForm):
    """Leaving, and why if they like to say."""

    reason = TextAreaField(
        _l("Would you like to tell us why?"), optional=True, rows=4, max_length=500
    )
