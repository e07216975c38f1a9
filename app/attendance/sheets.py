"""Class sheets: the expected people, their access needs, and a space for signatures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import pdf, programme, words
from app.courses.notifications import format_session, format_venue
from app.courses.types import ManagedRun, SessionTimes

EMPTY_LINES = 3  # blank rows for walk-ins


def _columns(sessions: Sequence[SessionTimes]) -> list[str]:
    """Return the headings of the signature columns.

    The time is added to the day if there are two sessions on that day.
    """
    sessions_per_day = Counter(times.day for times in sessions)
    return [
        _(
            "Signed, %(day)s",
            day=words.long_datetime(times.starts_at)
            if sessions_per_day[times.day] > 1
            else words.long_date(times.day),
        )
        for times in sessions
    ]


def class_sheet(page: ManagedRun) -> bytes:
    """Return the class sheet of a run as a PDF."""
    current_programme = programme.current()
    name = current_programme.name if current_programme else _("Champion Network")
    run = page.run
    return pdf.typeset(
        "sheet.typ",
        {
            "title": _("Class sheet: %(course)s", course=run.type.name),
            "programme": name,
            "course": run.type.name,
            "facts": [
                [_("Days"), [format_session(times) for _, times in page.sessions]],
                [_("Venue"), [format_venue(run)]],
                [_("Trainer"), [run.trainer]],
                [_("Course ID"), [run.reference or _("Not given yet")]],
                [
                    _("Places"),
                    [
                        _(
                            "%(taken)s of %(capacity)s taken",
                            taken=run.taken,
                            capacity=run.capacity,
                        )
                    ],
                ],
            ],
            "headings": [_("No."), _("Name"), _("Organisation"), _("Support needed")],
            "days": _columns([times for _, times in page.sessions]),
            "people": [
                {
                    "name": entry.name,
                    "organisation": entry.organisation or (_("Walk-in") if entry.walk_in else ""),
                    "needs": entry.access_needs or "",
                }
                for entry in page.roll
            ],
            "held": [
                ngettext(
                    "%(whose)s: %(num)s place",
                    "%(whose)s: %(num)s places",
                    held.headcount,
                    whose=held.organisation or _("Held by you"),
                )
                for held in page.held
            ],
            "unlisted": page.unlisted.places,
            "unlisted_heading": _("Places not listed: %(places)s", places=page.unlisted.places),
            "unlisted_note": _("The team manages these places, and marks attendance for them."),
            "unlisted_needs": list(page.unlisted.needs),
            "unlisted_needs_note": _("Support needed by people who are not named on this sheet:"),
            "held_heading": _("Places not named yet"),
            "foot": _(
                "%(programme)s. Personal data: keep this sheet locked away, and destroy it once "
                "the course is signed off.",
                programme=name,
            ),
            "page": _("Page %(page)s of %(pages)s", page="|", pages="|").split("|"),
            "empty_lines": EMPTY_LINES,
        },
    )
