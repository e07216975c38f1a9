"""Plan the course runs, and record them with the services that trainers and champions use."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from functools import partial

from app.attendance import earlier, signing_off
from app.attendance.types import EarlierCertificate
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.permissions import Role
from app.courses import booking, queries, running
from app.courses.types import Mark, NewAttendee, NewRun, SessionTimes, TypeFacts
from app.demo.people import SEED
from app.demo.replay import Replay
from app.demo.timetable import FutureRun, PlannedBooking, PlannedRun, Timetable
from app.people.models import Person
from app.rescheduling import service as rescheduling

PUBLISHED = 50  # days before the run
BOOKED_FROM, BOOKED_UNTIL = 44, 6  # days before the run
CANCELLED = 9  # days before the run
HALF_DAY = 4.0  # hours
EARLIER_CERTIFICATE = EarlierCertificate(
    "mhfa-youth", None, "The Youth certificate, shown on a video call"
)


def plan(replay: Replay, timetable: Timetable) -> None:
    """Plan all runs."""
    rng = random.Random(SEED + 3)
    for planned in timetable.past:
        _RunPlan(replay, rng, planned).schedule()
    for future_run in timetable.future_runs:
        _plan_future_run(replay, rng, future_run)


class _RunPlan:
    """The plan for one course run, from publication to certificates."""

    def __init__(self, replay: Replay, rng: random.Random, planned: PlannedRun) -> None:
        self.replay, self.rng, self.planned = replay, rng, planned
        self.id = 0
        self.attendees: dict[int, int] = {}  # attendee IDs by the number of the person
        self.unregistered_ids: list[int] = []

    def schedule(self) -> None:
        """Plan every step of the run."""
        replay, planned = self.replay, self.planned
        replay.plan_on_day(planned.first - PUBLISHED, time(10, 5), self._create_run)
        for planned_booking in planned.bookings:
            booked = self._booking_day(planned_booking)
            replay.plan_on_day(
                booked, time(self.rng.randint(8, 20), 15), partial(self._book, planned_booking)
            )
        if planned.cancelled:
            replay.plan_on_day(planned.first - CANCELLED, time(12), self._cancel)
            return
        replay.plan_on_day(planned.first, time(8, 30), self._add_unregistered_attendees)
        for day in range(len(planned.bookings[0].marks) if planned.bookings else 0):
            evening = datetime.combine(self._days()[day], time(17, 10), tzinfo=clock.LONDON)
            replay.plan_at(evening, partial(self._mark_attendance, day))
        if planned.signed_off:
            last = datetime.combine(self._days()[-1], time(17, 30), tzinfo=clock.LONDON)
            replay.plan_at(last, self._sign_off)

    def _days(self) -> list[date]:
        return _days(self.replay, self.planned.first, 2 if "two-day" in self.planned.course else 1)

    def _booking_day(self, planned_booking: PlannedBooking) -> int:
        """Choose a random day after the run was published and the person was approved."""
        earliest = max(
            self.planned.first - BOOKED_FROM,
            self.replay.population.people[planned_booking.number - 1].decided + 1,
        )
        latest = max(earliest, self.planned.first - BOOKED_UNTIL)
        return self.rng.randint(earliest, latest)

    def _create_run(self) -> None:
        planned = self.planned
        trainer = _trainer(self.replay, second=planned.by_second_trainer)
        self.id = _create_run(
            self.replay, trainer, planned.course, self._days(), planned.town, planned.places
        )
        running.publish_run(trainer, self.id)

    def _book(self, planned_booking: PlannedBooking) -> None:
        self.attendees[planned_booking.number] = _book(self.replay, self.id, planned_booking.number)

    def _add_unregistered_attendees(self) -> None:
        trainer = _trainer(self.replay, second=self.planned.by_second_trainer)
        for name in self.planned.named_attendees:
            attendee = NewAttendee(name=name, walk_in=True)
            self.unregistered_ids.append(booking.add_named_attendee(trainer, self.id, attendee))

    def _mark_attendance(self, day: int) -> None:
        trainer = _trainer(self.replay, second=self.planned.by_second_trainer)
        run = running.find_run(trainer, self.id)
        if day >= len(run.sessions):
            return
        session_id = run.sessions[day].id
        marks: dict[tuple[int, int], Mark | None] = {
            (self.attendees[planned_booking.number], session_id): planned_booking.marks[day]
            for planned_booking in self.planned.bookings
        }
        marks |= {(attendee_id, session_id): Mark.ATTENDED for attendee_id in self.unregistered_ids}
        signing_off.record_attendance(trainer, self.id, marks)
        coordinator = self.replay.actor_with_roles(Role.COORDINATOR, Role.SENSITIVE)
        # The trainer cannot see every attendee, so the coordinator records the others.
        signing_off.record_attendance(coordinator, self.id, marks)

    def _sign_off(self) -> None:
        signing_off.sign_off(_trainer(self.replay, second=self.planned.by_second_trainer), self.id)
        if self.planned.course == "mhfa-refresher":
            coordinator = self.replay.actor_with_roles(Role.COORDINATOR, Role.SENSITIVE)
            for attendee_id in self.unregistered_ids:
                earlier.accept_earlier_certificate(
                    coordinator, self.id, attendee_id, EARLIER_CERTIFICATE
                )

    def _cancel(self) -> None:
        trainer = _trainer(self.replay, second=self.planned.by_second_trainer)
        rescheduling.cancel_run(trainer, self.id, "Too few people had booked.")


def _plan_future_run(replay: Replay, rng: random.Random, future_run: FutureRun) -> None:
    """Plan a future run that is published and has some bookings."""
    part = future_run.part
    published = min(part.days - PUBLISHED, -8)
    run_ids: list[int] = []

    def create() -> None:
        trainer = _trainer(replay)
        course_type = _course_type(part.course)
        days = _days(replay, part.days, 2 if course_type.days > 1 else 1)
        run_ids.append(_create_run(replay, trainer, part.course, days, part.town, part.places))
        if not part.planned:
            running.publish_run(trainer, run_ids[0])

    replay.plan_on_day(published, time(10, 5), create)
    for number in future_run.numbers:
        earliest = max(published + 1, replay.population.people[number - 1].decided + 1)
        day = rng.randint(min(earliest, -1), -1)
        replay.plan_on_day(
            day, time(rng.randint(11, 20), 25), partial(_try_to_book, replay, run_ids, number)
        )


def _try_to_book(replay: Replay, run_ids: list[int], number: int) -> None:
    """Book a place for the person, unless a rule prevents this."""
    try:
        _book(replay, run_ids[0], number)
    except (Conflict, NotFound):
        return


def _book(replay: Replay, run_id: int, number: int) -> int:
    """Book a place. People who can sign in book it themselves. The coordinator books for others."""
    person = db.session.get_one(Person, replay.person_id(number))
    if person.user_id is not None:
        person_actor = replay.actor_for_person(person.id)
        return booking.book_own_place(person_actor, run_id)
    coordinator = replay.actor_with_roles(Role.COORDINATOR, Role.SENSITIVE)
    return booking.book_person(coordinator, run_id, person.id)


def _trainer(replay: Replay, *, second: bool = False) -> Actor:
    emails = [each.email for each in replay.definition.staff if Role.TRAINER in each.roles]
    return replay.staff_actor(emails[-1] if second else emails[0])


def _course_type(slug: str) -> TypeFacts:
    kind = queries.type_by_slug(slug)
    if kind is None:
        raise Conflict(f"The programme has no course “{slug}”.")
    return kind


def _days(replay: Replay, first: int, number: int) -> list[date]:
    """Return ``number`` consecutive weekdays. ``first`` is the earliest possible day."""
    days = [replay.next_working_day(first)]
    while len(days) < number:
        days.append(replay.next_working_day((days[-1] - replay.anchor).days + 1))
    return days


def _create_run(
    replay: Replay, trainer: Actor, course: str, days: list[date], town: str, places: int
) -> int:
    course_type = _course_type(course)
    hours = course_type.hours / len(days) if course_type.hours else 7.0
    start_time = time(13, 0) if hours <= HALF_DAY else time(9, 30)
    length = timedelta(hours=hours) if hours <= HALF_DAY else timedelta(hours=7)
    ward = (replay.all_places.wards_in_town(town) or list(replay.all_places.wards))[0]
    return running.schedule_run(
        trainer,
        NewRun(
            course_type=course,
            sessions=tuple(
                SessionTimes(
                    clock.london_instant(day, start_time),
                    clock.london_instant(day, start_time) + length,
                )
                for day in days
            ),
            venue=f"Meeting room, {town.replace('-', ' ').title()}",
            venue_postcode=ward.postcodes[0],
            link=None,
            minimum=min(course_type.minimum, places),
            capacity=places,
            cut_off_on=days[0] - timedelta(days=3),
            reference=f"DEMO-{days[0]:%y%m%d}",
        ),
    )
