"""Decide whether a person can be on a run.

This depends on the trainer, the prerequisite and the person's other courses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from flask_babel import gettext as _

from app.certificates import expiry, refreshers
from app.certificates import queries as certificates
from app.core import clock, words
from app.core.actor import Scope
from app.courses import queries
from app.courses.queries import clashes
from app.courses.types import RunFacts, TypeFacts
from app.people.queries import visible_ids

MAX_ALTERNATIVES = 3  # the maximum number of runs to suggest


class UnsuitableReason(StrEnum):
    """A reason why a person cannot be on a run."""

    BLOCKED_TRAINER = "blocked trainer"
    PREREQUISITE = "prerequisite"
    OTHER_COURSE = "other course"


@dataclass(frozen=True)
class UnsuitableRun:
    """The reason why a person cannot book a run, and other runs that they could book instead.

    `explanation` is a sentence for the person. `kind` is the name of the certificate they need, or
    None if the reason is different.
    """

    reason: UnsuitableReason
    explanation: str
    kind: str | None
    alternatives: tuple[RunFacts, ...]


def find_unsuitable_reason(person_id: int, run: RunFacts) -> UnsuitableReason | None:
    """Return the first reason why a person cannot be on a run, or None if they can.

    `run` can contain details that have not been saved.
    """
    if has_blocked_trainer(person_id, run.trainer_user_id):
        return UnsuitableReason.BLOCKED_TRAINER
    return find_date_problem(person_id, run)


def find_date_problem(
    person_id: int, run: RunFacts, *, earlier_seen: bool = False
) -> UnsuitableReason | None:
    """Return the reason why a person cannot come on the dates of a run, or None.

    The trainer is not considered. With `earlier_seen`, a coordinator has seen the certificate that
    the course requires.
    """
    if not earlier_seen and not has_prerequisite(person_id, run.type, run.first_day):
        return UnsuitableReason.PREREQUISITE
    if clashes.has_clashing_booking(person_id, run.sessions, run.id):
        return UnsuitableReason.OTHER_COURSE
    return None


def has_prerequisite(person_id: int, course_type: TypeFacts, first_day: date) -> bool:
    """Return whether a person meets the prerequisite for a course on its first day."""
    return not people_without_prerequisite([person_id], course_type, first_day)


def people_without_prerequisite(
    person_ids: Collection[int], course_type: TypeFacts, first_day: date
) -> set[int]:
    """Return the people who do not meet the prerequisite of a course on its first day."""
    kind_id = course_type.prerequisite_id
    if kind_id is None:
        return set()
    if kind_id in course_type.renews_ids:
        return set(person_ids) - refreshers.renewable_kinds(person_ids, kind_id, first_day).keys()
    rule = expiry.applicable_rule(certificates.kind_rules(kind_id), first_day)
    if rule is None:
        return set(person_ids)
    validities = certificates.longest_validities(
        person_ids, kind_id, clock.today(), awarded_before=first_day
    )
    return {
        each
        for each in person_ids
        if each not in validities or not expiry.is_renewable(*validities[each], rule, first_day)
    }


def has_blocked_trainer(person_id: int, trainer_user_id: int) -> bool:
    """Return whether a person has blocked the trainer or the trainer's organisation."""
    trainer = Scope(everyone=True, sensitive=True, user_id=trainer_user_id)
    return not visible_ids(trainer, [person_id], clock.today())


def explain_to_person(reason: UnsuitableReason, run: RunFacts) -> str:
    """Return a sentence that tells a person why they cannot be on a run."""
    if reason is UnsuitableReason.BLOCKED_TRAINER:
        return _("You asked never to meet the trainer of this course. Choose another course.")
    if reason is UnsuitableReason.OTHER_COURSE:
        return _("You have a place on another course at that time.")
    return _(
        "You need a certificate for %(kind)s that is in date on %(day)s, "
        "the first day of the course.",
        kind=run.type.prerequisite,
        day=words.long_date(run.first_day),
    )


def explain_to_staff(reason: UnsuitableReason, run: RunFacts) -> str:
    """Return a sentence that tells staff why a person cannot be on a run.

    It must not reveal that the person has blocked the trainer.
    """
    if reason is UnsuitableReason.OTHER_COURSE:
        return _("This person has a place on another course at that time.")
    return _(
        "This person needs a certificate for %(kind)s that is in date on %(day)s, "
        "the first day of the course.",
        kind=run.type.prerequisite,
        day=words.long_date(run.first_day),
    )


def explain_unsuitability(person_id: int, run: RunFacts, on: date) -> UnsuitableRun | None:
    """Return the reason why a person cannot book a run, with other runs they could book.

    Returns None if they can book it.
    """
    reason = find_unsuitable_reason(person_id, run)
    if reason is None:
        return None
    return UnsuitableRun(
        reason,
        explain_to_person(reason, run),
        run.type.prerequisite if reason is UnsuitableReason.PREREQUISITE else None,
        tuple(alternative_runs(person_id, run, on)),
    )


def alternative_runs(person_id: int | None, run: RunFacts, on: date) -> list[RunFacts]:
    """Return up to three other runs that a person can book, soonest first.

    They are other dates of the same course. If the person does not meet its prerequisite on any of
    them, they are runs of courses that award the required certificate. `person_id` is None for a
    visitor, or for an attendee without a record.
    """
    found = _first_suitable_runs(person_id, run, queries.catalogue(on, type_slug=run.type.slug))
    kind_id = run.type.prerequisite_id
    if found or kind_id is None or person_id is None:
        return found
    return _first_suitable_runs(
        person_id, run, queries.catalogue(on, awards_ids=run.type.renews_ids or (kind_id,))
    )


def _first_suitable_runs(
    person_id: int | None, run: RunFacts, others: Iterable[RunFacts]
) -> list[RunFacts]:
    found: list[RunFacts] = []
    for other in others:
        if len(found) == MAX_ALTERNATIVES:
            break
        if other.id == run.id or other.places_left == 0:
            continue
        if person_id is None or _can_book_instead(person_id, other, run):
            found.append(other)
    return found


def _can_book_instead(person_id: int, other: RunFacts, instead_of: RunFacts) -> bool:
    """Return whether a person could book `other` after giving up their place on `instead_of`."""
    return (
        queries.find_place(other.id, person_id) is None
        and not has_blocked_trainer(person_id, other.trainer_user_id)
        and has_prerequisite(person_id, other.type, other.first_day)
        and not clashes.has_clashing_booking(person_id, other.sessions, other.id, instead_of.id)
    )
