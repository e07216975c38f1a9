"""Generate three years of course runs and their attendees, from the same seed as the people."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from app.courses.types import Mark
from app.demo.definition import Definition, FutureRunPart
from app.demo.outlines import APPROVED
from app.demo.people import HISTORY, SEED, FictionalPerson, Population

UNSIGNED_RUN_ON = -5  # the first day of a finished run that has not been signed off
MIN_DAYS_BEFORE_COURSE = 12  # after approval
MAIN_COURSE = "mhfa-two-day-adult"
NAMED_ATTENDEES = ("Pat Visitor", "Lee Visitor", "Sandy Visitor", "Drew Visitor")


@dataclass(frozen=True)
class PlannedBooking:
    """A booking for the person with this number, with their attendance on each day."""

    number: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class PlannedRun:
    """A past run.

    ``first`` is its first day, counted from the anchor. ``named_attendees`` are attendees without a
    record. ``by_second_trainer`` is whether the second trainer runs it.
    """

    course: str
    first: int
    town: str
    places: int
    bookings: tuple[PlannedBooking, ...]
    named_attendees: tuple[str, ...] = ()
    by_second_trainer: bool = False
    signed_off: bool = True
    cancelled: bool = False


@dataclass(frozen=True)
class FutureRun:
    """A future run, and the numbers of the people who have booked it."""

    part: FutureRunPart
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Timetable:
    """All runs, sorted by date."""

    past: tuple[PlannedRun, ...]
    future_runs: tuple[FutureRun, ...]


def make_timetable(
    definition: Definition, population: Population, towns: Sequence[str]
) -> Timetable:
    """Return all runs and the people who attend them.

    A person takes each course once, and a refresher before their certificate expires.
    """
    rng = random.Random(SEED + 1)
    courses = [(run.course, run.places) for run in definition.runs for _ in range(run.times)]
    rng.shuffle(courses)
    gap = (HISTORY - 60) // len(courses)
    taken: set[tuple[int, str]] = set()
    past = []
    for position, (course, places) in enumerate(courses):
        first = -HISTORY + 45 + gap * (position + 1) + rng.randint(-6, 6)
        attendees = _choose_attendees(rng, population, course, first, places, taken)
        if len(attendees) < 4:
            continue  # too few people, so the run is left out
        past.append(
            PlannedRun(
                course,
                first,
                rng.choice(towns),
                places,
                tuple(
                    PlannedBooking(each.number, _choose_attendance(rng, course))
                    for each in attendees
                ),
                named_attendees=(rng.choice(NAMED_ATTENDEES),)
                if len(attendees) < places and rng.random() < 0.4
                else (),
                by_second_trainer=rng.random() < 0.4,
            )
        )
    past.append(PlannedRun("community-champion", -83, towns[0], 12, (), cancelled=True))
    past.append(_plan_run_for_sign_off(rng, population, towns, taken))
    past.sort(key=lambda run: run.first)
    future_runs = [
        FutureRun(
            part, tuple(each.number for each in _choose_bookings(rng, population, part, taken))
        )
        for part in definition.future_runs
    ]
    return Timetable(tuple(past), tuple(future_runs))


def _choose_attendees(
    rng: random.Random,
    population: Population,
    course: str,
    first: int,
    places: int,
    taken: set[tuple[int, str]],
) -> list[FictionalPerson]:
    eligible = [each for each in population.people if _can_take_course(each, course, first, taken)]
    attendees = rng.sample(eligible, min(places, len(eligible)))
    taken |= {(each.number, course) for each in attendees}
    return sorted(attendees, key=lambda each: each.number)


def _can_take_course(
    person: FictionalPerson, course: str, first: int, taken: set[tuple[int, str]]
) -> bool:
    if (
        person.outcome not in APPROVED
        or person.decided + MIN_DAYS_BEFORE_COURSE > first
        or course not in person.courses
    ):
        return False
    if (person.number, course) in taken or (person.ended is not None and person.ended <= first + 2):
        return False
    if course != "mhfa-refresher":
        return True
    prior_training = person.prior_training
    return (
        prior_training is not None
        and not prior_training.unchecked
        and prior_training.kind == "mhfa-adult"
        and prior_training.expiry_day is not None
        and first + 2 <= prior_training.expiry_day < first + 330
    )


def _choose_attendance(rng: random.Random, course: str) -> tuple[Mark, ...]:
    """Choose the attendance for each day of the course at random."""
    days = 2 if "two-day" in course else 1
    draw = rng.random()
    if draw < 0.9:
        return (Mark.ATTENDED,) * days
    if draw < 0.95:
        return (Mark.ABSENT,) * days
    return (Mark.ATTENDED, Mark.ABSENT)[:days] if days == 2 else (Mark.PART,)


def _plan_run_for_sign_off(
    rng: random.Random,
    population: Population,
    towns: Sequence[str],
    taken: set[tuple[int, str]],
) -> PlannedRun:
    """Plan a run that the trainer still has to finish, with attendance for the first day only."""
    attendees = _choose_attendees(rng, population, MAIN_COURSE, UNSIGNED_RUN_ON, 9, taken)
    return PlannedRun(
        MAIN_COURSE,
        UNSIGNED_RUN_ON,
        towns[0],
        14,
        tuple(PlannedBooking(each.number, (Mark.ATTENDED,)) for each in attendees),
        named_attendees=(*NAMED_ATTENDEES[:1], *_misspelt_names(population, attendees)),
        signed_off=False,
    )


def _misspelt_names(
    population: Population, attendees: Sequence[FictionalPerson]
) -> tuple[str, ...]:
    """Return the misspelt name of a person who is not on the run, for coordinators to link."""
    on_run = {each.number for each in attendees}
    for each in population.people:
        surname = each.name.split()[-1]
        is_free = each.outcome in APPROVED and each.ended is None and each.number not in on_run
        if is_free and not each.protected and not each.networks and len(surname) > 4:
            swapped = surname[0] + surname[2] + surname[1] + surname[3:]
            return (each.name.removesuffix(surname) + swapped,)
    return ()


def _choose_bookings(
    rng: random.Random, population: Population, part: FutureRunPart, taken: set[tuple[int, str]]
) -> list[FictionalPerson]:
    if part.course == "mhfa-refresher":
        eligible = [
            each
            for each in population.people
            if each.outcome in APPROVED
            and each.ended is None
            and not each.signs_in
            and each.prior_training is not None
            and not each.prior_training.unchecked
            and each.prior_training.kind == "mhfa-adult"
            and each.prior_training.expiry_day is not None
            and part.days + 4 < each.prior_training.expiry_day < 120
            and (each.number, part.course) not in taken
        ]
    else:
        eligible = [
            each
            for each in population.people
            if each.outcome in APPROVED
            and each.ended is None
            and each.decided < -MIN_DAYS_BEFORE_COURSE
            and not each.signs_in
            and each.prior_training is None
            and (each.number, part.course) not in taken
        ]
    attendees = rng.sample(eligible, min(part.taken, len(eligible)))
    taken |= {(each.number, part.course) for each in attendees}
    return sorted(attendees, key=lambda each: each.number)
