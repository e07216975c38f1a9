"""Forms for listing, exporting and adding people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.areas.forms import WardsForm
from app.changes.forms import STAFF_GENERAL, StaffContactForm
from app.core import clock
from app.core.limits import LONGEST_REASON
from app.core.registry import PeopleFilter
from app.organisations.forms import OrganisationNameField
from app.organisations.types import LONGEST_NAME as LONGEST_ORGANISATION
from app.organisations.types import NetworkChoice
from app.people import wording
from app.people.forms import StaffSafeContactFields, check_methods, wishes_from_form
from app.people.same_person import PersonDetails, PossibleMatch
from app.people.types import (
    LONGEST_NAME,
    LONGEST_REFERENCE,
    LONGEST_TRAINING,
    Basis,
    Claim,
    ContactKind,
    Interest,
    PersonState,
    PlaceAnswer,
    Registration,
    Source,
)
from app.web.fields import (
    CheckboxesField,
    Choice,
    ConfirmField,
    FilterForm,
    FullNameField,
    MonthOrYearField,
    PageForm,
    PostcodeField,
    RadiosField,
    SearchField,
    SelectField,
    TextAreaField,
    TextField,
)

ANY_STATE = "any"
CSV, EXCEL = "csv", "xlsx"


class ListFilter(FilterForm):
    """Filters for the list of people. Other packages can add filters (`create_filter_form`)."""

    q = SearchField(_l("Name, email or phone"))
    state = SelectField(_l("Status"), blank=_l("In the network"))
    network = SelectField(_l("Network"), blank=_l("Any or none"))
    place = SelectField(_l("Lives, works or helps in"), blank=_l("Anywhere"))

    def __init__(
        self,
        *,
        networks: Sequence[tuple[str, str]],
        places: Sequence[tuple[str, str]],
        extra_filters: Sequence[PeopleFilter],
        **kwargs: Any,
    ) -> None:
        self.choices_by_field = {"network": networks, "place": places}
        self.extra_filters = extra_filters
        super().__init__(**kwargs)

    def validate(self, extra_validators: Any = None) -> bool:
        """Require every value to be one of the choices for this reader."""
        for name, choices in self.choices_by_field.items():
            self[name].choices = choices
        self.state.choices = [
            *((state.value, wording.STATES[state]) for state in PersonState),
            (ANY_STATE, _l("Any")),
        ]
        return bool(super().validate(extra_validators))


class DuplicateSearch(FilterForm):
    """A form for finding another record of the same person."""

    q = SearchField(_l("Name, email or phone"))


def create_filter_form(
    networks: Sequence[tuple[str, str]],
    places: Sequence[tuple[str, str]],
    extra_filters: Sequence[PeopleFilter],
    **kwargs: Any,
) -> ListFilter:
    """Return the filter form, including the filters of other packages."""
    extra_fields = {
        each.name: SelectField(each.label, blank=_l("Any"), choices=each.choices)
        for each in extra_filters
    }
    form_class: type[ListFilter] = type("ListFilter", (ListFilter,), extra_fields)
    return form_class(networks=networks, places=places, extra_filters=extra_filters, **kwargs)


class ExportForm(PageForm):
    """A form for the reason for an export and the type of file."""

    reason = TextAreaField(
        _l("What do you need this list for?"),
        required=_l("Enter what you need this list for"),
        hint=_l(
            "We keep your answer with your name and the time, so that others can check it later."
        ),
        rows=3,
        max_length=LONGEST_REASON,
    )
    kind = RadiosField(
        _l("What type of file?"),
        required=_l("Select a type of file"),
        choices=[Choice(EXCEL, _l("Excel")), Choice(CSV, _l("CSV"))],
        default=EXCEL,
        inline=True,
    )


class WardForm(WardsForm):
    """A form for choosing a ward."""

    ward = SelectField(_l("Ward"), required=_l("Select the ward"), blank=_l("Select the ward"))


class AddPersonForm(StaffSafeContactFields, StaffContactForm):
    """A form that staff use to register a person."""

    safe_to_call = ConfirmField(_l("They say it is safe for us to call this number"))
    careful = ConfirmField(_l("They want us to be careful when we contact them"))
    name = FullNameField(
        _l("Full name"),
        required=_l("Enter their full name"),
        max_length=LONGEST_NAME,
        autocomplete="off",
    )
    over_18 = ConfirmField(
        _l("They have told us that they are 18 or over"),
        required=_l("Confirm that they are 18 or over. People under 18 cannot join"),
    )
    networks = CheckboxesField(_l("Which networks do they belong to? (optional)"), small=True)
    general = RadiosField(
        _l("May the team see them and count them as a general champion too?"),
        hint=_l("Only ask this question if they do not select any other network."),
        choices=STAFF_GENERAL,
        small=True,
    )
    interest = RadiosField(
        _l("Which role would they like?"),
        required=_l("Select the role they would like"),
        choices=[(interest.value, wording.INTERESTS[interest]) for interest in Interest],
    )
    course = TextField(_l("Course they completed"), optional=True, max_length=LONGEST_TRAINING)
    provider = TextField(_l("Who trained them"), optional=True, max_length=LONGEST_TRAINING)
    awarded = MonthOrYearField(
        _l("When they finished it (optional)"), latest=clock.today, error_name=_l("Month")
    )
    number = TextField(
        _l("Certificate number"), optional=True, max_length=LONGEST_REFERENCE, width=20
    )
    organisation = OrganisationNameField(
        _l("Organisation"), optional=True, max_length=LONGEST_ORGANISATION, autocomplete="off"
    )
    home = PostcodeField(_l("Home postcode"), optional=True)
    home_ward = SelectField(
        _l("Ward they live in (optional)"),
        blank=_l("Not known"),
        hint=_l("We use this if we do not know which ward the postcode is in."),
    )
    work = PostcodeField(_l("Work postcode"), optional=True)
    help_in = CheckboxesField(_l("Areas where they could help (optional)"), small=True)
    protected = ConfirmField(_l("Do not keep their postcode. Keep only the ward"))
    notice = RadiosField(
        _l("How were they given the privacy notice?"),
        required=_l("Select how they were given the privacy notice"),
        choices=[
            Choice("read out", _l("Read out to them")),
            Choice("on paper", _l("On paper")),
        ],
    )
    approve = ConfirmField(_l("Approve them now"))
    different = CheckboxesField(
        _l("Does this person already have a record?"),
        hint=_l("Open each record below. Select the records that belong to somebody else."),
        rows="people",
        small=True,
    )

    def __init__(
        self,
        *,
        all_networks: Sequence[NetworkChoice],
        wards: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.networks.choices = [Choice(network.slug, network.name) for network in all_networks]
        self.sensitive = {network.slug for network in all_networks if network.sensitive}
        if not self.sensitive:
            del self.general
        self.home_ward.choices = wards
        self.help_in.choices = wards

    @property
    def details(self) -> PersonDetails:
        """Return the details for finding matching people. The form can be incomplete."""
        return PersonDetails(
            self.name.data or "",
            emails=[self.email.address] if self.email.address else [],
            phones=[self.phone.e164] if self.phone.e164 else [],
            postcodes=[each for each in (self.home.postcode, self.work.postcode) if each],
        )

    def ask_about_matches(self, matches: Sequence[PossibleMatch]) -> None:
        """Ask whether the new person is one of these people. Do nothing if there are none."""
        self.different.choices = [
            Choice(each.id, _("%(name)s is somebody else", name=each.name)) for each in matches
        ]
        if not matches:
            del self.different

    def validate(self, extra_validators: Any = None) -> bool:
        """Require a course from trained people, and an answer about general champions if asked.

        All possible matches must be marked as different people.
        """
        valid = super().validate(extra_validators)
        if "different" in self and len(self.different.data) < len(self.different.choices):
            self.different.errors = [
                _(
                    "This person may already have a record. Check the people on this page before "
                    "you add them"
                )
            ]
            valid = False
        if self.interest.data == Interest.TRAINED and not self.course.data:
            self.course.errors = [_("Enter the course they did")]
            valid = False
        if self._needs_general_answer and self.general.data is None:
            self.general.errors = [
                _(
                    "Select yes if the whole team may see this person and include them in its "
                    "figures"
                )
            ]
            valid = False
        if self.careful.data:
            kinds = [kind for kind in ContactKind if self[kind.value].data]
            valid = check_methods(self, kinds, require_all=True) and valid
        return valid

    @property
    def _needs_general_answer(self) -> bool:
        """Whether the person chose only sensitive networks."""
        return bool(self.networks.data) and self.sensitive.issuperset(self.networks.data)

    def to_command(self, notice_version: int) -> Registration:
        """Return the submitted registration."""
        return Registration(
            full_name=self.name.data,
            interest=Interest(self.interest.data),
            over_18=bool(self.over_18.data),
            networks=tuple(self.networks.data),
            general=self.general.data == "yes" if self._needs_general_answer else None,
            organisation=self.organisation.data or None,
            email=self.email.address,
            phone=self.phone.e164,
            post=self.post.data or None,
            preferred=self.preferred_kind,
            safe_to_call=bool(self.safe_to_call.data and self.phone.e164),
            wishes=wishes_from_form(self) if self.careful.data else None,
            places=tuple(self._places()),
            protected=bool(self.protected.data),
            claim=self._claim(),
            notice_version=notice_version,
            source=Source.STAFF,
        )

    def _places(self) -> list[PlaceAnswer]:
        places = []
        if self.home.postcode or self.home_ward.data:
            places.append(PlaceAnswer(Basis.LIVES, self.home.postcode, self.home_ward.data or None))
        if self.work.postcode:
            places.append(PlaceAnswer(Basis.WORKS, self.work.postcode))
        places += [PlaceAnswer(Basis.COULD_HELP, ward=code) for code in self.help_in.data]
        return places

    def _claim(self) -> Claim | None:
        if not self.course.data:
            return None
        year, month = self.awarded.year_and_month
        return Claim(
            course=self.course.data,
            provider=self.provider.data,
            month=month,
            year=year,
            certificate_number=self.number.data or None,
        )
