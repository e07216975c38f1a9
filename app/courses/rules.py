"""Validate the details of a run (pure functions).

All errors are returned in the order of the fields on the page. Fields that are empty or invalid are
skipped, because the form already reports them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from flask_babel import gettext as _

from app.core import words
from app.core.errors import InvalidInput
from app.courses.types import DraftDay, RunDraft, TypeFacts

MAX_AGE = timedelta(days=366)
MAX_AHEAD = timedelta(days=3 * 366)


def find_errors(draft: RunDraft, kind: TypeFacts, on: date) -> list[InvalidInput]:
    """Return every error in the draft."""
    return [
        *_day_errors(draft.days, on),
        *_cut_off_errors(draft),
        *_venue_errors(draft),
        *_number_errors(draft, kind),
    ]


def _day_errors(days: tuple[DraftDay, ...], on: date) -> Iterator[InvalidInput]:
    if not days:
        yield InvalidInput(_("Enter the day and times"), "day_1")
    for number, each in enumerate(days, start=1):
        if each.on and not on - MAX_AGE <= each.on <= on + MAX_AHEAD:
            yield InvalidInput(_("Check the year"), f"day_{number}")
        elif number > 1 and _overlaps(days[number - 2], each):
            yield InvalidInput(
                _("This day must start after the previous day has ended"), f"day_{number}"
            )
        if each.starts_at and each.ends_at and each.ends_at <= each.starts_at:
            yield InvalidInput(_("The end must be after the start"), f"ends_{number}")


def _overlaps(earlier: DraftDay, later: DraftDay) -> bool:
    if earlier.ends_at and later.starts_at:
        return later.starts_at < earlier.ends_at
    return bool(earlier.on and later.on and later.on < earlier.on)


def _cut_off_errors(draft: RunDraft) -> Iterator[InvalidInput]:
    first = draft.days[0].on if draft.days else None
    if first and draft.cut_off_on and draft.cut_off_on > first:
        yield InvalidInput(
            _("The last day to book must be %(day)s or earlier", day=words.long_date(first)),
            "cut_off_on",
        )


def _venue_errors(draft: RunDraft) -> Iterator[InvalidInput]:
    if draft.venue is not None and not draft.venue.strip():
        yield InvalidInput(_("Enter the venue, or “Online”"), "venue")


def _number_errors(draft: RunDraft, kind: TypeFacts) -> Iterator[InvalidInput]:
    capacity, minimum = draft.capacity, draft.minimum
    if capacity is not None and minimum is not None and minimum > capacity:
        yield InvalidInput(
            _("The number of places must be at least the number of people needed"), "capacity"
        )
    if capacity is not None and capacity > kind.maximum and not draft.exception_reference:
        yield InvalidInput(
            _(
                "At most %(most)s people can take part unless the awarding body has agreed to"
                " more. Enter the reference for its agreement",
                most=kind.maximum,
            ),
            "exception_reference",
        )
    if minimum is None:
        return
    if minimum < kind.floor:
        yield InvalidInput(
            _(
                "%(name)s must never run with fewer than %(floor)s people",
                name=kind.name,
                floor=kind.floor,
            ),
            "minimum",
        )
    elif minimum < kind.minimum and not draft.accepts_low_minimum:
        yield InvalidInput(
            _(
                "We recommend at least %(minimum)s people. Tick the box to run the course with "
                "fewer. The minimum is %(floor)s",
                minimum=kind.minimum,
                floor=kind.floor,
            ),
            "accepts_low_minimum",
        )
