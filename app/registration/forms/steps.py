"""The forms of the registration pages. The draft must fit in a cookie, so inputs are short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.changes.forms import CONTACT_KIND_CHOICES, word_field
from app.core import clock
from app.organisations.forms import DidYouMeanField, OrganisationNameField
from app.organisations.types import LONGEST_NAME as LONGEST_ORGANISATION
from app.people.forms import NO, YES, SafeContactFields, check_methods, wishes_from_form
from app.people.safety.types import ContactPreferences
from app.people.types import (
    LONGEST_ADDRESS,
    LONGEST_NAME,
    LONGEST_REFERENCE,
    LONGEST_TRAINING,
    Basis,
    Claim,
    ContactKind,
)
from app.registration.wards import WardQuestion
from app.web.fields import (
    CheckboxesField,
    Choice,
    ConfirmField,
    EmailField,
    FullNameField,
    MonthOrYearField,
    PageForm,
    PhoneField,
    PostcodeField,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
)

UNKNOWN = "unknown"


class StartForm(PageForm):
    """A form for the person's name, and whether they are 18 or over."""

    over_18 = RadiosField(
        _l("Are you 18 or over?"),
        required=_l("Select yes if you are 18 or over"),
        choices=[Choice(YES, _l("Yes")), Choice(NO, _l("No"))],
        inline=True,
    )
    name = FullNameField(
        _l("Full name"), required=_l("Enter your full name"), max_length=LONGEST_NAME
    )

    @property
    def is_too_young(self) -> bool:
        """Whether the person said they are under 18."""
        return bool(self.over_18.data == NO)


def _latest_month() -> Any:
    return clock.today()


class TrainingForm(PageForm):
    """A form for previous training."""

    course = TextField(
        _l("Name of the course"),
        required=_l("Enter the name of the course"),
        hint=_l("For example, Adult MHFA. Your best guess will do."),
        max_length=LONGEST_TRAINING,
    )
    provider = TextField(
        _l("Who trained you?"),
        required=_l("Enter who trained you"),
        hint=_l("The company, charity or trainer. Your best guess will do."),
        max_length=LONGEST_TRAINING,
    )
    awarded = MonthOrYearField(
        _l("When did you finish it?"), latest=_latest_month, error_name=_l("The month")
    )
    unknown = ConfirmField(_l("I do not know when"))
    number = TextField(
        _l("Certificate number"),
        optional=True,
        hint=_l("Only enter this if your certificate has one. You don’t need to look for it now."),
        max_length=LONGEST_REFERENCE,
        width=20,
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Require a year, with or without a month, or "I do not know when"."""
        super().validate(extra_validators)
        if self.unknown.data:
            self.awarded.clear()
        elif not self.awarded.errors and self.awarded.data is None:
            self.awarded.errors = [
                _("Enter the month and year, or only the year, or select “I do not know when”")
            ]
        return not self.errors

    def to_command(self) -> Claim:
        """Return the submitted training."""
        year, month = self.awarded.year_and_month
        return Claim(
            course=self.course.data,
            provider=self.provider.data,
            month=month,
            year=year,
            certificate_number=self.number.data or None,
        )


@dataclass(frozen=True)
class ContactDetails:
    """The contact details and organisation of an applicant."""

    email: str | None
    phone: str | None
    post: str | None
    preferred: ContactKind | None
    organisation: str | None
    safe_to_call: bool = False
    wishes: ContactPreferences | None = None


class ContactForm(SafeContactFields, PageForm):
    """A form for contact details and the person's organisation.

    At least one contact detail is required.
    """

    email = EmailField(_l("Email address"), optional=True, check_domain=True)
    phone = PhoneField(_l("Phone number"), optional=True)
    safe_to_call = ConfirmField(_l("It is safe for us to call this number"))
    post = TextAreaField(
        _l("Postal address"),
        optional=True,
        rows=4,
        hint=_l("This can be an address where you collect letters."),
    )
    preferred = RadiosField(
        _l("If you gave more than one, which should we try first?"),
        choices=CONTACT_KIND_CHOICES,
        inline=True,
    )
    careful = RadiosField(
        _l("Do we need to be careful when we contact you? (optional)"),
        choices=[
            Choice(NO, _l("No")),
            Choice(YES, _l("Yes, for example because somebody else sees my messages")),
        ],
    )
    organisation = OrganisationNameField(
        _l("Organisation"),
        optional=True,
        hint=_l(
            "Enter where you work or volunteer, if you would like to tell us. If the organisation "
            "has an agreement with us, it can then see your details."
        ),
        max_length=LONGEST_ORGANISATION,
    )

    meant = DidYouMeanField(_l("Did you mean one of these organisations?"))

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.meant.set_choices(self.organisation.data or "")

    def validate(self, extra_validators: Any = None) -> bool:
        """Require a contact detail, and a preferred one if there are several."""
        valid = bool(super().validate(extra_validators))
        given = [kind.value for kind in ContactKind if self[kind.value].data]
        has_errors = any(self[kind.value].errors for kind in ContactKind)
        if not given and not has_errors:
            self.email.errors = [_("Enter an email address, a phone number or a postal address")]
            return False
        valid = self._check_preferred(given) and valid
        if len(self.post.data) > LONGEST_ADDRESS:
            self.post.errors = [
                _("Postal address must be %(most)s characters or less", most=LONGEST_ADDRESS)
            ]
            valid = False
        if self.careful.data == YES:
            kinds = [ContactKind(value) for value in given]
            valid = check_methods(self, kinds, require_all=True) and valid
        if self.organisation.data and self.meant.resolve(self.organisation.data) is None:
            return False
        return valid

    def _check_preferred(self, given: Sequence[str]) -> bool:
        """Return whether the preferred contact detail was selected and filled in."""
        preferred = self.preferred.data
        if preferred and preferred not in given:
            self.preferred.errors = [
                _("Enter the address or number we should try first, or select a different one")
            ]
            return False
        if not preferred and len(given) > 1:
            self.preferred.errors = [_("Select whether we should try email, phone or post first")]
            return False
        return True

    def to_command(self) -> ContactDetails:
        """Return the submitted contact details."""
        return ContactDetails(
            email=self.email.address,
            phone=self.phone.e164,
            post=self.post.data or None,
            preferred=ContactKind(self.preferred.data) if self.preferred.data else None,
            organisation=self.meant.data or self.organisation.data or None,
            safe_to_call=bool(self.safe_to_call.data and self.phone.e164),
            wishes=wishes_from_form(self) if self.careful.data == YES else None,
        )


class PlacesForm(PageForm):
    """A form for where the person lives, works or could help.

    ``has_kept_area`` is True if the draft has a place whose postcode was removed.
    """

    home = PostcodeField(_l("Home postcode"), optional=True)
    work = PostcodeField(
        _l("Work postcode"),
        optional=True,
        hint=_l("You can enter the postcode of the place where you volunteer instead."),
    )
    wards = CheckboxesField(_l("Areas where you could help"), small=True)

    def __init__(
        self, *, wards: Sequence[tuple[str, str]], has_kept_area: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.wards.choices = wards
        self.has_kept_area = has_kept_area

    def validate(self, extra_validators: Any = None) -> bool:
        """Require at least one place."""
        valid = bool(super().validate(extra_validators))
        is_empty = not (self.home.data or self.work.data or self.wards.data or self.has_kept_area)
        if is_empty and valid:
            self.home.errors = [_("Enter a postcode, or select an area where you could help")]
            return False
        return valid

    def postcodes(self) -> dict[Basis, str]:
        """Return the postcodes that were entered, by basis."""
        given = {Basis.LIVES: self.home.postcode, Basis.WORKS: self.work.postcode}
        return {basis: postcode for basis, postcode in given.items() if postcode}


class AreaForm(PageForm):
    """A form for the person's ward, and whether we can keep their postcode.

    Fields that do not apply are removed (see WardQuestion).
    """

    home_near = RadiosField(
        _l("Which ward do you live in?"),
        required=_l("Select the ward you live in, or “I do not know”"),
        hint=_l(
            "The wards nearest to your postcode are first, but yours may be further down. You can "
            "select “I do not know”."
        ),
    )
    home_any = SelectField(
        _l("Which ward do you live in?"), blank=_l("I do not know, or skip this")
    )
    work_near = RadiosField(
        _l("Which ward do you work in?"),
        required=_l("Select the ward you work in, or “I do not know”"),
        hint=_l(
            "The wards nearest to your work postcode are first, but the right one may be further "
            "down. You can select “I do not know”."
        ),
    )
    work_any = SelectField(_l("Which ward do you work in?"), blank=_l("I do not know"))
    protected = RadiosField(
        _l("Could it harm you if somebody found out where you live?"),
        required=_l("Select yes if we should not keep your postcode, or no if we can keep it"),
        choices=[
            Choice(NO, _l("No, keep my postcode")),
            Choice(YES, _l("Yes, or I am not sure – do not keep my postcode")),
        ],
    )
    ward = SelectField(
        _l("Which ward should we keep instead of your postcode?"),
        blank=_l("No ward: keep only the district"),
    )

    def __init__(
        self,
        *,
        home: WardQuestion,
        work: WardQuestion,
        all_wards: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.questions = {Basis.LIVES: home, Basis.WORKS: work}
        for basis, prefix in ((Basis.LIVES, "home"), (Basis.WORKS, "work")):
            question = self.questions[basis]
            self._remove_unless(f"{prefix}_near", bool(question.nearest))
            self._remove_unless(f"{prefix}_any", question.ask and not question.nearest)
            if question.nearest:
                self[f"{prefix}_near"].choices = [
                    *question.nearest,
                    Choice(UNKNOWN, _l("I do not know, or another ward")),
                ]
            elif question.ask:
                self[f"{prefix}_any"].choices = all_wards
        self._remove_unless("ward", home.ward is not None)
        if "ward" in self:
            self.ward.choices = all_wards
            if not self.ward.raw_data:
                self.ward.data = home.ward

    def _remove_unless(self, name: str, needed: bool) -> None:
        if not needed:
            del self[name]

    @property
    def is_protected(self) -> bool:
        """Whether the person asked us not to keep their postcode."""
        return bool(self.protected.data == YES)

    def selected_ward(self, basis: Basis) -> str | None:
        """Return the code of the known or selected ward, or None for "I do not know"."""
        prefix = "home" if basis is Basis.LIVES else "work"
        for name in (f"{prefix}_near", f"{prefix}_any"):
            if name in self:
                selected = self[name].data
                return selected if selected and selected != UNKNOWN else None
        if basis is Basis.LIVES and "ward" in self and self.is_protected:
            return self.ward.data or None
        return self.questions[basis].ward


class CheckForm(PageForm):
    """A form that sends the registration.

    People who choose a sensitive network can also set a memorable word.
    """

    word = word_field(
        _l("Your memorable word (optional)"),
        hint=_l("Use 6 letters or more. Capital letters do not matter."),
    )

    def __init__(self, *, offers_word: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not offers_word:
            del self.word

    @property
    def chosen_word(self) -> str | None:
        """The memorable word, or None."""
        return (self.word.data or None) if "word" in self else None


class SaveForm(PageForm):
    """A form that asks for an email address, to which a link to a saved draft is sent."""

    email = EmailField(_l("Email address"), required=_l("Enter an email address"))


class CorrectAddressForm(PageForm):
    """A form for correcting the email address of a registration."""

    email = EmailField(
        _l("Email address"), required=_l("Enter your email address"), check_domain=True
    )
