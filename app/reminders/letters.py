"""The content of reminders: the certificates, and free courses that the person can travel to.

Reminders are service messages, so they never mention a course with a fee. The Privacy and
Electronic Communications Regulations 2003 restrict marketing, but not service messages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.certificates.types import DatePrecision
from app.certificates.wording import last_day_in_words
from app.core.words import long_date
from app.courses import queries as courses
from app.messages.letters import Objection, register
from app.messages.types import Channel, Letter, NewMessage, Recipient
from app.reminders.types import DueReminder, KindFacts, Position

REMINDER = "reminder"
CALL = "reminder-course"
MAX_RUNS = 3  # for each kind in a letter
ANYWHERE_KM = 2_000  # farther than any two places in the country


def register_letters(objection: Objection) -> None:
    """Register this room's letters. `objection` returns why a letter must not be sent, or None."""
    register(
        Letter(REMINDER, _l("Remind them to renew a certificate"), at_any_hour=False),
        objection=objection,
    )
    register(Letter(CALL, _l("Find a course for them"), at_any_hour=False), objection=objection)


class CourseFinder:
    """Finds course runs near people that are free of charge, and caches the results."""

    def __init__(self, on: date) -> None:
        self._on = on
        self._anywhere: dict[int, bool] = {}
        self._near: dict[tuple[Any, ...], list[dict[str, Any]]] = {}

    def near(self, due: DueReminder, position: Position | None) -> list[dict[str, Any]]:
        """Return the runs that renew the certificate, in the form that letters use."""
        key = (due.kind_id, position, due.expires_on)
        if key not in self._near:
            self._near[key] = self._find(due, position) if self._any_run(due.kind_id) else []
        return self._near[key]

    def _any_run(self, kind_id: int) -> bool:
        if kind_id not in self._anywhere:
            found = courses.free_runs(self._on, kind_id, 0, 0, ANYWHERE_KM, 1)
            self._anywhere[kind_id] = bool(found)
        return self._anywhere[kind_id]

    def _find(self, due: DueReminder, position: Position | None) -> list[dict[str, Any]]:
        runs = courses.free_runs(
            self._on,
            due.kind_id,
            position.easting if position else None,
            position.northing if position else None,
            position.travel_km if position else 0,
            MAX_RUNS,
            last_day_in_date=due.expires_on,
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


def letter_context(
    reminders: Sequence[DueReminder],
    kinds: dict[int, KindFacts],
    runs: Sequence[dict[str, Any]],
    on: date,
    *,
    has_account: bool,
) -> dict[str, Any]:
    """Return the template context for one person's reminders.

    `has_account` is True if the person has a user account.
    """
    return {
        "on": on.isoformat(),
        "certificates": [
            {
                "name": kinds[due.kind_id].name,
                "body": kinds[due.kind_id].awarding_body,
                "expires": last_day_in_words(due.expires_on, due.expiry_known),
                "inexact": due.expiry_known is not DatePrecision.DAY,
                "lapsed": due.expires_on < on,
                "when": relative_day(due.expires_on, on),
            }
            for due in reminders
        ],
        "runs": list(runs),
        "sign_in": {"endpoint": "accounts.sign_in"} if has_account else None,
    }


def relative_day(expires_on: date, on: date) -> str:
    """Return how far away a day is, in words, such as “in 30 days”, “today” or “3 days ago”."""
    days = (expires_on - on).days
    if days in (-1, 0, 1):
        return str({-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}[days])
    if days > 0:
        return str(ngettext("in %(num)s day", "in %(num)s days", days))
    return str(ngettext("%(num)s day ago", "%(num)s days ago", -days))


def draft_message(
    letter: str,
    recipient: Recipient,
    reminders: Sequence[DueReminder],
    context: dict[str, Any],
    on: date,
) -> NewMessage:
    """Return one person's letter. Its key depends only on the reminders and the day."""
    parts = "|".join(
        f"{due.certificate_id}:{due.step_days}:{due.expires_on.isoformat()}" for due in reminders
    )
    digest = hashlib.sha256(f"{on.isoformat()}|{parts}".encode()).hexdigest()[:24]
    return NewMessage(letter, recipient, f"{letter}:{recipient.person_id}:{digest}", context)


def to_call_recipient(recipient: Recipient) -> Recipient:
    """Return the recipient as an entry on the coordinator's call list."""
    return Recipient(
        Channel.PHONE,
        recipient.address,
        recipient.name,
        recipient.person_id,
        recipient.user_id,
    )
