"""Forms for finding a course and booking places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.changes.change_source_form import ChangeSourceForm
from app.core.limits import LONGEST_REASON
from app.courses.types import (
    MAX_HELD_PLACES,
    HeldPlaces,
    NewAttendee,
    RunFacts,
    Town,
    TrainerAccess,
    TypeFacts,
)
from app.organisations.types import OrganisationChoice
from app.web.fields import (
    Choice,
    ConfirmField,
    EmailField,
    FilterForm,
    FullNameField,
    NumberField,
    PageForm,
    PhoneField,
    RadiosField,
    SelectField,
    TextAreaField,
)

TEAM = "team"  # an option in the list of organisations
NEEDS_HINT = _l(
    "For example, a hearing loop or step-free access. We delete this 3 months after the course."
)
OWN_TRAINER_ACCESS = [
    Choice(TrainerAccess.NAME.value, _l("My name and what I need")),
    Choice(TrainerAccess.NEEDS.value, _l("What I need, but not my name")),
    Choice(TrainerAccess.NOTHING.value, _l("Nothing")),
]
STAFF_TRAINER_ACCESS = [
    Choice(TrainerAccess.NAME.value, _l("Their name and what they need")),
    Choice(TrainerAccess.NEEDS.value, _l("What they need, but not their name")),
    Choice(TrainerAccess.NOTHING.value, _l("Nothing")),
]
TRAINER_ACCESS_HINT = _l(
    "You will keep your place whatever you choose. If the trainer cannot see your"
    " name, somebody else in the team will record that you were there."
)


class CatalogueFilter(FilterForm):
    """A form to filter the catalogue, submitted in the query string."""

    near = SelectField(_l("Near"), blank=_l("Anywhere"))
    course = SelectField(_l("Course"), blank=_l("All courses"))

    def set_choices(self, towns: Sequence[Town], types: Sequence[TypeFacts]) -> CatalogueFilter:
        """Set the options of the fields, validate the form and return it."""
        self.near.choices = [(town.code, town.name) for town in towns]
        self.course.choices = [(kind.slug, kind.name) for kind in types]
        self.validate()
        return self


def _trainer_access_field(choices: Sequence[Choice], hint: object) -> RadiosField:
    return RadiosField(
        _l("What can the trainer see?"),
        required=_l("Select what the trainer can see"),
        choices=choices,
        hint=hint,
    )


def _staff_access_needs_field() -> TextAreaField:
    return TextAreaField(
        _l("What they need to take part"),
        optional=True,
        hint=_l("Only enter information that they have given you and agreed that you can record"),
        max_length=LONGEST_REASON,
        rows=3,
    )


class BookPlaceForm(PageForm):
    """A form for champions to book a place."""

    access_needs = TextAreaField(
        _l("Is there anything you need to take part?"),
        optional=True,
        hint=NEEDS_HINT,
        max_length=LONGEST_REASON,
        rows=3,
    )
    trainer_reads = _trainer_access_field(OWN_TRAINER_ACCESS, TRAINER_ACCESS_HINT)


class AccessNeedsForm(BookPlaceForm):
    """A form for champions to change their access needs and what the trainer can see."""


class StaffAccessNeedsForm(ChangeSourceForm):
    """A form for staff to change a person's access needs. The current ones are not shown."""

    access_needs = TextAreaField(
        _l("What they need to take part"),
        optional=True,
        hint=_l(
            "This replaces what they told us before, which we do not show here. Only enter "
            "information that they have agreed that you can record."
        ),
        max_length=LONGEST_REASON,
        rows=3,
    )
    trainer_reads = _trainer_access_field(STAFF_TRAINER_ACCESS, _l("Ask them this question"))


class NamedAttendeeForm(PageForm):
    """A form to add an attendee without a record: from an organisation or as a walk-in."""

    name = FullNameField(_l("Full name"), required=_l("Enter their full name"))
    email = EmailField(
        _l("Email address"),
        optional=True,
        check_domain=True,
        hint=_l("We will send them an email about the course"),
    )
    phone = PhoneField(
        _l("Phone number"),
        optional=True,
        hint=_l("Enter an email address or a phone number if you can, so that we can contact them"),
    )
    is_somebody_else = ConfirmField(_l("This is somebody else with a similar name"))
    organisation = SelectField(
        _l("Organisation"),
        optional=True,
        blank=_l("None, or not in this list"),
        rows="organisations",
    )
    place = SelectField(
        _l("Place"),
        blank=_l("A new place"),
        rows="bookings",
        hint=_l("You can hold places for people you cannot name yet"),
    )
    access_needs = _staff_access_needs_field()
    trainer_reads = _trainer_access_field(STAFF_TRAINER_ACCESS, _l("Ask the person this question"))

    def set_choices(
        self,
        organisations: Sequence[OrganisationChoice],
        held_places: Sequence[HeldPlaces],
        *,
        is_for_trainer: bool,
    ) -> NamedAttendeeForm:
        """Set the options of the fields and return the form.

        Set `is_for_trainer` if the run's trainer is adding the attendee. The trainer knows the
        name, so the form does not ask whether to show it to the trainer.
        """
        if is_for_trainer:
            del self.trainer_reads
        self.organisation.choices = [(each.id, each.name) for each in organisations]
        self.place.choices = [
            (
                each.booking_id,
                _(
                    "%(organisation)s (%(number)s left)",
                    organisation=each.organisation or _("Held by you"),
                    number=each.headcount,
                ),
            )
            for each in held_places
        ]
        return self

    def to_command(self, *, walk_in: bool) -> NewAttendee:
        """Return the details of the new attendee."""
        return NewAttendee(
            name=self.name.data,
            email=self.email.address,
            phone=self.phone.e164,
            access_needs=self.access_needs.data or None,
            organisation_id=self.organisation.data,
            from_booking_id=self.place.data,
            walk_in=walk_in,
            is_somebody_else=self.is_somebody_else.data,
            trainer_reads=(
                TrainerAccess(self.trainer_reads.data)
                if self.trainer_reads is not None
                else TrainerAccess.NAME
            ),
        )


class KnownPersonForm(PageForm):
    """A form for trainers to book somebody from one of their own courses."""

    person = SelectField(
        _l("Person"),
        blank=_l("Choose"),
        rows="people",
        required=_l("Choose a person"),
        hint=_l("These are the people on your courses"),
    )
    access_needs = _staff_access_needs_field()

    def set_choices(self, people: Mapping[int, str]) -> KnownPersonForm:
        """Set the people to choose from, as names by person ID."""
        self.person.choices = list(people.items())
        return self


class HoldPlacesForm(PageForm):
    """A form to hold places for people who will be named later."""

    organisation = SelectField(
        _l("Who will give the names?"),
        blank=_l("Choose"),
        rows="organisations",
        required=_l("Choose who will give the names"),
        hint=_l("Only you can release places that you hold for the team"),
    )
    headcount = NumberField(
        _l("How many places?"),
        required=_l("Enter how many places"),
        minimum=1,
        maximum=MAX_HELD_PLACES,
        width=2,
    )

    def set_choices(self, organisations: Sequence[OrganisationChoice]) -> HoldPlacesForm:
        """Set the organisations to choose from and return the form."""
        named = [(each.id, each.name) for each in organisations]
        self.organisation.choices = [(TEAM, _("The team")), *named]
        return self

    def organisation_id(self) -> int | None:
        """Return the organisation that will name the people, or None for the team."""
        chosen: int | str = self.organisation.data
        return chosen if isinstance(chosen, int) else None


class BookPersonForm(PageForm):
    """A form for staff to book a course for a person."""

    run = SelectField(
        _l("Course"), blank=_l("Choose"), rows="course_runs", required=_l("Choose a course")
    )
    access_needs = _staff_access_needs_field()
    trainer_reads = _trainer_access_field(STAFF_TRAINER_ACCESS, _l("Ask the person this question"))

    def set_choices(self, runs: Sequence[RunFacts], labels: Sequence[str]) -> BookPersonForm:
        """Set the runs to choose from, with their labels, and return the form."""
        self.run.choices = [(run.id, text) for run, text in zip(runs, labels, strict=True)]
        return self
