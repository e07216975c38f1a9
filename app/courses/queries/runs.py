"""Queries for the catalogue and course runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    ScalarSelect,
    and_,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import joinedload, selectinload

from app.accounts import queries as accounts
from app.certificates import queries as certificates
from app.core import clock
from app.core.db import db
from app.core.in_force import is_current_or_future
from app.courses.models import (
    Attendee,
    Booking,
    CourseRun,
    CourseSession,
    CourseType,
)
from app.courses.queries.holders import attendee_person_id
from app.courses.types import RunFacts, RunState, SessionTimes, TypeFacts
from app.organisations.models import PartnerCoordinator
from app.people.models import Block

METRES_PER_KM = 1000
Kinds = dict[int, tuple[str, str | None]]  # the name and family of each kind


def london_day(instant: ColumnElement[datetime]) -> ColumnElement[date]:
    """Return an SQL expression that converts a time to a date, in London time."""
    return cast(func.timezone("Europe/London", instant), Date)


def first_day_sql() -> ScalarSelect[date]:
    """Return a correlated subquery for the date of a run's first session, in London time."""
    return (
        select(london_day(func.min(CourseSession.starts_at)))
        .where(CourseSession.run_id == CourseRun.id)
        .correlate(CourseRun)
        .scalar_subquery()
    )


def _first_session_start() -> ScalarSelect[datetime]:
    """Return a correlated subquery for the start of a run's first session."""
    return (
        select(func.min(CourseSession.starts_at))
        .where(CourseSession.run_id == CourseRun.id)
        .correlate(CourseRun)
        .scalar_subquery()
    )


def _reference_time(on: date) -> datetime:
    """Return the current time if `on` is today, otherwise the start of that day."""
    now = clock.now()
    return now if clock.london_day(now) == on else clock.start_of_day(on)


def places_taken_sql() -> ScalarSelect[int]:
    """Return a subquery for the number of places taken on a run, including unnamed places."""
    people = (
        select(func.count(Attendee.id))
        .where(Attendee.run_id == CourseRun.id, Attendee.cancelled_at.is_(None))
        .correlate(CourseRun)
        .scalar_subquery()
    )
    held = (
        select(func.coalesce(func.sum(Booking.headcount), 0))
        .where(Booking.run_id == CourseRun.id, Booking.cancelled_at.is_(None))
        .correlate(CourseRun)
        .scalar_subquery()
    )
    return select(people + held).scalar_subquery()


def is_within_distance(easting: int, northing: int, km: int) -> ColumnElement[bool]:
    """Return the SQL condition for venues within `km` of a National Grid point in metres."""
    east = cast(CourseRun.venue_easting, BigInteger) - easting
    north = cast(CourseRun.venue_northing, BigInteger) - northing
    return east * east + north * north <= (km * METRES_PER_KM) ** 2


def is_bookable_on(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for published runs that have not started or passed their cut-off.

    Fully booked runs are included.
    """
    return and_(
        CourseRun.published_at.is_not(None),
        CourseRun.cancelled_at.is_(None),
        CourseRun.completed_at.is_(None),
        CourseRun.cut_off_on >= on,
        _first_session_start() > _reference_time(on),
    )


def awards_or_renews(kind_id: int) -> ColumnElement[bool]:
    """Return the SQL condition for courses that award or renew this kind of certificate.

    `TypeFacts.awards_or_renews` is the same rule for one course.
    """
    family = certificates.family_kind_ids(kind_id)
    renews = and_(CourseType.is_refresher, CourseType.awards_id.in_(family))
    return or_(CourseType.awards_id == kind_id, renews)


def _type_facts(row: CourseType, kinds: Kinds) -> TypeFacts:
    renews = _kinds_renewed_by(row, kinds)
    return TypeFacts(
        id=row.id,
        slug=row.slug,
        name=row.name,
        description=row.description,
        days=float(row.days),
        hours=float(row.hours) if row.hours is not None else None,
        minimum=row.minimum,
        maximum=row.maximum,
        floor=row.floor,
        awards_id=row.awards_id,
        awards=kinds[row.awards_id][0] if row.awards_id else None,
        prerequisite_id=row.prerequisite_id,
        prerequisite=_prerequisite(row, kinds, renews),
        is_refresher=row.is_refresher,
        renews_ids=renews,
    )


def _kinds_renewed_by(row: CourseType, kinds: Kinds) -> tuple[int, ...]:
    """Return the IDs of the kinds that a refresher renews. Other courses renew none."""
    if not row.is_refresher or row.awards_id is None:
        return ()
    _name, family = kinds[row.awards_id]
    if family is None:
        return (row.awards_id,)
    return tuple(each for each, kind in kinds.items() if kind[1] == family)


def _prerequisite(row: CourseType, kinds: Kinds, renews: Sequence[int]) -> str | None:
    """Return the name of the required kind. For a refresher, return the name of its family."""
    if row.prerequisite_id is None:
        return None
    name, family = kinds[row.prerequisite_id]
    return family if family and row.prerequisite_id in renews else name


def _certificate_kinds() -> Kinds:
    return {kind.id: (kind.name, kind.family) for kind in certificates.kinds()}


def course_types(on: date) -> list[TypeFacts]:
    """Return the course types offered on a given day, in catalogue order."""
    kinds = _certificate_kinds()
    rows = db.session.scalars(
        select(CourseType).where(is_current_or_future(CourseType, on)).order_by(CourseType.id)
    )
    return [_type_facts(row, kinds) for row in rows]


def type_by_slug(slug: str) -> TypeFacts | None:
    """Return the course type with this slug, or None."""
    row = db.session.scalar(select(CourseType).where(CourseType.slug == slug))
    return _type_facts(row, _certificate_kinds()) if row else None


def get_run_state(run: CourseRun, taken: int, on: date) -> RunState:
    """Return the state of a run on a given day. `taken` is the number of places taken."""
    if run.cancelled_at is not None:
        return RunState.CANCELLED
    if run.completed_at is not None:
        return RunState.COMPLETED
    if run.published_at is None:
        return RunState.PLANNED
    if on > run.cut_off_on or (run.sessions and _reference_time(on) >= run.sessions[0].starts_at):
        return RunState.CLOSED
    return RunState.FULL if taken >= run.capacity else RunState.OPEN


def find_runs(
    conditions: Sequence[ColumnElement[bool]], on: date, *, newest_first: bool = False
) -> list[RunFacts]:
    """Return the runs that meet the conditions, ordered by first day."""
    starts_on = first_day_sql()
    order = (starts_on.desc(), CourseRun.id.desc()) if newest_first else (starts_on, CourseRun.id)
    rows = db.session.execute(
        select(CourseRun, places_taken_sql(), accounts.user_name(CourseRun.trainer_user_id))
        .join(CourseType, CourseType.id == CourseRun.course_type_id)
        .where(*conditions)
        .options(joinedload(CourseRun.course_type), selectinload(CourseRun.sessions))
        .order_by(*order)
    ).all()
    kinds = _certificate_kinds() if rows else {}
    return [
        RunFacts(
            id=run.id,
            type=_type_facts(run.course_type, kinds),
            state=get_run_state(run, taken, on),
            sessions=tuple(SessionTimes(each.starts_at, each.ends_at) for each in run.sessions),
            venue=run.venue,
            postcode=run.venue_postcode,
            link=run.link,
            minimum=run.minimum,
            capacity=run.capacity,
            taken=taken,
            cut_off_on=run.cut_off_on,
            fee_pence=run.fee_pence,
            exception_reference=run.exception_reference,
            reference=run.reference,
            trainer_user_id=run.trainer_user_id,
            trainer=trainer,
            cancel_reason=run.cancel_reason,
            completed_on=clock.london_day(run.completed_at) if run.completed_at else None,
            revision=run.revision,
            published=run.published_at is not None,
        )
        for run, taken, trainer in rows
    ]


def run_facts(run_id: int, on: date, *conditions: ColumnElement[bool]) -> RunFacts | None:
    """Return a run, or None if it does not meet the conditions."""
    return next(iter(find_runs([CourseRun.id == run_id, *conditions], on)), None)


def runs_by_id(run_ids: Iterable[int], on: date) -> dict[int, RunFacts]:
    """Return these runs by ID."""
    found = find_runs([CourseRun.id.in_(tuple(run_ids))], on)
    return {run.id: run for run in found}


def catalogue(
    on: date,
    *,
    type_slug: str | None = None,
    awards_ids: Collection[int] = (),
    near: tuple[int, int] | None = None,
    within_km: int = 15,
) -> list[RunFacts]:
    """Return the runs open to the public, soonest first, including fully booked runs.

    `awards_ids` limits the result to runs that lead to one of these kinds of certificate, or to a
    kind that includes one. `near` is a National Grid point in metres. Online runs are near
    everybody.
    """
    conditions = [is_bookable_on(on)]
    if type_slug:
        conditions.append(CourseType.slug == type_slug)
    if awards_ids:
        slugs = [kind.slug for kind in certificates.kinds() if kind.id in awards_ids]
        conditions.append(CourseType.awards_id.in_(certificates.kinds_including(slugs, on)))
    if near:
        conditions.append(or_(CourseRun.link.is_not(None), is_within_distance(*near, within_km)))
    return find_runs(conditions, on)


def managed_runs(on: date, *, trainer_user_id: int | None, past: bool) -> list[RunFacts]:
    """Return the runs of a trainer, or of all trainers if `trainer_user_id` is None.

    With `past`, return cancelled and signed-off runs, latest first. Otherwise, return all other
    runs, soonest first.
    """
    over = or_(CourseRun.cancelled_at.is_not(None), CourseRun.completed_at.is_not(None))
    conditions = [over if past else ~over]
    if trainer_user_id is not None:
        conditions.append(CourseRun.trainer_user_id == trainer_user_id)
    return find_runs(conditions, on, newest_first=past)


def people_who_blocked_trainer(on: date) -> list[tuple[int, int]]:
    """Return (run ID, person ID) for people on upcoming runs who have blocked the trainer.

    A block on an organisation that the trainer acts for counts too.
    """
    acts_for = select(PartnerCoordinator.organisation_id).where(
        PartnerCoordinator.user_id == CourseRun.trainer_user_id,
        is_current_or_future(PartnerCoordinator, on),
    )
    rows = db.session.execute(
        select(CourseRun.id, Block.person_id)
        .join(Attendee, Attendee.run_id == CourseRun.id)
        .join(Block, Block.person_id == attendee_person_id())
        .where(
            CourseRun.cancelled_at.is_(None),
            CourseRun.completed_at.is_(None),
            Attendee.cancelled_at.is_(None),
            is_current_or_future(Block, on),
            or_(
                Block.user_id == CourseRun.trainer_user_id,
                Block.organisation_id.in_(acts_for),
            ),
        )
        .distinct()
    )
    return [(run_id, person_id) for run_id, person_id in rows if person_id is not None]


def runs_below_minimum(on: date, within: timedelta, trainer_user_id: int | None) -> list[RunFacts]:
    """Return published runs with too few people and a cut-off no later than `on` plus `within`."""
    conditions = [
        CourseRun.published_at.is_not(None),
        CourseRun.cancelled_at.is_(None),
        CourseRun.completed_at.is_(None),
        CourseRun.cut_off_on <= on + within,
        first_day_sql() >= on,
        places_taken_sql() < CourseRun.minimum,
    ]
    if trainer_user_id is not None:
        conditions.append(CourseRun.trainer_user_id == trainer_user_id)
    return find_runs(conditions, on)


def places_taken(run_id: int) -> int:
    """Return the number of places taken on a run. It can change unless the run is locked."""
    return db.session.scalars(
        select(places_taken_sql()).select_from(CourseRun).where(CourseRun.id == run_id)
    ).one()
