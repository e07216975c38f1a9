"""Forms about safe contact."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.people.safety.types import LONGEST_SENDER, ContactMethod, ContactPreferences, Days, Hours
from app.people.safety.wording import DAYS, HOURS, METHODS
from app.people.types import ContactKind
from app.web.fields import (
    CheckboxesField,
    Choice,
    PageForm,
    RadiosField,
    TextField,
)

ANY, CHOSEN, NONE = "any", "chosen", "none"
YES, NO = "yes", "no"
REQUIRED_KINDS = {
    ContactMethod.EMAIL: ContactKind.EMAIL,
    ContactMethod.CALL: ContactKind.PHONE,
    ContactMethod.TEXT: ContactKind.PHONE,
    ContactMethod.POST: ContactKind.POST,
}


def _yes_no_choices() -> list[Choice]:
    return [Choice(YES, _l("Yes")), Choice(NO, _l("No"))]


class SafeContactFields:
    """Fields about safe contact, for use in several forms."""

    ways = CheckboxesField(
        _l("Which contact methods are safe?"),
        choices=[Choice(way, name) for way, name in METHODS.items()],
        small=True,
    )
    days = CheckboxesField(
        _l("Which days are best? (optional)"),
        choices=[Choice(day, name) for day, name in DAYS.items()],
        small=True,
    )
    hours = CheckboxesField(
        _l("Which times are best? (optional)"),
        choices=[Choice(hour, name) for hour, name in HOURS.items()],
        small=True,
    )
    voicemail = RadiosField(
        _l("May we leave a voicemail?"), choices=_yes_no_choices(), default=NO, inline=True
    )
    others = RadiosField(
        _l("If somebody else answers the phone, may we ask for you?"),
        choices=_yes_no_choices(),
        default=NO,
        inline=True,
    )
    say = TextField(
        _l("Who should we say we are?"),
        optional=True,
        hint=_l("For example, Jo from the library. You can leave this empty."),
        max_length=LONGEST_SENDER,
    )


class StaffSafeContactFields(SafeContactFields):
    """`SafeContactFields` with wording for staff."""

    others = RadiosField(
        _l("If somebody else answers the phone, may we ask for them?"),
        choices=_yes_no_choices(),
        default=NO,
        inline=True,
    )


def wishes_from_form(form: Any) -> ContactPreferences:
    """Return the contact wishes that were entered in the form."""
    return ContactPreferences(
        ways=frozenset(map(ContactMethod, form.ways.data)),
        voicemail=form.voicemail.data == YES,
        others_may_answer=form.others.data == YES,
        days=frozenset(map(Days, form.days.data)),
        hours=frozenset(map(Hours, form.hours.data)),
        say_we_are=form.say.data,
    )


def check_methods(form: Any, given: Collection[ContactKind], *, require_all: bool) -> bool:
    """Return whether there is a contact detail for each selected contact method.

    Errors are added to the form. If ``require_all`` is true, each contact detail also needs a
    contact method.
    """
    ways = {ContactMethod(way) for way in form.ways.data}
    if not ways:
        form.ways.errors = [_("Select at least one safe contact method")]
        return False
    missing = next(
        (way for way in METHODS if way in ways and REQUIRED_KINDS[way] not in given), None
    )
    if missing is not None:
        form.ways.errors = [_MISSING_DETAIL_ERRORS[REQUIRED_KINDS[missing]]]
        return False
    covered = {REQUIRED_KINDS[way] for way in ways}
    unsafe = next((kind for kind in ContactKind if kind in given and kind not in covered), None)
    if require_all and unsafe is not None:
        form.ways.errors = [_UNSAFE_DETAIL_ERRORS[unsafe]]
        return False
    return True


_MISSING_DETAIL_ERRORS = {
    ContactKind.EMAIL: _l("To select email, enter an email address"),
    ContactKind.PHONE: _l("To select phone calls or texts, enter a phone number"),
    ContactKind.POST: _l("To select letters, enter a postal address"),
}
_UNSAFE_DETAIL_ERRORS = {
    ContactKind.EMAIL: _l("Select email as a safe contact method, or remove the email address"),
    ContactKind.PHONE: _l(
        "Select phone calls or texts as safe contact methods, or remove the phone number"
    ),
    ContactKind.POST: _l("Select letters as a safe contact method, or remove the postal address"),
}


class SafeContactForm(SafeContactFields, PageForm):
    """A form for contact wishes.

    ``given`` contains the kinds of contact detail that the person has.
    """

    how = RadiosField(
        _l("How may we contact you?"),
        required=_l("Select how we may contact you"),
        choices=[
            Choice(ANY, _l("At any address or number that I have given you")),
            Choice(CHOSEN, _l("Only in the ways that I say are safe")),
            Choice(
                NONE,
                _l("Do not contact me"),
                _l(
                    "We will not send you any messages or reminders, except links that you ask "
                    "for. You can change this later."
                ),
            ),
        ],
    )

    def __init__(
        self, *, given: Collection[ContactKind], current: ContactPreferences | None, **more: Any
    ) -> None:
        super().__init__(data=_initial_data(current), **more)
        self.given = given

    def validate(self, extra_validators: Any = None) -> bool:
        """Require a contact detail for each selected contact method."""
        valid = bool(super().validate(extra_validators))
        if self.how.data == CHOSEN:
            return check_methods(self, self.given, require_all=False) and valid
        return valid

    def to_command(self) -> ContactPreferences | None:
        """Return the contact wishes, or None if the person has none."""
        if self.how.data == NONE:
            return ContactPreferences(silent=True)
        return wishes_from_form(self) if self.how.data == CHOSEN else None


def _initial_data(current: ContactPreferences | None) -> dict[str, Any]:
    if current is None:
        return {"how": ANY, "voicemail": NO, "others": NO}
    return {
        "how": NONE if current.silent else CHOSEN,
        "ways": current.ways,
        "days": current.days,
        "hours": current.hours,
        "voicemail": YES if current.voicemail else NO,
        "others": YES if current.others_may_answer else NO,
        "say": current.say_we_are,
    }


class StaffSafeContactForm(StaffSafeContactFields, SafeContactForm):
    """`SafeContactForm` with wording for staff."""

    how = RadiosField(
        _l("How may we contact them?"),
        required=_l("Select how we may contact them"),
        choices=[
            Choice(ANY, _l("At any address or number that they have given us")),
            Choice(CHOSEN, _l("Only in the ways that they say are safe")),
            Choice(
                NONE,
                _l("Do not contact them"),
                _l("We will not send them any messages, except links that they ask for."),
            ),
        ],
    )
