"""Lock runs, and the people who have or had a place on them.

To avoid deadlocks, lock people first, then runs in the order of their IDs, and then other rows such
as places and certificates.
"""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import gettext as _
from sqlalchemy import or_, select, union

from app.core.db import db
from app.core.errors import Conflict
from app.courses.models import Attendee, AttendeeLink, CourseRun
from app.courses.queries import rows
from app.people.queries.locking import lock_people

_MAX_TRIES = 5


def lock_run_and_people(run_id: int) -> CourseRun | None:
    """Lock the people who have or had a place on a run, and then the run.

    Returns the run, or None if it does not exist. People who were linked to an attendee are locked
    too. If somebody gets a place while we wait for the run, the locks are released and taken again.
    Raises Conflict if this happens several times.
    """
    for _try in range(_MAX_TRIES):
        savepoint = db.session.begin_nested()
        person_ids = _list_people_ever_on(run_id)
        lock_people(person_ids)
        run = rows.get_run(run_id, lock=True)
        if _list_people_ever_on(run_id) <= person_ids:
            savepoint.commit()
            return run
        savepoint.rollback()
    raise Conflict(_("Somebody else is changing this course. Try again."))


def lock_runs_of_people(person_ids: Collection[int]) -> None:
    """Lock the runs on which these people have or had a place. The caller must lock the people."""
    linked = select(AttendeeLink.attendee_id).where(AttendeeLink.person_id.in_(person_ids))
    booked = Attendee.person_id.in_(person_ids)
    run_ids = select(Attendee.run_id).where(or_(booked, Attendee.id.in_(linked)))
    query = select(CourseRun.id).where(CourseRun.id.in_(run_ids)).order_by(CourseRun.id)
    db.session.scalars(query.with_for_update()).all()


def _list_people_ever_on(run_id: int) -> set[int]:
    booked = select(Attendee.person_id).where(
        Attendee.run_id == run_id, Attendee.person_id.is_not(None)
    )
    linked = (
        select(AttendeeLink.person_id)
        .join(Attendee, Attendee.id == AttendeeLink.attendee_id)
        .where(Attendee.run_id == run_id)
    )
    return {each for each in db.session.scalars(union(booked, linked)) if each is not None}
