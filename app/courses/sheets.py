"""The class sheet: the people expected, their access needs, and a space to sign for each day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from app.core import pdf, programme, words
from app.courses.notifications import session_in_words, venue_in_words
from app.courses.types import ManagedRun, SessionTimes

EMPTY_LINES = 3  # left blank for walk-ins
HELD_BY_YOU = "Held by you"


def _columns(sessions: Sequence[SessionTimes]) -> list[str]:
    """Return the headings of the columns to sign.

    Each is the day, with the time if there are two sessions on that day.
    """
    often = Counter(times.day for times in sessions)
    return [
        words.long_instant(times.starts_at) if often[times.day] > 1 else words.long_date(times.day)
        for times in sessions
    ]


def class_sheet(page: ManagedRun) -> bytes:
    """Return the class sheet of a run as a PDF."""
    running = programme.current()
    run = page.run
    return pdf.typeset(
        "sheet.typ",
        {
            "title": f"Class sheet: {run.type.name}",
            "programme": running.name if running else "Champion Network",
            "course": run.type.name,
            "facts": [
                ["Days", [session_in_words(times) for _, times in page.sessions]],
                ["Venue", [venue_in_words(run)]],
                ["Trainer", [run.trainer]],
                ["Course ID", [run.reference or "Not given yet"]],
                ["Places", [f"{run.taken} of {run.capacity} taken"]],
            ],
            "days": _columns([times for _, times in page.sessions]),
            "people": [
                {
                    "name": one.name,
                    "organisation": one.organisation or ("Walked in" if one.walk_in else ""),
                    "needs": one.access_needs or "",
                }
                for one in page.roll
            ],
            "held": [
                f"{held.organisation or HELD_BY_YOU}: {words.counted(held.headcount, 'place')}"
                for held in page.held
            ],
            "unlisted": page.unlisted.places,
            "unlisted_needs": list(page.unlisted.needs),
            "empty_lines": EMPTY_LINES,
        },
    )
