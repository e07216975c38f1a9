"""Add courses and bookings to the pages of other packages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core import clock, registry, words
from app.core.actor import Actor
from app.core.registry import NavigationItem, Panel, TimelineEntry, ToDo
from app.courses import notifications, places, service
from app.courses.booking import give_up_all_places
from app.courses.queries.locking import lock_runs_of_people
from app.courses.queries.obsolete_messages import is_obsolete_message
from app.courses.running import can_manage_all_runs
from app.courses.types import RunFacts, RunState
from app.people.contact import find_people_wanting_no_contact


def _navigation() -> Sequence[NavigationItem]:
    return [
        NavigationItem(_l("Find a course"), "courses.catalogue", "public", 20),
        NavigationItem(_l("Courses"), "courses.manage_runs", "courses:manage", 30),
    ]


def _todos(actor: Actor, on: date) -> Sequence[ToDo]:
    """Return the tasks about people to call and about runs with too few people."""
    if not actor.may("courses:manage"):
        return []
    todos = _blocked_trainer_tasks(service.people_with_blocked_trainer(actor, on), on)
    undersubscribed = service.undersubscribed_runs(actor, on)
    if undersubscribed:
        url = (
            url_for("courses.manage_run", run_id=undersubscribed[0].id)
            if len(undersubscribed) == 1
            else url_for("courses.manage_runs")
        )
        text = ngettext(
            "%(num)s course has too few people, and booking closes soon",
            "%(num)s courses have too few people, and booking closes soon",
            len(undersubscribed),
        )
        todos.append(ToDo(text, len(undersubscribed), url, order=35))
    return todos


def _blocked_trainer_tasks(people: Sequence[tuple[RunFacts, int]], on: date) -> list[ToDo]:
    """Return the tasks about people who have blocked the trainer of their run."""
    silent = find_people_wanting_no_contact({person_id for _run, person_id in people}, on)
    return [
        ToDo(
            _describe_blocked_trainer(run, wants_no_contact=person_id in silent),
            1,
            url_for("records.person", person_id=person_id),
            order=28,
            urgent=True,
        )
        for run, person_id in people
    ]


def _describe_blocked_trainer(run: RunFacts, *, wants_no_contact: bool) -> str:
    course, day = run.type.name, words.long_date(run.first_day)
    if wants_no_contact:
        return _(
            "Decide what to do about somebody who has a place on %(course)s on %(day)s, because "
            "they have asked never to meet the trainer. Do not contact them, because they asked us "
            "not to",
            course=course,
            day=day,
        )
    return _(
        "Call somebody who has a place on %(course)s on %(day)s, because they have asked "
        "never to meet the trainer",
        course=course,
        day=day,
    )


def _person_panels(actor: Actor, person_id: int) -> Sequence[Panel]:
    """Return a panel with a person's courses and a link to book one, for staff."""
    found = service.list_bookings(actor, person_id, clock.today())
    return [
        Panel(
            "courses/_person.html",
            {
                "person_id": person_id,
                "bookings": found,
                "can_book_courses": service.can_book_person(actor, person_id),
                "manages_all": can_manage_all_runs(actor),
                "may_change": actor.may("people:change"),
                "today": clock.today(),
            },
            order=30,
        )
    ]


def _own_panels(actor: Actor, person_id: int) -> Sequence[Panel]:
    """Return a panel with the person's own upcoming courses."""
    on = clock.today()
    upcoming = [
        each
        for each in reversed(service.list_bookings(actor, person_id, on))
        if not each.cancelled_on
        and each.run.last_day >= on
        and each.run.state is not RunState.COMPLETED
    ]
    return [Panel("courses/_own.html", {"bookings": upcoming, "now": clock.now()}, order=15)]


def _timeline(actor: Actor, person_id: int) -> Sequence[TimelineEntry]:
    """Return the courses on which the person had a place."""
    return [
        TimelineEntry(
            each.run.first_day,
            f"{each.run.type.name}"
            + (_(" (gave up their place)") if each.cancelled_on else "")
            + (_(" (cancelled)") if each.run.state is RunState.CANCELLED else ""),
            "course",
            url_for("courses.manage_run", run_id=each.run.id)
            if can_manage_all_runs(actor)
            else None,
        )
        for each in service.list_bookings(actor, person_id, clock.today())
    ]


def _on_leave(actor: Actor, person_id: int, reason: str) -> None:
    """Give up the course places of a person who has left."""
    give_up_all_places(actor, person_id)


def install() -> None:
    """Register this package's hooks with app.core.registry."""
    notifications.install()
    registry.obsolete_messages.register(is_obsolete_message)
    registry.on_left.register(_on_leave)
    registry.lock_for_merge.register(lock_runs_of_people)
    registry.on_merged.register(places.free_duplicate_places)
    registry.navigation.register(_navigation)
    registry.todos.register(_todos)
    registry.person_panels.register(_person_panels)
    registry.own_panels.register(_own_panels)
    registry.timeline.register(_timeline)
