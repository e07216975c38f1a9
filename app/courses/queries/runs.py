"""Reads of the catalogue and of course runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

from app.accounts.models import User
from app.certificates.models import CertificateKind
from app.core import clock
from app.core.db import db
from app.core.in_force import not_over
from app.courses.models import (
    Attendance,
    Attendee,
    Booking,
    CourseRun,
    CourseSession,
    CourseType,
)
from app.courses.types import FreeRun, RunFacts, RunState, SessionTimes, TypeFacts
from app.organisations.models import PartnerCoordinator
from app.people.models import Block

METRES = 1000


def first_day() -> ScalarSelect[date]:
    """The London date of a run's first session, as a correlated subquery."""
    return (
        select(cast(func.timezone("Europe/London", func.min(CourseSession.starts_at)), Date))
        .where(CourseSession.run_id == CourseRun.id)
        .correlate(CourseRun)
        .scalar_subquery()
    )


def _begins() -> ScalarSelect[datetime]:
    """The instant at which a run's first session begins, as a correlated subquery."""
    return (
        select(func.min(CourseSession.starts_at))
        .where(CourseSession.run_id == CourseRun.id)
        .correlate(CourseRun)
        .scalar_subquery()
    )


def _moment(on: date) -> datetime:
    """The instant for which a day is asked: now for today, else the first of the day."""
    now = clock.now()
    return now if clock.london_day(now) == on else clock.start_of(on)


def taken() -> ScalarSelect[int]:
    """Places that are gone: attendees, and an organisation's places that have no names yet."""
    people = (
        select(func.count(Attendee.id))
        .where(Attendee.run_id == CourseRun.id, Attendee.cancelled_at.is_(None))
        .correlate(CourseRun)
        .scalar_subquery()
    )
    heads = (
        select(func.coalesce(func.sum(Booking.headcount), 0))
        .where(Booking.run_id == CourseRun.id, Booking.cancelled_at.is_(None))
        .correlate(CourseRun)
        .scalar_subquery()
    )
    return select(people + heads).scalar_subquery()


def _within(easting: int, northing: int, km: int) -> ColumnElement[bool]:
    east = cast(CourseRun.venue_easting, BigInteger) - easting
    north = cast(CourseRun.venue_northing, BigInteger) - northing
    return east * east + north * north <= (km * METRES) ** 2


def _bookable(on: date) -> ColumnElement[bool]:
    """Published, not begun, within the cut-off. Whether places are left is asked apart."""
    return and_(
        CourseRun.published_at.is_not(None),
        CourseRun.cancelled_at.is_(None),
        CourseRun.completed_at.is_(None),
        CourseRun.cut_off_on >= on,
        _begins() > _moment(on),
    )


def free_runs(
    on: date,
    kind_id: int,
    easting: int | None,
    northing: int | None,
    within_km: int,
    limit: int,
    *,
    in_date_until: date | None = None,
) -> list[FreeRun]:
    """Runs, soonest first, that lead to a kind of certificate and that somebody could book on
    `on`: published, not cancelled, within the cut-off, places left, no fee, and no farther than
    `within_km` from a point (metres on the National Grid). One held online is near everybody;
    where the point is not known, only those are named.

    in_date_until: the person's last day in date; refreshers that begin after it are left out,
    because their prerequisite is judged on the first day.
    """
    begins = first_day()
    online = CourseRun.link.is_not(None)
    query = (
        select(CourseRun.id, CourseType.name, begins.label("first_day"), CourseRun.venue)
        .join(CourseType, CourseType.id == CourseRun.course_type_id)
        .where(
            CourseType.awards_id == kind_id,
            _bookable(on),
            CourseRun.fee_pence == 0,
            taken() < CourseRun.capacity,
            or_(online, _within(easting, northing, within_km))
            if easting is not None and northing is not None
            else online,
        )
        .order_by("first_day", CourseRun.id)
        .limit(limit)
    )
    if in_date_until is not None:
        query = query.where(or_(CourseType.prerequisite_id.is_(None), begins <= in_date_until))
    return [FreeRun(*row) for row in db.session.execute(query)]


def _type_facts(row: CourseType, names: dict[int, str]) -> TypeFacts:
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
        awards=names.get(row.awards_id) if row.awards_id else None,
        prerequisite_id=row.prerequisite_id,
        prerequisite=names.get(row.prerequisite_id) if row.prerequisite_id else None,
        is_refresher=row.is_refresher,
    )


def _kind_names() -> dict[int, str]:
    rows = db.session.execute(select(CertificateKind.id, CertificateKind.name))
    return dict(rows.all())


def course_types(on: date) -> list[TypeFacts]:
    """The types offered on a day, in the catalogue's order."""
    names = _kind_names()
    rows = db.session.scalars(
        select(CourseType).where(not_over(CourseType, on)).order_by(CourseType.id)
    )
    return [_type_facts(row, names) for row in rows]


def type_by_slug(slug: str) -> TypeFacts | None:
    """The course type that the programme calls `slug`."""
    row = db.session.scalar(select(CourseType).where(CourseType.slug == slug))
    return _type_facts(row, _kind_names()) if row else None


def state_of(run: CourseRun, gone: int, on: date) -> RunState:
    """Where a run stands on a day, given how many of its places are gone."""
    if run.cancelled_at is not None:
        return RunState.CANCELLED
    if run.completed_at is not None:
        return RunState.COMPLETED
    if run.published_at is None:
        return RunState.PLANNED
    if on > run.cut_off_on or (run.sessions and _moment(on) >= run.sessions[0].starts_at):
        return RunState.CLOSED
    return RunState.FULL if gone >= run.capacity else RunState.OPEN


def _facts(conditions: Sequence[ColumnElement[bool]], on: date, *, newest: bool) -> list[RunFacts]:
    """Runs that meet the conditions, by their first day."""
    begins = first_day()
    order = (begins.desc(), CourseRun.id.desc()) if newest else (begins, CourseRun.id)
    rows = db.session.execute(
        select(CourseRun, taken(), User.name)
        .join(CourseType, CourseType.id == CourseRun.course_type_id)
        .join(User, User.id == CourseRun.trainer_user_id)
        .where(*conditions)
        .options(joinedload(CourseRun.course_type), selectinload(CourseRun.sessions))
        .order_by(*order)
    ).all()
    names = _kind_names() if rows else {}
    return [
        RunFacts(
            id=run.id,
            type=_type_facts(run.course_type, names),
            state=state_of(run, gone, on),
            sessions=tuple(SessionTimes(each.starts_at, each.ends_at) for each in run.sessions),
            venue=run.venue,
            postcode=run.venue_postcode,
            link=run.link,
            minimum=run.minimum,
            capacity=run.capacity,
            taken=gone,
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
        for run, gone, trainer in rows
    ]


def run_facts(run_id: int, on: date, *conditions: ColumnElement[bool]) -> RunFacts | None:
    """One run, if it meets the conditions."""
    return next(iter(_facts([CourseRun.id == run_id, *conditions], on, newest=False)), None)


def runs_by_id(run_ids: Iterable[int], on: date) -> dict[int, RunFacts]:
    """Several runs."""
    found = _facts([CourseRun.id.in_(tuple(run_ids))], on, newest=False)
    return {run.id: run for run in found}


def catalogue(
    on: date,
    *,
    type_slug: str | None = None,
    near: tuple[int, int] | None = None,
    within_km: int = 15,
) -> list[RunFacts]:
    """Runs that the public may still book, soonest first; full ones too.

    near: a point in metres on the National Grid; online runs are near everybody.
    """
    conditions = [_bookable(on)]
    if type_slug:
        conditions.append(CourseType.slug == type_slug)
    if near:
        conditions.append(or_(CourseRun.link.is_not(None), _within(*near, within_km)))
    return _facts(conditions, on, newest=False)


def managed(on: date, *, trainer_user_id: int | None, past: bool) -> list[RunFacts]:
    """Runs for who puts them on: what is still to be done (soonest first), or the past.

    trainer_user_id: only this trainer's; None: all.
    """
    over = or_(CourseRun.cancelled_at.is_not(None), CourseRun.completed_at.is_not(None))
    conditions = [over if past else ~over]
    if trainer_user_id is not None:
        conditions.append(CourseRun.trainer_user_id == trainer_user_id)
    return _facts(conditions, on, newest=past)


def awaiting_completion(on: date, trainer_user_id: int | None) -> list[RunFacts]:
    """Runs whose last session's day is behind us and that nobody has signed off."""
    last = (
        select(func.max(CourseSession.ends_at))
        .where(CourseSession.run_id == CourseRun.id)
        .correlate(CourseRun)
        .scalar_subquery()
    )
    conditions = [
        CourseRun.cancelled_at.is_(None),
        CourseRun.completed_at.is_(None),
        last < clock.start_of(on),
    ]
    if trainer_user_id is not None:
        conditions.append(CourseRun.trainer_user_id == trainer_user_id)
    return _facts(conditions, on, newest=False)


def signed_off_unmarked(on: date) -> list[RunFacts]:
    """Runs of the last year that were signed off while somebody on them was not marked at every
    session.
    """
    days = (
        select(func.count(CourseSession.id))
        .where(CourseSession.run_id == CourseRun.id)
        .correlate(CourseRun)
        .scalar_subquery()
    )
    marked = (
        select(func.count(Attendance.id))
        .where(Attendance.attendee_id == Attendee.id)
        .correlate(Attendee)
        .scalar_subquery()
    )
    unmarked = (
        select(Attendee.id)
        .where(Attendee.run_id == CourseRun.id, Attendee.cancelled_at.is_(None), marked < days)
        .correlate(CourseRun)
        .exists()
    )
    since = clock.start_of(on - timedelta(days=366))
    conditions = [CourseRun.completed_at >= since, CourseRun.cancelled_at.is_(None), unmarked]
    return _facts(conditions, on, newest=False)


def who_blocked_the_trainer(on: date) -> list[tuple[int, int]]:
    """(run id, person id) of people on a run to come who asked never to meet its trainer, or an
    organisation that the trainer acts for.
    """
    acts_for = select(PartnerCoordinator.organisation_id).where(
        PartnerCoordinator.user_id == CourseRun.trainer_user_id,
        not_over(PartnerCoordinator, on),
    )
    rows = db.session.execute(
        select(CourseRun.id, Attendee.person_id)
        .join(Attendee, Attendee.run_id == CourseRun.id)
        .join(Block, Block.person_id == Attendee.person_id)
        .where(
            CourseRun.cancelled_at.is_(None),
            CourseRun.completed_at.is_(None),
            Attendee.cancelled_at.is_(None),
            not_over(Block, on),
            or_(
                Block.user_id == CourseRun.trainer_user_id,
                Block.organisation_id.in_(acts_for),
            ),
        )
        .distinct()
    )
    return [(run_id, person_id) for run_id, person_id in rows if person_id is not None]


def below_minimum(on: date, within: timedelta, trainer_user_id: int | None) -> list[RunFacts]:
    """Published runs that have fewer people than they need, with the cut-off near or passed."""
    conditions = [
        CourseRun.published_at.is_not(None),
        CourseRun.cancelled_at.is_(None),
        CourseRun.completed_at.is_(None),
        CourseRun.cut_off_on <= on + within,
        first_day() >= on,
        taken() < CourseRun.minimum,
    ]
    if trainer_user_id is not None:
        conditions.append(CourseRun.trainer_user_id == trainer_user_id)
    return _facts(conditions, on, newest=False)


def places_taken(run_id: int) -> int:
    """Places that are gone on a run; true until the lock on the run is let go."""
    return db.session.scalars(
        select(taken()).select_from(CourseRun).where(CourseRun.id == run_id)
    ).one()


def clash(
    trainer_user_id: int, sessions: Iterable[SessionTimes], but_run_id: int | None
) -> tuple[int, datetime] | None:
    """A session of another run of the trainer's that overlaps: (run id, its start). Half-open:
    one may begin at the instant another ends."""
    for session in sessions:
        found = db.session.execute(
            select(CourseRun.id, CourseSession.starts_at)
            .join(CourseSession, CourseSession.run_id == CourseRun.id)
            .where(
                CourseRun.trainer_user_id == trainer_user_id,
                CourseRun.cancelled_at.is_(None),
                CourseRun.id != (but_run_id or 0),
                CourseSession.starts_at < session.ends_at,
                CourseSession.ends_at > session.starts_at,
            )
            .order_by(CourseSession.starts_at)
            .limit(1)
        ).first()
        if found is not None:
            return found.id, found.starts_at
    return None
