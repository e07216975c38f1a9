"""What a reminder says: which certificates, and the free courses within reach.

It is a service message: nothing with a fee is named in it (the Privacy and Electronic
Communications Regulations 2003 leave service messages alone, not marketing).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core.words import long_date
from app.courses import queries as courses
from app.messages.letters import Objection, register
from app.messages.types import Channel, Letter, NewMessage, Recipient
from app.reminders.types import Due, KindFacts, Position

REMINDER = "reminder"
CALL = "reminder-course"
MOST_RUNS = 3  # of one kind, in one letter
ANYWHERE = 2_000  # km: farther than any two places in the country


def register_letters(objection: Objection) -> None:
    """The letters of this room; `objection` says why one must not go after all."""
    register(Letter(REMINDER, _l("Renew in time"), at_any_hour=False), objection=objection)
    register(Letter(CALL, _l("Find a course for them"), at_any_hour=False), objection=objection)


class Courses:
    """Free runs near people, each place asked for once."""

    def __init__(self, on: date) -> None:
        self._on = on
        self._anywhere: dict[int, bool] = {}
        self._near: dict[tuple[Any, ...], list[dict[str, Any]]] = {}

    def near(self, due: Due, position: Position | None) -> list[dict[str, Any]]:
        """Runs that the holder could renew at, as a letter names them."""
        key = (due.kind_id, position, due.expires_on)
        if key not in self._near:
            self._near[key] = self._find(due, position) if self._any(due.kind_id) else []
        return self._near[key]

    def _any(self, kind_id: int) -> bool:
        if kind_id not in self._anywhere:
            found = courses.free_runs(self._on, kind_id, 0, 0, ANYWHERE, 1)
            self._anywhere[kind_id] = bool(found)
        return self._anywhere[kind_id]

    def _find(self, due: Due, position: Position | None) -> list[dict[str, Any]]:
        runs = courses.free_runs(
            self._on,
            due.kind_id,
            position.easting if position else None,
            position.northing if position else None,
            position.travel_km if position else 0,
            MOST_RUNS,
            in_date_until=due.expires_on,
        )
        return [
            {
                "name": run.name,
                "day": long_date(run.first_day),
                "venue": run.venue,
                "page": {"endpoint": "courses.run", "values": {"run_id": run.id}},
            }
            for run in runs
        ]


def context_of(
    dues: Sequence[Due],
    kinds: dict[int, KindFacts],
    runs: Sequence[dict[str, Any]],
    on: date,
    *,
    signs_in: bool,
) -> dict[str, Any]:
    """What the templates need, for one person's reminders. signs_in: they have a user."""
    return {
        "on": on.isoformat(),
        "certificates": [
            {
                "name": kinds[due.kind_id].name,
                "body": kinds[due.kind_id].awarding_body,
                "expires": long_date(due.expires_on),
                "lapsed": due.expires_on < on,
                "when": in_words(due.expires_on, on),
            }
            for due in dues
        ],
        "runs": list(runs),
        "sign_in": {"endpoint": "accounts.sign_in"} if signs_in else None,
    }


def in_words(expires_on: date, on: date) -> str:
    """in 30 days, today, yesterday, 3 days ago"""
    days = (expires_on - on).days
    if days in (-1, 0, 1):
        return str({-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}[days])
    if days > 0:
        return str(ngettext("in %(num)s day", "in %(num)s days", days))
    return str(ngettext("%(num)s day ago", "%(num)s days ago", -days))


def draft(
    letter: str,
    recipient: Recipient,
    dues: Sequence[Due],
    context: dict[str, Any],
    on: date,
) -> NewMessage:
    """One person's letter; the same reminders on the same day have the same key."""
    parts = "|".join(
        f"{due.certificate_id}:{due.step_days}:{due.expires_on.isoformat()}" for due in dues
    )
    digest = hashlib.sha256(f"{on.isoformat()}|{parts}".encode()).hexdigest()[:24]
    return NewMessage(letter, recipient, f"{letter}:{recipient.person_id}:{digest}", context)


def call_of(recipient: Recipient) -> Recipient:
    """The same person, for the coordinator's list."""
    return Recipient(
        Channel.PHONE,
        recipient.address,
        recipient.name,
        recipient.person_id,
        recipient.user_id,
    )
