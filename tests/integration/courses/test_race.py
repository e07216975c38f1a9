"""Concurrent bookings and sign-offs on a real database."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from app.attendance import signing_off
from app.core import clock
from app.core.actor import Actor
from app.core.db import db, transaction
from app.core.errors import Conflict, InvalidInput
from app.core.permissions import Role
from app.courses import booking, queries, running
from app.courses.models import CourseRun
from app.courses.types import NewAttendee, NewRun
from app.messages.models import Message
from app.rescheduling import service as rescheduling
from tests.factories import accounts, courses, organisations, people

PLACES = 3
PEOPLE = 50


def at_once(site: Flask, actions: list[Callable[[], object]]) -> Counter[str]:
    """Run the actions in parallel, each in its own transaction, and count the outcomes."""
    outcomes: Counter[str] = Counter()
    gate = threading.Barrier(len(actions))
    lock = threading.Lock()

    def run_action(action: Callable[[], object]) -> None:
        gate.wait()
        with site.app_context():
            try:
                with transaction():
                    action()
                outcome = "done"
            except (Conflict, InvalidInput):
                outcome = "refused"
            except Exception as error:  # counted, so that the test reports it
                outcome = repr(error)
        with lock:
            outcomes[outcome] += 1

    threads = [threading.Thread(target=run_action, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_three_places_are_never_overbooked(site: Flask) -> None:
    with site.app_context(), transaction():
        trainer = courses.trainer()
        run_id = courses.run(
            clock.today() + timedelta(days=30), trainer_user=trainer, capacity=PLACES
        ).id
        group = organisations.organisation("Watton Players").id
        managing = courses.actor_of(trainer, Role.TRAINER)
        staff = courses.actor_of(accounts.coordinator(), Role.COORDINATOR, Role.SENSITIVE)
        champions = []
        for _ in range(PEOPLE):
            person = people.champion()
            champions.append(
                Actor(
                    kind="user",
                    user_id=person.user_id,
                    person_id=person.id,
                    roles=frozenset({Role.CHAMPION}),
                )
            )

    def booking_action(number: int, actor: Actor) -> Callable[[], object]:
        """Return one of four actions that take a place, chosen by `number`."""
        person_id = actor.person_id or 0
        return [
            lambda: booking.book_own_place(actor, run_id),
            lambda: booking.book_person(staff, run_id, person_id),
            lambda: booking.add_named_attendee(managing, run_id, NewAttendee(f"Walk-in {number}")),
            lambda: booking.hold_places(managing, run_id, group, 1),
        ][number % 4]

    outcomes = at_once(site, [booking_action(n, actor) for n, actor in enumerate(champions)])
    assert outcomes == {"done": PLACES, "refused": PEOPLE - PLACES}
    with site.app_context():
        assert queries.places_taken(run_id) == PLACES


def test_concurrent_bookings_by_one_person_make_one_place_and_one_letter(site: Flask) -> None:
    with site.app_context(), transaction():
        run_id = courses.run(clock.today() + timedelta(days=30)).id
        person = people.champion()
        actor = Actor(
            kind="user",
            user_id=person.user_id,
            person_id=person.id,
            roles=frozenset({Role.CHAMPION}),
        )
    outcomes = at_once(site, [lambda: booking.book_own_place(actor, run_id)] * 8)
    assert outcomes == {"done": 8}
    with site.app_context():
        assert queries.places_taken(run_id) == 1
        assert db.session.query(Message).count() == 1


def test_one_person_cannot_book_two_overlapping_courses_concurrently(site: Flask) -> None:
    with site.app_context(), transaction():
        day = clock.today() + timedelta(days=30)
        runs = [courses.run(day).id for _ in range(2)]
        champions = [people.champion() for _ in range(8)]
        actors = [
            Actor(
                kind="user",
                user_id=each.user_id,
                person_id=each.id,
                roles=frozenset({Role.CHAMPION}),
            )
            for each in champions
        ]

    def book_action(actor: Actor, run_id: int) -> Callable[[], object]:
        return lambda: booking.book_own_place(actor, run_id)

    outcomes = at_once(site, [book_action(actor, run_id) for actor in actors for run_id in runs])
    assert outcomes == {"done": 8, "refused": 8}


def test_a_trainer_cannot_have_two_runs_at_the_same_time(site: Flask) -> None:
    with site.app_context(), transaction():
        actor = courses.actor_of(courses.trainer(), Role.TRAINER)
        new = courses.new_run(clock.today() + timedelta(days=30))
    outcomes = at_once(site, [lambda: running.schedule_run(actor, new)] * 6)
    assert outcomes == {"done": 1, "refused": 5}


def test_a_room_cannot_have_two_runs_at_the_same_time(site: Flask) -> None:
    """New runs and moved runs of different trainers compete for one room."""
    with site.app_context(), transaction():
        day = clock.today() + timedelta(days=30)
        actors = [courses.actor_of(courses.trainer(), Role.TRAINER) for _ in range(6)]
        new = [
            courses.new_run(day, venue=venue)
            for venue in ("Village Hall, Watton", "village hall WATTON", "Village  Hall Watton")
        ]
        moving = []
        for actor in actors[3:]:
            later = courses.new_run(day + timedelta(days=9), venue=f"Hall {actor.user_id}")
            moving.append((actor, running.schedule_run(actor, later)))

    def schedules(actor: Actor, details: NewRun) -> Callable[[], object]:
        return lambda: running.schedule_run(actor, details)

    def moves(actor: Actor, run_id: int, details: NewRun) -> Callable[[], object]:
        return lambda: rescheduling.change_run(actor, run_id, details)

    outcomes = at_once(
        site,
        [
            *(schedules(actor, each) for actor, each in zip(actors, new, strict=False)),
            *(moves(*each, details) for each, details in zip(moving, new, strict=True)),
        ],
    )
    assert outcomes == {"done": 1, "refused": 5}


def test_a_person_booking_while_a_run_moves_is_never_on_both_silently(site: Flask) -> None:
    with site.app_context(), transaction():
        day = clock.today() + timedelta(days=30)
        actor = courses.actor_of(courses.trainer(), Role.TRAINER)
        moving = running.schedule_run(actor, courses.new_run(day))
        other = courses.run(day + timedelta(days=9), venue="The Barn").id
        person = people.champion()
        courses.attendee(db.session.get_one(CourseRun, moving), person)
        own = Actor(
            kind="user",
            user_id=person.user_id,
            person_id=person.id,
            roles=frozenset({Role.CHAMPION}),
        )
        moved = courses.new_run(day + timedelta(days=9))
    outcomes = at_once(
        site,
        [
            lambda: booking.book_own_place(own, other),
            lambda: rescheduling.change_run(actor, moving, moved),
        ],
    )
    assert outcomes == {"done": 1, "refused": 1}


def test_concurrent_sign_offs_issue_certificates_once(site: Flask) -> None:
    with site.app_context(), transaction():
        trainer = courses.trainer()
        run = courses.run(clock.today() - timedelta(days=10), trainer_user=trainer)
        run_id = run.id
        for _ in range(5):
            courses.mark_attendance(courses.attendee(run, people.person()), trainer)
        actor = courses.actor_of(trainer, Role.TRAINER)
    outcomes = at_once(site, [lambda: signing_off.sign_off(actor, run_id)] * 6)
    assert outcomes == {"done": 6}
    with site.app_context():
        letters = db.session.query(Message).filter_by(letter="training-recorded").count()
        assert letters == 5
