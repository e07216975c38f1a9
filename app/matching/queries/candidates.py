"""Queries for the facts that the hard rules check."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Subquery, and_, case, func, not_, or_, select, true, union_all
from sqlalchemy.orm import aliased

from app.areas.models import Area, Postcode
from app.core import clock
from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force
from app.core.jobs import Job
from app.matching.models import Assignment, MatchingRun, Need, Proposal
from app.matching.queries.conditions import (
    WAITING,
    is_current_on,
    is_need_visible_to,
    london_day_or_none,
)
from app.people.models import Person, Presence
from app.people.queries import is_active_on, is_place_visible, visible_to
from app.people.queries.states import state_on
from app.people.types import Basis, PersonState

IGNORED_FOR_DISTANCE = (Basis.SERVES,)  # an assignment does not show how far a person will travel


@dataclass(frozen=True)
class Case:
    """A person and a need, linked by a proposal or an assignment.

    ``id`` is the ID of the proposal or assignment. ``starter_user_id`` is the user who started the
    run. ``since`` is the first day of the assignment.
    """

    id: int
    person_id: int
    need_id: int
    starter_user_id: int | None
    since: date | None = None


@dataclass(frozen=True)
class PersonFacts:
    """The facts about a person that the hard rules check."""

    state: PersonState
    reach_km: int
    protected_on: date | None


def cases_for_proposals(proposal_ids: Collection[int]) -> list[Case]:
    """Return the cases for these proposals, ordered by ID."""
    rows = db.session.execute(
        select(Proposal.id, Proposal.person_id, Proposal.need_id, Job.owner_user_id)
        .join(MatchingRun, MatchingRun.id == Proposal.run_id)
        .outerjoin(Job, Job.id == MatchingRun.job_id)
        .where(Proposal.id.in_(proposal_ids))
        .order_by(Proposal.id)
    )
    return [Case(*row) for row in rows]


def cases_for_assignments(assignment_ids: Collection[int]) -> list[Case]:
    """Return the cases for these assignments, ordered by ID."""
    rows = db.session.execute(
        select(
            Assignment.id,
            Assignment.person_id,
            Assignment.need_id,
            Job.owner_user_id,
            Assignment.from_on,
        )
        .outerjoin(Proposal, Proposal.id == Assignment.proposal_id)
        .outerjoin(MatchingRun, MatchingRun.id == Proposal.run_id)
        .outerjoin(Job, Job.id == MatchingRun.job_id)
        .where(Assignment.id.in_(assignment_ids))
        .order_by(Assignment.id)
    )
    return [Case(*row) for row in rows]


def facts_by_person(person_ids: Collection[int], on: date) -> dict[int, PersonFacts]:
    """Return the facts about these people on a given day, by person ID."""
    rows = db.session.execute(
        select(Person.id, state_on(on), Person.reach_km, Person.protected_at).where(
            Person.id.in_(person_ids)
        )
    )
    return {
        person_id: PersonFacts(PersonState(state), reach_km, london_day_or_none(protected_at))
        for person_id, state, reach_km, protected_at in rows
    }


def _select_loads(scope: Scope, on: date) -> Subquery:
    """Return a subquery that counts the current assignments and unanswered requests of each person.

    Only assignments and requests visible to the reader are counted.
    """
    standing = (
        select(Assignment.person_id.label("person_id"))
        .join(Need, Need.id == Assignment.need_id)
        .where(is_current_on(on), is_need_visible_to(scope))
    )
    waiting = (
        select(Proposal.person_id)
        .join(Need, Need.id == Proposal.need_id)
        .where(WAITING, Proposal.asked_at.is_not(None), is_need_visible_to(scope))
    )
    each = union_all(standing, waiting).subquery()
    return (
        select(each.c.person_id, func.count().label("load")).group_by(each.c.person_id).subquery()
    )


def count_loads(scope: Scope, person_ids: Collection[int], on: date) -> dict[int, int]:
    """Return the load of these people, by person ID. People without a load are left out."""
    found = _select_loads(scope, on)
    rows = db.session.execute(
        select(found.c.person_id, found.c.load).where(found.c.person_id.in_(person_ids))
    )
    return {person_id: load for person_id, load in rows}


def list_candidates(scope: Scope, on: date) -> Sequence[Any]:
    """Return (ID, reach in km, load, whether active) for each approved person, ordered by ID.

    The load counts the current assignments and unanswered requests visible to the reader. Hidden
    ones are left out, because the score shows a penalty for the load and would reveal them.
    """
    found = _select_loads(scope, on)
    return db.session.execute(
        select(
            Person.id,
            Person.reach_km,
            func.coalesce(found.c.load, 0),
            case((is_active_on(on), True), else_=False),
        )
        .outerjoin(found, found.c.person_id == Person.id)
        .where(
            Person.approved_at < clock.end_of_day(on),
            or_(Person.left_on.is_(None), Person.left_on > on),
            visible_to(scope, on),
        )
        .order_by(Person.id)
    ).all()


def visible_presences(
    scope: Scope, on: date, person_ids: Collection[int] | None = None
) -> Sequence[Any]:
    """Return the presences of these people that are visible to the reader, ordered by ID.

    A presence is a place where the person lives, works or serves. ``person_ids`` is None to include
    everybody.

    Each row is (person ID, easting, northing, could help there, serves there, ward ID, LSOA ID).
    Coordinates are in metres. Unknown coordinates and areas are 0. The point of a protected person
    is always the centre of the ward they chose.
    """
    ward = aliased(Area)
    protected = Person.protected_at.is_not(None)
    of_people = true() if person_ids is None else Presence.person_id.in_(person_ids)
    return db.session.execute(
        select(
            Presence.person_id,
            func.coalesce(Postcode.easting, ward.easting, 0),
            func.coalesce(Postcode.northing, ward.northing, 0),
            Presence.basis == Basis.COULD_HELP,
            Presence.basis.in_(IGNORED_FOR_DISTANCE),
            func.coalesce(Presence.ward_id, 0),
            case((protected, 0), else_=func.coalesce(Presence.lsoa_id, 0)),
        )
        .join(Person, Person.id == Presence.person_id)
        .outerjoin(
            Postcode,
            and_(
                Postcode.postcode == func.replace(Presence.postcode, " ", ""),
                Postcode.easting.is_not(None),
                Postcode.northing.is_not(None),
                not_(protected),
            ),
        )
        .outerjoin(ward, ward.id == Presence.ward_id)
        .where(is_place_visible(scope, on), in_force(Presence, on), of_people)
        .order_by(Presence.id)
    ).all()


def pairs_to_exclude(on: date, person_ids: Collection[int] | None = None) -> list[tuple[int, int]]:
    """Return (need ID, person ID) for people assigned to a need or already asked about it.

    ``person_ids`` is None to include everybody.
    """
    were_asked = select(Proposal.need_id, Proposal.person_id).where(
        or_(
            Proposal.declined_at.is_not(None),
            and_(Proposal.asked_at.is_not(None), Proposal.withdrawn_at.is_(None)),
        )
    )
    standing = select(Assignment.need_id, Assignment.person_id).where(is_current_on(on))
    if person_ids is not None:
        were_asked = were_asked.where(Proposal.person_id.in_(person_ids))
        standing = standing.where(Assignment.person_id.in_(person_ids))
    return [(row[0], row[1]) for row in db.session.execute(union_all(were_asked, standing))]
