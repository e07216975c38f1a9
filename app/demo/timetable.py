"""The courses of three years, and who took part. Pure, from the same seed as the people."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from app.courses.types import Mark
from app.demo.definition import ComingPart, Definition
from app.demo.outlines import APPROVED
from app.demo.people import HISTORY, SEED, MadeUpPeople, MadeUpPerson

TO_SIGN_OFF = -5  # the trainer's run of two weekdays that is over and not signed off
NOTICE = 12  # days between being approved and a course
MOST_OFTEN = "mhfa-two-day-adult"
NAMED = ("Pat Visitor", "Lee Visitor", "Sandy Visitor", "Drew Visitor")


@dataclass(frozen=True)
class PlannedBooking:
    """Somebody's place: who, and how they were marked on each day."""

    number: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class PlannedRun:
    """A run that is over, but for what is still to be done. first: days from the anchor.

    named: people without a record here. by_second: the other trainer's. cancelled: it fell through.
    """

    course: str
    first: int
    town: str
    places: int
    bookings: tuple[PlannedBooking, ...]
    named: tuple[str, ...] = ()
    by_second: bool = False
    signed_off: bool = True
    cancelled: bool = False


@dataclass(frozen=True)
class ComingRun:
    """A run to come, with those who have booked."""

    part: ComingPart
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Timetable:
    """All runs, in order of time."""

    past: tuple[PlannedRun, ...]
    coming: tuple[ComingRun, ...]


def make_timetable(
    definition: Definition, made_up: MadeUpPeople, towns: Sequence[str]
) -> Timetable:
    """Who takes what, when. A person takes each course once, a refresher while still in date."""
    rng = random.Random(SEED + 1)
    courses = [(run.course, run.places) for run in definition.runs for _ in range(run.times)]
    rng.shuffle(courses)
    gap = (HISTORY - 60) // len(courses)
    taken: set[tuple[int, str]] = set()
    past = []
    for place, (course, places) in enumerate(courses):
        first = -HISTORY + 45 + gap * (place + 1) + rng.randint(-6, 6)
        who = _takers(rng, made_up, course, first, places, taken)
        if len(who) < 4:
            continue  # too few by then, so it was never put on
        past.append(
            PlannedRun(
                course,
                first,
                rng.choice(towns),
                places,
                tuple(PlannedBooking(each.number, _marks(rng, course)) for each in who),
                named=(rng.choice(NAMED),) if len(who) < places and rng.random() < 0.4 else (),
                by_second=rng.random() < 0.4,
            )
        )
    past.append(PlannedRun("community-champion", -83, towns[0], 12, (), cancelled=True))
    past.append(_to_sign_off(rng, made_up, towns, taken))
    past.sort(key=lambda run: run.first)
    coming = [
        ComingRun(part, tuple(each.number for each in _bookers(rng, made_up, part, taken)))
        for part in definition.coming
    ]
    return Timetable(tuple(past), tuple(coming))


def _takers(
    rng: random.Random,
    made_up: MadeUpPeople,
    course: str,
    first: int,
    places: int,
    taken: set[tuple[int, str]],
) -> list[MadeUpPerson]:
    able = [each for each in made_up.people if _could_take(each, course, first, taken)]
    who = rng.sample(able, min(places, len(able)))
    taken |= {(each.number, course) for each in who}
    return sorted(who, key=lambda each: each.number)


def _could_take(each: MadeUpPerson, course: str, first: int, taken: set[tuple[int, str]]) -> bool:
    if each.outcome not in APPROVED or each.decided + NOTICE > first or course not in each.courses:
        return False
    if (each.number, course) in taken or (each.ended is not None and each.ended <= first + 2):
        return False
    if course != "mhfa-refresher":
        return True
    prior_training = each.prior_training
    return (
        prior_training is not None
        and not prior_training.open
        and prior_training.kind == "mhfa-adult"
        and prior_training.lapses is not None
        and first + 2 <= prior_training.lapses < first + 330
    )


def _marks(rng: random.Random, course: str) -> tuple[Mark, ...]:
    """How each day was marked; two days for courses that have two."""
    days = 2 if "two-day" in course else 1
    draw = rng.random()
    if draw < 0.9:
        return (Mark.ATTENDED,) * days
    if draw < 0.95:
        return (Mark.ABSENT,) * days
    return (Mark.ATTENDED, Mark.ABSENT)[:days] if days == 2 else (Mark.PART,)


def _to_sign_off(
    rng: random.Random, made_up: MadeUpPeople, towns: Sequence[str], taken: set[tuple[int, str]]
) -> PlannedRun:
    """The first day is marked, the second is not: something for the trainer to do."""
    who = _takers(rng, made_up, MOST_OFTEN, TO_SIGN_OFF, 9, taken)
    return PlannedRun(
        MOST_OFTEN,
        TO_SIGN_OFF,
        towns[0],
        14,
        tuple(PlannedBooking(each.number, (Mark.ATTENDED,)) for each in who),
        named=NAMED[:1],
        signed_off=False,
    )


def _bookers(
    rng: random.Random, made_up: MadeUpPeople, part: ComingPart, taken: set[tuple[int, str]]
) -> list[MadeUpPerson]:
    if part.course == "mhfa-refresher":
        able = [
            each
            for each in made_up.people
            if each.outcome in APPROVED
            and each.ended is None
            and not each.signs_in
            and each.prior_training is not None
            and not each.prior_training.open
            and each.prior_training.kind == "mhfa-adult"
            and each.prior_training.lapses is not None
            and part.days + 4 < each.prior_training.lapses < 120
            and (each.number, part.course) not in taken
        ]
    else:
        able = [
            each
            for each in made_up.people
            if each.outcome in APPROVED
            and each.ended is None
            and each.decided < -NOTICE
            and not each.signs_in
            and each.prior_training is None
            and (each.number, part.course) not in taken
        ]
    who = rng.sample(able, min(part.taken, len(able)))
    taken |= {(each.number, part.course) for each in who}
    return sorted(who, key=lambda each: each.number)
