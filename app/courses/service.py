"""What the pages of this room read, each with what its reader may see.

The verbs stand beside: running.py (runs), booking.py (places), signing_off.py (attendance).
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
from app.courses import queries, sheets, signing_off, telling
from app.courses.running import facts, find, may_manage_all
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
OTHER_DATES = 3
CUT_OFF_IS_NEAR = timedelta(days=14)


def towns() -> list[Town]:
    """The programme's towns, by name."""
    return [
        Town(area.place.code, area.place.name, area.easting, area.northing)
        for area in areas.map_areas(AreaKind.TOWN)
        if area.easting is not None and area.northing is not None
    ]


def course_types(on: date) -> list[TypeFacts]:
    """The types offered on a day."""
    return queries.course_types(on)


def course_type(slug: str) -> TypeFacts:
    """A course type. Raises NotFound."""
    found = queries.type_by_slug(slug)
    if found is None:
        raise NotFound()
    return found


def catalogue(on: date, type_slug: str | None = None, town: str | None = None) -> list[RunFacts]:
    """Runs that can still be booked, soonest first, near a town if one is named."""
    near = next(((each.easting, each.northing) for each in towns() if each.code == town), None)
    return queries.catalogue(on, type_slug=type_slug, near=near, within_km=NEAR_KM)


def public_run(actor: Actor, run_id: int, on: date) -> tuple[RunFacts, BookingFacts | None]:
    """A run that was published, and the reader's own place on it. Raises NotFound.

    The link to an online course is for those who have a place.
    """
    run = queries.run_facts(run_id, on, queries.is_offered_to(actor.person_id))
    if run is None:
        raise NotFound()
    own = own_place(actor, run_id, on)
    if own is None:
        run = replace(run, link="" if run.link else None)
    return run, own


def other_dates(run: RunFacts, on: date) -> list[RunFacts]:
    """The next runs of the same course that have places left; none while this one has."""
    if run.state is RunState.OPEN:
        return []
    found = queries.catalogue(on, type_slug=run.type.slug)
    return [each for each in found if each.id != run.id and each.left > 0][:OTHER_DATES]


def own_place(actor: Actor, run_id: int, on: date) -> BookingFacts | None:
    """The reader's place on a run."""
    if actor.person_id is None:
        return None
    found = queries.bookings_of(actor.person_id, on)
    return next((each for each in found if each.run.id == run_id and not each.cancelled_on), None)


def own_calendar(actor: Actor, run_id: int, on: date) -> bytes:
    """The run's days as a calendar file, for who has a place on it. Raises NotFound."""
    own = own_place(actor, run_id, on)
    if own is None:
        raise NotFound()
    return telling.calendar_of(run_id, own.run.state is RunState.CANCELLED)


def bookings_of(actor: Actor, person_id: int, on: date) -> list[BookingFacts]:
    """A person's places, for who may read them. Raises NotFound."""
    get_visible(Scope.of(actor), person_id)
    return queries.bookings_of(person_id, on)


def bookable_by(actor: Actor, on: date) -> list[RunFacts]:
    """Runs onto which staff can book a person: theirs, with places left."""
    return [
        run
        for run in queries.managed(on, trainer_user_id=_whose(actor), past=False)
        if run.left > 0 and run.last_day >= on
    ]


def _whose(actor: Actor) -> int | None:
    """None: everybody's runs. A user without a number of their own has none."""
    return None if may_manage_all(actor) else (actor.user_id or 0)


def managed_runs(actor: Actor, on: date, *, past: bool) -> list[RunFacts]:
    """The runs that `actor` looks after."""
    return queries.managed(on, trainer_user_id=_whose(actor), past=past)


def managed_run(actor: Actor, run_id: int, on: date) -> ManagedRun:
    """One of them, with who is on it. Raises NotFound."""
    row = find(actor, run_id)
    run = facts(run_id)
    roll = tuple(queries.roll(actor, row, on))
    return ManagedRun(
        run=run,
        roll=roll,
        held=tuple(queries.held_places(actor, row)),
        unlisted=queries.unlisted(actor, row, on),
        late=frozenset(signing_off.late(row, [one.attendee_id for one in roll])),
        sessions=tuple(
            (each.id, SessionTimes(each.starts_at, each.ends_at)) for each in row.sessions
        ),
        may_sign_off=run.state not in (RunState.CANCELLED, RunState.COMPLETED)
        and on >= run.last_day,
        few=_few(run),
    )


def _few(run: RunFacts) -> str | None:
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


def class_sheet(actor: Actor, run_id: int, on: date) -> bytes:
    """The class sheet as a PDF: names, access needs, boxes to sign. The export is audited."""
    actor.require("courses:attend")
    page = managed_run(actor, run_id, on)
    audit.record(
        actor,
        AuditVerb.RUN_EXPORT_SHEET,
        "course_runs",
        run_id,
        people=[one.person_id for one in page.roll if one.person_id],
        names=len(page.roll),
    )
    return sheets.class_sheet(page)


def note_reading(actor: Actor, page: ManagedRun) -> None:
    """Opening a roll with people of ours on it leaves a line in the audit log."""
    actor.require("courses:attend")
    people = [one.person_id for one in page.roll if one.person_id]
    if people:
        audit.record(actor, AuditVerb.RUN_READ_ROLL, "course_runs", page.run.id, people=people)


def trainers(actor: Actor, on: date) -> Sequence[tuple[int, str]]:
    """(user id, name) of those a run can be given to by `actor`; empty for a trainer."""
    if not may_manage_all(actor):
        return ()
    found = {user.id: user.name for user in users_with_role(Role.TRAINER, on)}
    if actor.user_id is not None:
        found.setdefault(actor.user_id, actor.name)
    return tuple(found.items())


def organisations(actor: Actor, on: date) -> list[OrganisationChoice]:
    """Organisations whose people the actor can book."""
    return choices.organisations(actor, on)


def to_complete(actor: Actor, on: date) -> list[RunFacts]:
    """Runs that are over and not signed off."""
    return queries.awaiting_completion(on, _whose(actor))


def to_mark_for_trainers(actor: Actor, over: Sequence[RunFacts], on: date) -> list[RunFacts]:
    """Runs that are over, signed off or not, on which `actor` has to mark somebody who is not
    listed for the trainer. over: those not signed off.
    """
    if not may_manage_all(actor):
        return []
    runs = [*over, *queries.signed_off_unmarked(on)]
    found = set(signing_off.for_somebody_else(actor, [run.id for run in runs]))
    return [run for run in runs if run.id in found]


def with_a_blocked_trainer(actor: Actor, on: date) -> list[tuple[RunFacts, int]]:
    """(run to come, person): where a person whom `actor` may read asked never to meet the
    trainer.
    """
    if not may_manage_all(actor):
        return []
    found = queries.who_blocked_the_trainer(on)
    known = visible_ids(Scope.of(actor), {person_id for _, person_id in found}, on)
    runs = queries.runs_by_id({run_id for run_id, person_id in found if person_id in known}, on)
    told = [(runs[run_id], person_id) for run_id, person_id in found if person_id in known]
    return sorted(told, key=lambda each: (each[0].first_day, each[0].type.name))


def too_few(actor: Actor, on: date) -> list[RunFacts]:
    """Runs with too few people, whose cut-off is near or passed."""
    return queries.below_minimum(on, CUT_OFF_IS_NEAR, _whose(actor))


def can_be_booked(actor: Actor, person_id: int) -> bool:
    """Whether staff may book a course for a person they may read: approved, and not paused."""
    person = get_visible(Scope.of(actor), person_id)
    takes_part = person.approved_at is not None and person.left_on is None
    if not actor.may("courses:manage") or not takes_part:
        return False
    return not pausing.is_paused(person.id, clock.today())


def may_book(actor: Actor, on: date) -> bool:
    """Whether the actor may book a place for themself: not while they are paused by us."""
    return actor.may("courses:book") and not pausing.is_paused_oneself(actor, on)


def name_of(actor: Actor, person_id: int) -> str:
    """A person's name, for who may read them. Raises NotFound."""
    return get_visible(Scope.of(actor), person_id).full_name
