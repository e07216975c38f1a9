"""The contents of the pages about courses, limited to what the actor is allowed to see.

The services that change data are in running.py (runs) and booking.py (places).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from flask_babel import gettext as _

from app.accounts.queries import users_with_role
from app.areas import queries as areas
from app.areas.types import AreaKind
from app.core import audit, clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import NotFound
from app.core.permissions import Role
from app.courses import notifications, queries, suitability
from app.courses.running import can_manage_all_runs, find_run, get_current_run
from app.courses.suitability import UnsuitableRun
from app.courses.types import (
    BookingFacts,
    ManagedRun,
    RunFacts,
    RunState,
    SessionTimes,
    Town,
    TypeFacts,
)
from app.organisations import choices
from app.organisations.types import OrganisationChoice
from app.people import pausing
from app.people.queries import get_visible, visible_ids

NEAR_KM = 12
CUT_OFF_NOTICE = timedelta(days=14)


def towns() -> list[Town]:
    """Return the programme's towns, sorted by name."""
    return [
        Town(area.place.code, area.place.name, area.easting, area.northing)
        for area in areas.areas_for_map(AreaKind.TOWN)
        if area.easting is not None and area.northing is not None
    ]


def course_types(on: date) -> list[TypeFacts]:
    """Return the course types offered on a given day."""
    return queries.course_types(on)


def course_type(slug: str) -> TypeFacts:
    """Return the course type with this slug. Raises NotFound if there is none."""
    found = queries.type_by_slug(slug)
    if found is None:
        raise NotFound()
    return found


def catalogue(on: date, type_slug: str | None = None, town: str | None = None) -> list[RunFacts]:
    """Return the runs that can be booked, soonest first. `town` limits them to nearby venues."""
    near = next(((each.easting, each.northing) for each in towns() if each.code == town), None)
    return queries.catalogue(on, type_slug=type_slug, near=near, within_km=NEAR_KM)


def public_run(actor: Actor, run_id: int, on: date) -> tuple[RunFacts, BookingFacts | None]:
    """Return a published run and the actor's own place on it, if any.

    The link to an online course is left out unless the actor has a place. Raises NotFound if the
    run is not published and the actor has no place on it.
    """
    run = queries.run_facts(run_id, on, queries.is_offered_to(actor.person_id))
    if run is None:
        raise NotFound()
    own = own_booking(actor, run_id, on)
    if own is None:
        run = replace(run, link="" if run.link else None)
    return run, own


def other_dates(actor: Actor, run: RunFacts, on: date) -> list[RunFacts]:
    """Return the next runs that the actor could book if this run cannot be booked."""
    if run.state is RunState.OPEN:
        return []
    return suitability.alternative_runs(actor.person_id, run, on)


def explain_unsuitability(actor: Actor, run: RunFacts, on: date) -> UnsuitableRun | None:
    """Return the reason why the actor cannot book this run, or None if they can."""
    over = run.state in (RunState.CANCELLED, RunState.COMPLETED)
    if over or actor.person_id is None or not can_book_courses(actor, on):
        return None
    return suitability.explain_unsuitability(actor.person_id, run, on)


def own_booking(actor: Actor, run_id: int, on: date) -> BookingFacts | None:
    """Return the actor's own place on a run, or None."""
    if actor.person_id is None:
        return None
    found = queries.list_bookings(actor.person_id, on)
    return next((each for each in found if each.run.id == run_id and not each.cancelled_on), None)


def own_calendar(actor: Actor, run_id: int, on: date) -> bytes:
    """Return a run as a calendar file. Raises NotFound if the actor has no place on it."""
    own = own_booking(actor, run_id, on)
    if own is None:
        raise NotFound()
    return notifications.run_calendar(run_id, own.run.state is RunState.CANCELLED)


def list_bookings(actor: Actor, person_id: int, on: date) -> list[BookingFacts]:
    """Return a person's places. Raises NotFound if the actor is not allowed to see the person."""
    get_visible(Scope.for_actor(actor), person_id)
    return queries.list_bookings(person_id, on)


def bookable_runs(actor: Actor, on: date) -> list[RunFacts]:
    """Return the upcoming runs on which the actor can book a place for somebody."""
    return [
        run
        for run in queries.managed_runs(on, trainer_user_id=managed_trainer_id(actor), past=False)
        if run.places_left > 0 and run.last_day >= on
    ]


def lacks_prerequisite(actor: Actor, person_id: int, run: RunFacts) -> bool:
    """Return whether a person will lack the required certificate on the first day of a run.

    Raises NotFound if the actor is not allowed to see the person.
    """
    get_visible(Scope.for_actor(actor), person_id)
    return not suitability.has_prerequisite(person_id, run.type, run.first_day)


def managed_trainer_id(actor: Actor) -> int | None:
    """Return the ID of the trainer whose runs the actor manages, or None for all trainers.

    Returns 0 for an actor without a user ID, who manages no runs.
    """
    return None if can_manage_all_runs(actor) else (actor.user_id or 0)


def managed_runs(actor: Actor, on: date, *, past: bool) -> list[RunFacts]:
    """Return the runs that the actor manages."""
    return queries.managed_runs(on, trainer_user_id=managed_trainer_id(actor), past=past)


def managed_run(actor: Actor, run_id: int, on: date) -> ManagedRun:
    """Return a run for the page on which staff manage it.

    Raises NotFound if the actor is not allowed to manage the run.
    """
    row = find_run(actor, run_id)
    run = get_current_run(run_id)
    return ManagedRun(
        run=run,
        roll=tuple(queries.list_visible_attendees(actor, row, on)),
        held=tuple(queries.held_places(actor, row)),
        unlisted=queries.unlisted_places(actor, row, on),
        sessions=tuple(
            (each.id, SessionTimes(each.starts_at, each.ends_at)) for each in row.sessions
        ),
        low_numbers_warning=_low_numbers_warning(run),
    )


def _low_numbers_warning(run: RunFacts) -> str | None:
    if run.state in (RunState.CANCELLED, RunState.COMPLETED):
        return None
    if run.taken < run.type.floor:
        return str(
            _(
                "%(name)s must never run with fewer than %(floor)s people.",
                name=run.type.name,
                floor=run.type.floor,
            )
        )
    if run.taken < run.minimum:
        return str(_("This course needs at least %(number)s people.", number=run.minimum))
    if run.taken < run.type.minimum:
        return str(_("We recommend %(number)s people or more.", number=run.type.minimum))
    return None


def record_viewing(actor: Actor, page: ManagedRun) -> None:
    """Record in the audit log that the actor viewed the people on a run."""
    actor.require("courses:attend")
    people = [entry.person_id for entry in page.roll if entry.person_id]
    if people:
        audit.record(actor, AuditVerb.RUN_READ_ROLL, "course_runs", page.run.id, people=people)


def selectable_people(actor: Actor, run_id: int, on: date) -> dict[int, str]:
    """Return the names of people from the trainer's other runs, by person ID.

    Returns an empty dict if the actor is not the trainer of this run.
    """
    return queries.people_on_own_runs(actor, find_run(actor, run_id), on)


def trainers(actor: Actor, on: date) -> Sequence[tuple[int, str]]:
    """Return the users who can be chosen as the trainer of a run, as (user ID, name).

    Returns an empty list for trainers, who can schedule only their own runs.
    """
    if not can_manage_all_runs(actor):
        return ()
    found = {user.id: user.name for user in users_with_role(Role.TRAINER, on)}
    if actor.user_id is not None:
        found.setdefault(actor.user_id, actor.name)
    return tuple(found.items())


def organisations(actor: Actor, on: date) -> list[OrganisationChoice]:
    """Return the organisations that the actor can choose for a booking."""
    return choices.organisations(actor, on)


def people_with_blocked_trainer(actor: Actor, on: date) -> list[tuple[RunFacts, int]]:
    """Return (run, person ID) for people on upcoming runs who have blocked the trainer.

    People hidden from the actor are left out.
    """
    if not can_manage_all_runs(actor):
        return []
    return filter_visible_people(actor, queries.people_who_blocked_trainer(on), on)


def filter_visible_people(
    actor: Actor, found: Sequence[tuple[int, int]], on: date
) -> list[tuple[RunFacts, int]]:
    """Replace the run IDs in these pairs with runs, leaving out people hidden from the actor."""
    visible = visible_ids(Scope.for_actor(actor), {person_id for _, person_id in found}, on)
    runs = queries.runs_by_id({run_id for run_id, person_id in found if person_id in visible}, on)
    people = [(runs[run_id], person_id) for run_id, person_id in found if person_id in visible]
    return sorted(people, key=lambda each: (each[0].first_day, each[0].type.name))


def undersubscribed_runs(actor: Actor, on: date) -> list[RunFacts]:
    """Return the actor's runs that have too few people, if the cut-off is near or has passed."""
    return queries.runs_below_minimum(on, CUT_OFF_NOTICE, managed_trainer_id(actor))


def can_book_person(actor: Actor, person_id: int) -> bool:
    """Return whether the actor is allowed to book a course for this person.

    The person must be approved, in the network and not paused.
    """
    person = get_visible(Scope.for_actor(actor), person_id)
    in_network = person.approved_at is not None and person.left_on is None
    if not actor.may("courses:manage") or not in_network:
        return False
    return not pausing.is_paused(person.id, clock.today())


def can_book_courses(actor: Actor, on: date) -> bool:
    """Return whether the actor is allowed to book courses for themselves. Paused people are not."""
    return actor.may("courses:book") and not pausing.is_actor_paused(actor, on)


def can_book(actor: Actor, run: RunFacts, on: date) -> bool:
    """Return whether the actor can book a place on this run now."""
    return can_book_courses(actor, on) and explain_unsuitability(actor, run, on) is None


def get_name(actor: Actor, person_id: int) -> str:
    """Return a person's name. Raises NotFound if the actor is not allowed to see them."""
    return get_visible(Scope.for_actor(actor), person_id).full_name
