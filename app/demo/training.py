"""The courses of three years, through the services that trainers and champions use."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from functools import partial

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.permissions import Role
from app.courses import booking, queries, running, signing_off
from app.courses.types import Mark, NewAttendee, NewRun, SessionTimes, TypeFacts
from app.demo.people import SEED
from app.demo.replay import Replay
from app.demo.timetable import ComingRun, PlannedBooking, PlannedRun, Timetable
from app.people.models import Person

ANNOUNCED = 50  # days before
BOOKED_FROM, BOOKED_UNTIL = 44, 6  # days before
CALLED_OFF = 9  # days before
HALF_DAY = 4.0  # hours


def plan(replay: Replay, timetable: Timetable) -> None:
    """Plan all runs."""
    rng = random.Random(SEED + 3)
    for planned in timetable.past:
        _Run(replay, rng, planned).schedule()
    for coming in timetable.coming:
        _announce(replay, rng, coming)


class _Run:
    """One run, from its announcement to its certificates."""

    def __init__(self, replay: Replay, rng: random.Random, planned: PlannedRun) -> None:
        self.replay, self.rng, self.planned = replay, rng, planned
        self.id = 0
        self.attendees: dict[int, int] = {}  # number of a person → attendee
        self.others: list[int] = []

    def schedule(self) -> None:
        """Everything that happens to it."""
        replay, planned = self.replay, self.planned
        replay.plan(planned.first - ANNOUNCED, time(10, 5), self._put_on)
        for taker in planned.bookings:
            booked = self._booking_day(taker)
            replay.plan(booked, time(self.rng.randint(8, 20), 15), partial(self._book, taker))
        if planned.cancelled:
            replay.plan(planned.first - CALLED_OFF, time(12), self._cancel)
            return
        replay.plan(planned.first, time(8, 30), self._add_others)
        for day in range(len(planned.bookings[0].marks) if planned.bookings else 0):
            evening = datetime.combine(self._days()[day], time(17, 10), tzinfo=clock.LONDON)
            replay.plan_at(evening, partial(self._mark, day))
        if planned.signed_off:
            last = datetime.combine(self._days()[-1], time(17, 30), tzinfo=clock.LONDON)
            replay.plan_at(last, self._sign_off)

    def _days(self) -> list[date]:
        return _days(self.replay, self.planned.first, 2 if "two-day" in self.planned.course else 1)

    def _booking_day(self, taker: PlannedBooking) -> int:
        """After the announcement, and after they were taken on."""
        earliest = max(
            self.planned.first - BOOKED_FROM,
            self.replay.made_up.people[taker.number - 1].decided + 1,
        )
        latest = max(earliest, self.planned.first - BOOKED_UNTIL)
        return self.rng.randint(earliest, latest)

    def _put_on(self) -> None:
        planned = self.planned
        trainer = _trainer(self.replay, second=planned.by_second)
        self.id = _put_on(
            self.replay, trainer, planned.course, self._days(), planned.town, planned.places
        )
        running.publish(trainer, self.id)

    def _book(self, taker: PlannedBooking) -> None:
        self.attendees[taker.number] = _book(self.replay, self.id, taker.number)

    def _add_others(self) -> None:
        trainer = _trainer(self.replay, second=self.planned.by_second)
        for name in self.planned.named:
            attendee = NewAttendee(name=name, walk_in=True)
            self.others.append(booking.add_named_attendee(trainer, self.id, attendee))

    def _mark(self, day: int) -> None:
        trainer = _trainer(self.replay, second=self.planned.by_second)
        run = running.find_run(trainer, self.id)
        if day >= len(run.sessions):
            return
        session_id = run.sessions[day].id
        marks: dict[tuple[int, int], Mark | None] = {
            (self.attendees[taker.number], session_id): taker.marks[day]
            for taker in self.planned.bookings
        }
        marks |= {(other, session_id): Mark.ATTENDED for other in self.others}
        signing_off.record_attendance(trainer, self.id, marks)
        office = self.replay.with_role(Role.COORDINATOR, Role.SENSITIVE)
        signing_off.record_attendance(
            office, self.id, marks
        )  # whom the trainer's roll does not list

    def _sign_off(self) -> None:
        signing_off.sign_off(_trainer(self.replay, second=self.planned.by_second), self.id)

    def _cancel(self) -> None:
        trainer = _trainer(self.replay, second=self.planned.by_second)
        running.cancel(trainer, self.id, "Too few people had booked.")


def _announce(replay: Replay, rng: random.Random, coming: ComingRun) -> None:
    """A run to come: announced by now, and booked by some."""
    part = coming.part
    announced = min(part.days - ANNOUNCED, -8)
    made: list[int] = []

    def put_on() -> None:
        trainer = _trainer(replay)
        kind = _kind(part.course)
        days = _days(replay, part.days, 2 if kind.days > 1 else 1)
        made.append(_put_on(replay, trainer, part.course, days, part.town, part.places))
        if not part.planned:
            running.publish(trainer, made[0])

    replay.plan(announced, time(10, 5), put_on)
    for who in coming.numbers:
        earliest = max(announced + 1, replay.made_up.people[who - 1].decided + 1)
        day = rng.randint(min(earliest, -1), -1)
        replay.plan(day, time(rng.randint(11, 20), 25), partial(_try, replay, made, who))


def _try(replay: Replay, made: list[int], who: int) -> None:
    """They book, unless something of their own stands against it by then."""
    try:
        _book(replay, made[0], who)
    except (Conflict, NotFound):
        return


def _book(replay: Replay, run_id: int, number: int) -> int:
    """People who can sign in book for themselves; the office books for the others."""
    person = db.session.get_one(Person, replay.person_id(number))
    if person.user_id is not None:
        own = replay.as_themself(person.id)
        return booking.book_own_place(own, run_id)
    office = replay.with_role(Role.COORDINATOR, Role.SENSITIVE)
    return booking.book_person(office, run_id, person.id)


def _trainer(replay: Replay, *, second: bool = False) -> Actor:
    emails = [each.email for each in replay.definition.staff if Role.TRAINER in each.roles]
    return replay.staff(emails[-1] if second else emails[0])


def _kind(slug: str) -> TypeFacts:
    kind = queries.type_by_slug(slug)
    if kind is None:
        raise Conflict(f"The programme has no course “{slug}”.")
    return kind


def _days(replay: Replay, first: int, number: int) -> list[date]:
    """`number` weekdays one after the other, from the first on or after that day."""
    days = [replay.weekday(first)]
    while len(days) < number:
        days.append(replay.weekday((days[-1] - replay.anchor).days + 1))
    return days


def _put_on(
    replay: Replay, trainer: Actor, course: str, days: list[date], town: str, places: int
) -> int:
    kind = _kind(course)
    hours = kind.hours / len(days) if kind.hours else 7.0
    starts = time(13, 0) if hours <= HALF_DAY else time(9, 30)
    length = timedelta(hours=hours) if hours <= HALF_DAY else timedelta(hours=7)
    ward = (replay.world.in_town(town) or list(replay.world.wards))[0]
    return running.schedule_run(
        trainer,
        NewRun(
            course_type=course,
            sessions=tuple(
                SessionTimes(clock.london(day, starts), clock.london(day, starts) + length)
                for day in days
            ),
            venue=f"Meeting room, {town.replace('-', ' ').title()}",
            venue_postcode=ward.postcodes[0],
            link=None,
            minimum=min(kind.minimum, places),
            capacity=places,
            cut_off_on=days[0] - timedelta(days=3),
            reference=f"DEMO-{days[0]:%y%m%d}",
        ),
    )
