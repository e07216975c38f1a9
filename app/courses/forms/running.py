"""Forms for scheduling and changing course runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.limits import LONGEST_REASON
from app.courses.types import (
    MAX_LINK_LENGTH,
    DraftDay,
    NewRun,
    RunDraft,
    RunFacts,
    SessionTimes,
    TypeFacts,
)
from app.people.types import LONGEST_REFERENCE
from app.web.fields import (
    ChangeForm,
    ConfirmField,
    DateField,
    LinkField,
    NumberField,
    PageForm,
    PostcodeField,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
    TimeField,
)

MAX_DAYS = 6
MAX_PLACES = 100
MAX_FEE_POUNDS = 2000
PAGE_ORDER = (
    "cut_off_on", "venue", "postcode", "link", "capacity", "exception_reference", "minimum",
    "accepts_low_minimum", "fee", "reference", "trainer",
)  # fmt: skip


def count_sessions(kind: TypeFacts) -> int:
    """Return the number of sessions in a run of this type. Half a day counts as one."""
    return max(1, min(MAX_DAYS, round(kind.days + 0.25)))


def _draft_day(day: Any, starts: Any, ends: Any) -> DraftDay:
    on = None if day.errors else day.data
    times = [None if each.errors else each.time for each in (starts, ends)]
    return DraftDay(
        on, *(clock.london_instant(on, each) if on and each else None for each in times)
    )


class CourseTypeForm(PageForm):
    """A form to choose the type of course to run."""

    course_type = RadiosField(
        _l("Which course do you want to run?"), required=_l("Choose a course")
    )


class RunForm(ChangeForm):
    """A form for the details of a run. `run_form` adds fields for the days."""

    venue = TextField(
        _l("Venue"),
        required=_l("Enter the venue, or “Online”"),
        hint=_l("For example, Village Hall, Church Street, Watton"),
    )
    postcode = PostcodeField(
        _l("Postcode of the venue"),
        optional=True,
        hint=_l("People use this to find courses near them. Leave it empty for an online course."),
    )
    link = LinkField(
        _l("Web address (online courses only)"),
        optional=True,
        hint=_l("Only people who have a place can see this"),
        max_length=MAX_LINK_LENGTH,
    )
    capacity = NumberField(
        _l("How many people can take part?"),
        required=_l("Enter how many people can take part"),
        minimum=1,
        maximum=MAX_PLACES,
        width=3,
    )
    exception_reference = TextField(
        _l("Agreement for extra people"),
        optional=True,
        hint=_l(
            "If the awarding body has agreed to more people, enter the reference for its agreement"
        ),
        max_length=LONGEST_REFERENCE,
        width=20,
    )
    minimum = NumberField(
        _l("How many people are needed for the course to go ahead?"),
        required=_l("Enter how many people are needed"),
        minimum=1,
        maximum=MAX_PLACES,
        width=3,
    )
    accepts_low_minimum = ConfirmField(_l("I understand that this is fewer than recommended"))
    cut_off_on = DateField(
        _l("Last day to book"),
        error_name=_l("Last day to book"),
        required=_l("Enter the last day on which people can book"),
    )
    fee = NumberField(
        _l("Fee for each person, in pounds"),
        optional=True,
        hint=_l("Leave this empty if the course is free"),
        minimum=0,
        maximum=MAX_FEE_POUNDS,
        prefix="£",
        width=4,
    )
    reference = TextField(
        _l("Course ID"),
        optional=True,
        hint=_l("The awarding body’s reference for this course. You can add it later."),
        max_length=LONGEST_REFERENCE,
        width=20,
    )
    kind: TypeFacts
    day_numbers: range
    _fields: dict[str, Any]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        days = [part.name for day in self.session_fields() for part in day]
        page = [name for name in (*days, *PAGE_ORDER) if name in self._fields]
        rest = [name for name in self._fields if name not in page]
        self._fields = {name: self._fields[name] for name in (*page, *rest)}

    def session_fields(self) -> list[tuple[Any, Any, Any]]:
        """Return the date, start and end fields for each day."""
        return [
            (self[f"day_{n}"], self[f"starts_{n}"], self[f"ends_{n}"]) for n in self.day_numbers
        ]

    def to_draft(self) -> RunDraft:
        """Return the details of the run, with None for missing or invalid values."""

        def value_or_none(name: str) -> Any:
            return None if name not in self or self[name].errors else self[name].data

        return RunDraft(
            days=tuple(_draft_day(*fields) for fields in self.session_fields()),
            cut_off_on=value_or_none("cut_off_on"),
            venue=value_or_none("venue"),
            capacity=value_or_none("capacity"),
            exception_reference=self.exception_reference.data or None,
            minimum=value_or_none("minimum"),
            accepts_low_minimum=bool(self.accepts_low_minimum.data),
            trainer_user_id=value_or_none("trainer"),
            venue_postcode=None if self.postcode.errors else self.postcode.postcode,
            link=self.link.data or None,
        )

    def to_command(self) -> NewRun:
        """Return the details of the run."""
        sessions = tuple(
            SessionTimes(
                clock.london_instant(day.data, starts.time),
                clock.london_instant(day.data, ends.time),
            )
            for day, starts, ends in self.session_fields()
        )
        return NewRun(
            course_type=self.kind.slug,
            sessions=sessions,
            venue=self.venue.data,
            venue_postcode=self.postcode.postcode,
            link=self.link.data or None,
            minimum=self.minimum.data,
            capacity=self.capacity.data,
            cut_off_on=self.cut_off_on.data,
            fee_pence=(self.fee.data or 0) * 100,
            exception_reference=self.exception_reference.data or None,
            reference=self.reference.data or None,
            trainer_user_id=self.data.get("trainer"),
            accepts_low_minimum=self.accepts_low_minimum.data,
        )


def run_form(
    kind: TypeFacts,
    trainers: Sequence[tuple[int, str]],
    run: RunFacts | None = None,
    trainer_id: int | None = None,
    entered_values: Mapping[str, Sequence[str]] | None = None,
    formdata: MultiDict[str, str] | None = None,
) -> RunForm:
    """Return a form for a new run, or for changing an existing `run`.

    `entered_values` are shown in the form, unless it has been submitted. `formdata` replaces the
    values in the request, and needs no CSRF token.
    """
    count = max(count_sessions(kind), len(run.sessions) if run else 0)
    fields: dict[str, Any] = {"kind": kind, "day_numbers": range(1, count + 1)}
    for number in range(1, count + 1):
        day = _("Day %(number)s", number=number) if count > 1 else _("Day")
        errors = _missing_field_messages(number if count > 1 else None)
        fields[f"day_{number}"] = DateField(day, error_name=day, required=errors[0])
        fields[f"starts_{number}"] = TimeField(
            _l("Starts"), default=time(9, 30), required=errors[1], width=5
        )
        fields[f"ends_{number}"] = TimeField(
            _l("Ends"),
            default=time(16, 30) if kind.days >= 1 else time(13, 30),
            required=errors[2],
            width=5,
        )
    if trainers:
        fields["trainer"] = SelectField(_l("Trainer"), choices=trainers, rows="users")
    form_class: type[RunForm] = type("ShapedRunForm", (RunForm,), fields)
    options: dict[str, Any] = (
        {} if formdata is None else {"formdata": formdata, "meta": {"csrf": False}}
    )
    return form_class(data=_initial_values(kind, run, trainer_id), saved=entered_values, **options)


def _missing_field_messages(number: int | None) -> tuple[str, str, str]:
    """Return the error messages for a missing date, start and end.

    `number` is the number of the day, or None for a run with one day.
    """
    if number is None:
        return _("Enter the date"), _("Enter the start time"), _("Enter the end time")
    return (
        _("Enter the date of day %(number)s", number=number),
        _("Enter the start time of day %(number)s", number=number),
        _("Enter the end time of day %(number)s", number=number),
    )


def _initial_values(
    kind: TypeFacts, run: RunFacts | None, trainer_id: int | None
) -> dict[str, Any]:
    if run is None:
        return {
            "capacity": kind.maximum,
            "minimum": kind.minimum,
            "trainer": trainer_id,
        }
    values: dict[str, Any] = {
        "venue": run.venue,
        "postcode": run.postcode or "",
        "link": run.link or "",
        "capacity": run.capacity,
        "minimum": run.minimum,
        "exception_reference": run.exception_reference or "",
        "cut_off_on": run.cut_off_on,
        "fee": run.fee_pence // 100 or None,
        "reference": run.reference or "",
        "accepts_low_minimum": run.minimum < kind.minimum,
        "trainer": run.trainer_user_id,
    }
    for number, times in enumerate(run.sessions, start=1):
        values[f"day_{number}"] = times.day
        values[f"starts_{number}"] = times.starts_at.astimezone(clock.LONDON).time()
        values[f"ends_{number}"] = times.ends_at.astimezone(clock.LONDON).time()
    return values


class ReasonForm(PageForm):
    """A form for the reason to cancel or reopen a run."""

    reason = TextAreaField(_l("Reason"), required=_l("Enter the reason"), max_length=LONGEST_REASON)
