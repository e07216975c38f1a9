"""Queries for assignments."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import UnaryExpression, func, select, tuple_

from app.areas.models import Area
from app.core import paging
from app.core.actor import Scope
from app.core.db import db
from app.core.errors import NotFound
from app.core.in_force import in_force, is_current_or_future
from app.matching.models import Assignment, Need
from app.matching.queries.conditions import is_current_on, is_need_visible_to, is_open_on
from app.matching.types import AssignmentRow
from app.people.models import Person
from app.people.queries import visible_to

_NEWEST_FIRST = paging.Order("assignments", (date, int))


def assignments(
    scope: Scope, on: date, *, need_id: int | None = None, person_id: int | None = None
) -> list[AssignmentRow]:
    """Return a need's current assignments or all of a person's assignments, newest first.

    Assignments hidden from the reader are left out.
    """
    query = _visible_rows(scope, on)
    if need_id is not None:
        query = query.where(Assignment.need_id == need_id, is_current_on(on))
    if person_id is not None:
        query = query.where(Assignment.person_id == person_id)
    return [_row(*row) for row in db.session.execute(query)]


def current_assignments(
    scope: Scope, on: date, *, only_failing: bool = False
) -> list[AssignmentRow]:
    """Return the current assignments visible to the reader.

    With ``only_failing``, return only those of people who no longer met the rules at the last
    nightly check.
    """
    query = _visible_rows(scope, on).where(is_current_on(on))
    if only_failing:
        query = query.where(Assignment.obstacle.is_not(None))
    return [_row(*row) for row in db.session.execute(query)]


def assignments_page(scope: Scope, on: date, cursor: str | None) -> paging.Page[AssignmentRow]:
    """Return a page of the current assignments visible to the reader, newest first."""
    query = _visible_rows(scope, on).where(is_current_on(on)).limit(paging.PAGE_SIZE + 1)
    after = _NEWEST_FIRST.decode(cursor)
    if after is not None:
        query = query.where(tuple_(Assignment.from_on, Assignment.id) < after)
    rows = [_row(*row) for row in db.session.execute(query)]
    return _NEWEST_FIRST.page(rows, lambda row: (row.from_on, row.id), cursor)


def get_area_name(need_id: int) -> str:
    """Return the name of the area of a need."""
    found = select(Area.name).join(Need, Need.area_id == Area.id).where(Need.id == need_id)
    return db.session.scalars(found).one()


def assignment_row(scope: Scope, assignment_id: int, on: date) -> AssignmentRow:
    """Return an assignment. Raises NotFound if the reader is not allowed to see it."""
    query = _visible_rows(scope, on).where(Assignment.id == assignment_id)
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise NotFound()
    return _row(*row)


def _visible_rows(scope: Scope, on: date) -> Any:
    return (
        select(Assignment, Need, Person.full_name, Area.name)
        .join(Person, Person.id == Assignment.person_id)
        .join(Need, Need.id == Assignment.need_id)
        .join(Area, Area.id == Need.area_id)
        .where(visible_to(scope, on), is_need_visible_to(scope))
        .order_by(Assignment.from_on.desc(), Assignment.id.desc())
    )


def _row(assignment: Assignment, need: Need, name: str, area: str) -> AssignmentRow:
    return AssignmentRow(
        id=assignment.id,
        need_id=assignment.need_id,
        person_id=assignment.person_id,
        name=name,
        area_name=area,
        what_for=need.what_for,
        setting=need.setting,
        times=need.times,
        contact=need.contact,
        from_on=assignment.from_on,
        until_on=assignment.until_on,
        until_reason=assignment.until_reason,
        obstacle=assignment.obstacle,
        obstacle_on=assignment.obstacle_on,
        kept_until=assignment.kept_until,
    )


def lock_current_assignments(
    on: date, *, need_id: int | None = None, person_id: int | None = None
) -> list[Assignment]:
    """Lock and return the current and future assignments of a need or a person."""
    query = (
        select(Assignment)
        .where(is_current_or_future(Assignment, on))
        .order_by(Assignment.id)
        .with_for_update()
    )
    if need_id is not None:
        query = query.where(Assignment.need_id == need_id)
    if person_id is not None:
        query = query.where(Assignment.person_id == person_id)
    return list(db.session.scalars(query))


def lock_visible_assignment(scope: Scope, assignment_id: int, on: date) -> Assignment:
    """Lock and return an assignment.

    Raises NotFound if the reader is not allowed to see the person or the need.
    """
    found = db.session.scalar(
        select(Assignment)
        .join(Person, Person.id == Assignment.person_id)
        .join(Need, Need.id == Assignment.need_id)
        .where(Assignment.id == assignment_id, visible_to(scope, on), is_need_visible_to(scope))
        .with_for_update(of=Assignment)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound()
    return found


def is_presence_in_use(presence_id: int, on: date) -> bool:
    """Return whether a current or future assignment uses this presence."""
    found = (
        select(Assignment.id)
        .where(
            Assignment.presence_id == presence_id,
            is_current_or_future(Assignment, on),
        )
        .limit(1)
    )
    return db.session.scalar(found) is not None


def count_places_by_area(scope: Scope, on: date) -> dict[int, tuple[Area, int]]:
    """Return the areas of open needs visible to the reader, with the number of places in each.

    The keys are area IDs, sorted by the name of the area.
    """
    needed = (
        select(Need.area_id, func.sum(Need.places).label("places"))
        .where(is_open_on(on), is_need_visible_to(scope))
        .group_by(Need.area_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Area, needed.c.places)
        .join(needed, needed.c.area_id == Area.id)
        .order_by(Area.name, Area.id)
    )
    return {area.id: (area, int(places)) for area, places in rows}


def count_assigned_people_by_area(scope: Scope, on: date) -> dict[int, int]:
    """Return the number of people assigned to open needs in each area, by area ID.

    A person is counted once per area. Only people and needs visible to the reader are counted.
    """
    rows = db.session.execute(
        select(Need.area_id, func.count(Assignment.person_id.distinct()))
        .join(Assignment, Assignment.need_id == Need.id)
        .join(Person, Person.id == Assignment.person_id)
        .where(
            is_open_on(on),
            in_force(Assignment, on),
            is_need_visible_to(scope),
            visible_to(scope, on),
        )
        .group_by(Need.area_id)
    )
    return {area_id: number for area_id, number in rows}


def first_open_ended_assignment() -> int | None:
    """Return the lowest ID of the assignments without a last day, or None."""
    return _find_open_ended(Assignment.id.asc())


def last_open_ended_assignment() -> int | None:
    """Return the highest ID of the assignments without a last day, or None."""
    return _find_open_ended(Assignment.id.desc())


def _find_open_ended(order: UnaryExpression[int]) -> int | None:
    open_ended = select(Assignment.id).where(Assignment.until_on.is_(None))
    return db.session.scalar(open_ended.order_by(order).limit(1))
