"""The content of reminders: certificates, booked renewals and free courses nearby.

Reminders are service messages, so they must not advertise courses with a fee. The Privacy and
Electronic Communications Regulations 2003 restrict marketing, but not service messages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.certificates.types import DatePrecision
from app.certificates.wording import last_day_in_words
from app.core.words import join_list, long_date
from app.messages.letters import Objection, add_letter
from app.messages.types import Channel, Letter, NewMessage, Recipient
from app.reminders.queries.obsolete_messages import COURSE_CALL, REMINDER
from app.reminders.types import DueReminder, KindFacts, Position
from app.renewals import service as renewals
from app.renewals.queries import free_runs
from app.renewals.types import BookedRenewal, FreeRun, HeldCertificate

MAX_RUNS = 3  # for each kind in a letter
SOON = timedelta(days=30)  # within this time, a letter never says that no action is needed
CONTACT_WITHIN = timedelta(days=7)  # the team contacts a person who cannot renew nearby
ANYWHERE_KM = 2_000  # more than the distance between any two places in the country


def register_letters(objection: Objection) -> None:
    """Register this room's letters.

    `objection` returns the reason not to send a letter, or None.
    """
    add_letter(
        Letter(REMINDER, _l("Remind them to renew a certificate"), at_any_hour=False),
        objection=objection,
    )
    add_letter(
        Letter(COURSE_CALL, _l("Find a course for them"), at_any_hour=False), objection=objection
    )


class CourseFinder:
    """Finds booked renewals and free courses for reminders. Caches the courses."""

    def __init__(self, on: date) -> None:
        self._on = on
        self._renewals = renewals.RenewalFinder(on)
        self._found: dict[tuple[Any, ...], list[FreeRun]] = {}

    def booked_renewals(self, reminders: Iterable[DueReminder]) -> dict[int, BookedRenewal]:
        """Return the booked renewal of each certificate, by certificate ID."""
        return self._renewals.find_booked_places(
            HeldCertificate(each.certificate_id, each.person_id, each.kind_id, each.expires_on)
            for each in reminders
        )

    def find_nearby_courses(
        self, due: DueReminder, position: Position | None, before: date | None
    ) -> list[dict[str, Any]]:
        """Return the courses nearby at which the holder could renew, as data for templates.

        With `before`, only return courses that start before that day.
        """
        if not self.find_courses_anywhere(due, before):
            return []
        if position is None:
            return _course_lines(self._find(due, None, None, 0), before)
        found = self._find(due, position.easting, position.northing, position.travel_km)
        return _course_lines(found, before)

    def find_courses_anywhere(self, due: DueReminder, before: date | None) -> list[dict[str, Any]]:
        """Return the first courses at which the holder could renew, at any distance."""
        return _course_lines(self._find(due, 0, 0, ANYWHERE_KM), before)

    def _find(
        self, due: DueReminder, easting: int | None, northing: int | None, km: int
    ) -> list[FreeRun]:
        key = (due.kind_id, due.expires_on, easting, northing, km)
        if key not in self._found:
            certificate = self._renewals.certificate_to_renew(due.kind_id, due.expires_on)
            self._found[key] = free_runs(self._on, certificate, easting, northing, km, MAX_RUNS)
        return self._found[key]


def _course_lines(runs: Iterable[FreeRun], before: date | None) -> list[dict[str, Any]]:
    """Return courses as template data, leaving out those that start on or after `before`."""
    return [
        {
            "name": run.name,
            "day": long_date(run.first_day),
            "venue": run.venue,
            "page": _run_page(run.id),
        }
        for run in runs
        if before is None or run.first_day < before
    ]


def _run_page(run_id: int) -> dict[str, Any]:
    return {"endpoint": "courses.run", "values": {"run_id": run_id}}


@dataclass(frozen=True)
class RenewalOptions:
    """The booked renewals and free courses for one person, by certificate ID.

    ``runs`` lists the courses nearby for each certificate without a booking in time. ``farther``
    lists courses further away for certificates without a course nearby. ``called`` has the IDs of
    the certificates about which staff have already called.
    """

    booked: Mapping[int, BookedRenewal]
    runs: Mapping[int, Sequence[dict[str, Any]]]
    farther: Mapping[int, Sequence[dict[str, Any]]] = field(default_factory=dict)
    called: Collection[int] = ()

    def reminders_to_call_about(self, reminders: Iterable[DueReminder]) -> list[DueReminder]:
        """Return the reminders of certificates without a booking in time or a course nearby.

        Certificates about which staff have already called are left out.
        """
        return [
            due
            for due in reminders_without_booking(reminders, self.booked)
            if not self.runs.get(due.certificate_id) and due.certificate_id not in self.called
        ]


def find_options(
    reminders: Sequence[DueReminder],
    booked: Mapping[int, BookedRenewal],
    finder: CourseFinder,
    position: Position | None,
    called: Collection[int],
) -> RenewalOptions:
    """Return the ways in which one person can renew.

    `called` has the IDs of the certificates about which staff have already called.
    If a renewal is booked in time, no courses are included. If the booked course is too late, only
    earlier courses are included.
    """
    runs, farther = {}, {}
    for due in reminders_without_booking(reminders, booked):
        late = booked.get(due.certificate_id)
        before = late.first_day if late else None
        runs[due.certificate_id] = finder.find_nearby_courses(due, position, before)
        if not runs[due.certificate_id]:
            farther[due.certificate_id] = finder.find_courses_anywhere(due, before)
    return RenewalOptions(booked, runs, farther, called)


def reminders_without_booking(
    reminders: Iterable[DueReminder], booked: Mapping[int, BookedRenewal]
) -> list[DueReminder]:
    """Return the reminders of certificates for which no renewal is booked in time."""
    in_time = {key for key, place in booked.items() if place.in_time}
    return [due for due in reminders if due.certificate_id not in in_time]


def _distinct_runs(runs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    all_runs = list(runs)
    return [run for index, run in enumerate(all_runs) if run not in all_runs[:index]]


def letter_context(
    reminders: Sequence[DueReminder],
    kinds: dict[int, KindFacts],
    options: RenewalOptions,
    on: date,
    *,
    has_account: bool,
) -> dict[str, Any]:
    """Return the template context for one person's reminders.

    `has_account` is True if the person has a user account. In the context, `renewals` maps
    certificate IDs to booked courses, so that a change can be detected before the letter is sent.
    `to_renew` describes how to renew the certificates without a booking in time. `runs` lists all
    courses in `to_renew`.
    """
    open_reminders = reminders_without_booking(reminders, options.booked)
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
                "booked": _booked_line(options.booked.get(due.certificate_id)),
            }
            for due in reminders
        ],
        "renewals": booked_renewal_runs(options.booked),
        "all_booked": not open_reminders,
        "to_renew": _renewal_groups(reminders, kinds, options, on),
        "runs": _distinct_runs(
            run for due in open_reminders for run in options.runs.get(due.certificate_id, ())
        ),
        "sign_in": {"endpoint": "accounts.sign_in"} if has_account else None,
    }


def _renewal_groups(
    reminders: Sequence[DueReminder], kinds: dict[int, KindFacts], options: RenewalOptions, on: date
) -> list[dict[str, Any]]:
    """Return the ways to renew the certificates for which no renewal is booked in time.

    Certificates with the same courses are grouped. `what` names them if the letter is about several
    certificates. `late` is True if a later renewal is booked. `contact_by` is the day by which the
    team will contact the person, if a certificate expires soon and there is no course nearby.
    `called` is True if the team has already called about it.
    """
    open_reminders = reminders_without_booking(reminders, options.booked)
    is_soon = any(due.expires_on - on <= SOON for due in open_reminders)
    found: list[tuple[dict[str, Any], list[str]]] = []
    for due in open_reminders:
        runs = list(options.runs.get(due.certificate_id, ()))
        farther = list(options.farther.get(due.certificate_id, ()))
        called = not runs and due.certificate_id in options.called
        way = {
            "runs": runs,
            "farther": farther if is_soon and not runs else [],
            "late": due.certificate_id in options.booked,
            "contact_by": (
                long_date(on + CONTACT_WITHIN) if is_soon and not (runs or called) else None
            ),
            "called": called,
        }
        names = next((names for each, names in found if each == way), None)
        if names is None:
            names = []
            found.append((way, names))
        names.append(kinds[due.kind_id].name)
    return [
        {"what": join_list(names) if len(reminders) > 1 else None} | way for way, names in found
    ]


def booked_renewal_runs(booked: Mapping[int, BookedRenewal]) -> dict[str, int]:
    """Return the IDs of the booked courses, by certificate ID."""
    return {str(key): place.run_id for key, place in booked.items()}


def _booked_line(place: BookedRenewal | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {
        "name": place.name,
        "day": long_date(place.first_day),
        "venue": place.venue,
        "late": not place.in_time,
        "page": _run_page(place.run_id),
    }


def relative_day(expires_on: date, on: date) -> str:
    """Return a day relative to `on`, such as “in 30 days”, “today” or “3 days ago”."""
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
    """Return the letter for one person. Its key depends only on the reminders and the day."""
    parts = "|".join(
        f"{due.certificate_id}:{due.step_days}:{due.expires_on.isoformat()}" for due in reminders
    )
    digest = hashlib.sha256(f"{on.isoformat()}|{parts}".encode()).hexdigest()[:24]
    return NewMessage(letter, recipient, f"{letter}:{recipient.person_id}:{digest}", context)


def to_call_recipient(recipient: Recipient) -> Recipient:
    """Return the recipient with the channel changed to a phone call."""
    return Recipient(
        Channel.PHONE,
        recipient.address,
        recipient.name,
        recipient.person_id,
        recipient.user_id,
    )
