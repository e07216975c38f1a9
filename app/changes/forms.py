"""Forms for a change that people make themselves, and staff for them.

A class whose name begins with Staff asks the same in words for staff.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.areas.forms import WardsForm
from app.changes.word import LONGEST_WORD
from app.core.fields import (
    Choice,
    EmailField,
    FullNameField,
    PageForm,
    PhoneField,
    PostcodeField,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
)
from app.people import wording
from app.people.types import LONGEST_ADDRESS, LONGEST_NAME, Basis, ContactKind, PlaceAnswer

YES, NO = "yes", "no"
WHICH_FIRST = [Choice(kind.value, words) for kind, words in wording.CONTACT_KINDS.items()]


def word_field(
    label: object, *, required: object | None = None, hint: object | None = None
) -> TextField:
    """A private word. Not a password field: browsers offer to save those."""
    return TextField(
        label,
        required=required,
        hint=hint,
        max_length=LONGEST_WORD,
        width=20,
        autocomplete="off",
    )


class NameForm(PageForm):
    """What they are called."""

    name = FullNameField(
        _l("Full name"), required=_l("Enter the full name"), max_length=LONGEST_NAME
    )


class WaysFilledIn:
    """Reads the fields email, phone, post and preferred of the form that it is mixed into."""

    email: Any
    phone: Any
    post: Any
    preferred: Any

    def given(self) -> list[tuple[ContactKind, str]]:
        """The ways that were filled in, as they are stored."""
        values = {
            ContactKind.EMAIL: self.email.address,
            ContactKind.PHONE: self.phone.e164,
            ContactKind.POST: self.post.data,
        }
        return [(kind, value) for kind, value in values.items() if value]

    @property
    def wanted(self) -> ContactKind | None:
        """The way they prefer, if they said so."""
        return ContactKind(self.preferred.data) if self.preferred.data else None


class ContactForm(WaysFilledIn, PageForm):
    """An email address, a phone number, a postal address, and which to use first."""

    email = EmailField(_l("Email address"), optional=True)
    phone = PhoneField(_l("Phone number"), optional=True)
    post = TextAreaField(_l("Postal address"), optional=True, rows=4, max_length=LONGEST_ADDRESS)
    preferred = RadiosField(
        _l("Which should we use first? (optional)"),
        choices=WHICH_FIRST,
        inline=True,
    )


class StaffContactForm(ContactForm):
    """All the ways to contact somebody: at least one. The browser fills in nothing by itself."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        for field in (self.email, self.phone):
            field.look = replace(field.look, autocomplete="off")

    def validate(self, extra_validators: Any = None) -> bool:
        """At least one way; one preferred that was given."""
        valid = bool(super().validate(extra_validators))
        given = {kind.value for kind in ContactKind if self[kind.value].data}
        if not given:
            self.email.errors = [_("Enter an email address, a phone number or a postal address")]
            return False
        if self.preferred.data and self.preferred.data not in given:
            self.preferred.errors = [_("Select a way to contact them that you have filled in")]
            return False
        return valid


class PlaceForm(WardsForm):
    """One more place."""

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
        hint=_l("We use this if we do not know the ward of the postcode."),
    )

    def to_command(self) -> PlaceAnswer:
        """The place."""
        return PlaceAnswer(Basis(self.basis.data), self.postcode.postcode, self.ward.data or None)


class GeneralForm(PageForm):
    """Whether the team may see and count them as a general champion."""

    general = RadiosField(
        _l("May the team see you and count you as a general champion?"),
        required=_l("Select yes if the team may see you and count you"),
        choices=[
            Choice(
                YES,
                _l("Yes, the whole team may see me"),
                _l("They see your name and can invite you to courses."),
            ),
            Choice(
                NO,
                _l("No, only the few people with a special permission"),
                _l("Nobody else sees you or counts you."),
            ),
        ],
    )

    @property
    def answer(self) -> bool:
        """Whether the answer is yes."""
        return bool(self.general.data == YES)


STAFF_GENERAL = [
    Choice(YES, _l("Yes, the whole team may see them")),
    Choice(NO, _l("No, only people with the permission for sensitive networks")),
]


class StaffGeneralForm(GeneralForm):
    """The same, as they told staff."""

    general = RadiosField(
        _l("May the team see them and count them as a general champion?"),
        required=_l("Select yes if the team may see them and count them"),
        hint=_l("Ask them. Their answer counts from today, and they can change it at any time."),
        choices=STAFF_GENERAL,
    )
