"""Forms for needs, requests and assignments."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.areas.types import AreaKind, Place
from app.core.limits import LONGEST_PURPOSE, LONGEST_REASON
from app.matching.needs import MAX_PLACES, NeedChoices
from app.matching.optimum.problem import MAX_PRIORITY
from app.matching.types import NeedChanges, NeedRow, NewNeed
from app.web.fields import (
    ChangeForm,
    Choice,
    HiddenField,
    NumberField,
    PageForm,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
)

YES, NO = "yes", "no"
KEEP, END = "keep", "end"


def area_label(place: Place) -> str:
    """Return the name of an area with its kind, because a town and a ward can share a name."""
    kinds = {
        AreaKind.DISTRICT: _("%(name)s (anywhere in the district)", name=place.name),
        AreaKind.TOWN: _("%(name)s (town)", name=place.name),
        AreaKind.VILLAGE: _("%(name)s (village)", name=place.name),
        AreaKind.LOCALITY: _("%(name)s (locality)", name=place.name),
        AreaKind.WARD: _("%(name)s (ward)", name=place.name),
    }
    return str(kinds.get(place.kind, place.name))


class ChangeNeedForm(ChangeForm):
    """A form to change an open need."""

    places = NumberField(
        _l("How many people are needed?"),
        required=_l("Enter how many people are needed"),
        minimum=1,
        maximum=MAX_PLACES,
        width=3,
    )
    priority = NumberField(
        _l("Priority"),
        hint=_l("From 1 to 100. Matching fills needs with a higher priority first."),
        required=_l("Enter a priority from 1 to 100"),
        minimum=1,
        maximum=MAX_PRIORITY,
        width=3,
        default=50,
    )
    what_for = TextAreaField(
        _l("What are the champions needed for?"),
        hint=_l("The people you ask will read this. Do not name anybody in it."),
        required=_l("Enter what the champions are needed for"),
        max_length=LONGEST_PURPOSE,
        rows=4,
    )
    setting = TextField(
        _l("Where will the champions meet people?"),
        hint=_l("For example, the livestock market or a library"),
        optional=True,
    )
    times = TextField(
        _l("When?"),
        hint=_l("For example, one Friday morning a month"),
        optional=True,
    )
    contact = TextField(
        _l("Who can champions ask about this need?"),
        hint=_l("A name, and a phone number or an email address"),
        required=_l("Enter the name of somebody champions can contact about this need"),
    )

    @classmethod
    def from_need(cls, need: NeedRow) -> ChangeNeedForm:
        """Return a form filled in with the current values of a need."""
        names = ("places", "priority", "what_for", "setting", "times", "contact")
        return cls(data={name: getattr(need, name) for name in names})

    def to_changes(self) -> NeedChanges:
        """Return the submitted changes."""
        return NeedChanges(
            places=self.places.data or 0,
            priority=self.priority.data or 0,
            what_for=self.what_for.data,
            setting=self.setting.data,
            times=self.times.data,
            contact=self.contact.data,
        )


class NeedForm(ChangeNeedForm):
    """A form to create a need."""

    area = SelectField(
        _l("Where are champions needed?"), blank=_l("Choose"), required=_l("Choose an area")
    )
    network = SelectField(
        _l("From which network?"),
        blank=_l("Any network"),
        hint=_l("Choose a network only if the champions must belong to it."),
    )
    kind = SelectField(
        _l("Which training do the champions need?"),
        blank=_l("Any training that qualifies a champion"),
    )

    def __init__(self, *, choices: NeedChoices, **options: Any) -> None:
        super().__init__(**options)
        self.area.choices = [(place.code, area_label(place)) for place in choices.areas]
        self.network.choices = choices.networks
        self.kind.choices = choices.kinds

    def to_command(self) -> NewNeed:
        """Return the details of the new need."""
        changes = self.to_changes()
        return NewNeed(
            area=self.area.data or "",
            network=self.network.data,
            kind=self.kind.data,
            places=changes.places,
            priority=changes.priority,
            what_for=changes.what_for,
            setting=changes.setting,
            times=changes.times,
            contact=changes.contact,
        )


class CloseNeedForm(PageForm):
    """A form to close a need and choose whether its assignments end."""

    serving = RadiosField(
        _l("What should happen to the people who are helping now?"),
        choices=[
            Choice(
                KEEP,
                _l("They carry on helping"),
                hint=_l("We will still count them as helping in the area."),
            ),
            Choice(
                END,
                _l("They stop helping today"),
                hint=_l("We will not write to them, so tell them yourself."),
            ),
        ],
        default=KEEP,
        required=_l("Choose whether the people who are helping now should carry on"),
    )


class EndAssignmentForm(PageForm):
    """A form to end an assignment and give the reason."""

    reason = TextAreaField(
        _l("Why are they stopping?"),
        hint=_l("Only staff can see this."),
        required=_l("Enter a reason"),
        max_length=LONGEST_REASON,
        rows=3,
    )


class RecordAnswerForm(PageForm):
    """A form to record a person's answer to a request, given by phone or in person."""

    answer = RadiosField(
        _l("What did they say?"),
        choices=[Choice(YES, _l("Yes, they will help")), Choice(NO, _l("No"))],
        required=_l("Select what the person said"),
    )
    reason = TextAreaField(
        _l("Why not?"),
        hint=_l("Enter the reason if they gave one. We will not ask them about this need again."),
        optional=True,
        max_length=LONGEST_REASON,
        rows=3,
    )


class AnswerForm(PageForm):
    """A form to answer a request. The reason is only for people who say no."""

    answer = HiddenField(default=NO)
    reason = TextAreaField(
        _l("Would you like to tell us why?"),
        optional=True,
        max_length=LONGEST_REASON,
        rows=3,
    )
