"""Queries for the hard rules: people, their places and their earlier requests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, not_, or_, select, union_all
from sqlalchemy.orm import aliased

from app.areas.models import Area, Postcode
from app.certificates import queries as certificates
from app.core import clock
from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force
from app.matching.models import Assignment, Need, Proposal
from app.matching.queries.conditions import WAITING, current_on, known_to
from app.organisations.models import Network
from app.people.models import Person, Presence
from app.people.queries import active_on, place_known_to, visible_to
from app.people.queries.states import quiet_on
from app.people.types import Basis

IGNORED_FOR_DISTANCE = (Basis.SERVES,)  # an assignment does not show how far a person will travel


@dataclass(frozen=True)
class RequestFacts:
    """A request with the facts that the rules check."""

    id: int
    run_id: int
    person_id: int
    area_id: int
    network_id: int | None
    creator_user_id: int | None
    approver_id: int | None
    kind: str | None
    is_participating: bool  # approved, not away and not left


def request_facts(proposal_ids: Collection[int], on: date) -> list[RequestFacts]:
    """Return the facts about these requests on a given day, by ID."""
    is_participating = case((or_(active_on(on), quiet_on(on)), True), else_=False)
    rows = db.session.execute(
        select(
            Proposal.id,
            Proposal.run_id,
            Proposal.person_id,
            Need.area_id,
            Need.network_id,
            Need.made_by_user_id,
            Network.approver_id,
            certificates.kind_slug_of(Need.kind_id),
            is_participating,
        )
        .join(Need, Need.id == Proposal.need_id)
        .join(Person, Person.id == Proposal.person_id)
        .outerjoin(Network, Network.id == Need.network_id)
        .where(Proposal.id.in_(proposal_ids))
        .order_by(Proposal.id)
    )
    return [RequestFacts(*row) for row in rows]


def people_who_could_be_asked(scope: Scope, on: date) -> Sequence[Any]:
    """Return (ID, reach in kilometres, load, is active) of each person on a day, ordered by ID.

    The people are approved, have not left by the day and are visible to the reader. The load counts
    the current assignments and unanswered requests that the reader may see. Hidden ones do not
    count, because the score shows a penalty for the load and would reveal them.
    """
    standing = (
        select(Assignment.person_id, func.count().label("count"))
        .join(Need, Need.id == Assignment.need_id)
        .where(current_on(on), known_to(scope))
        .group_by(Assignment.person_id)
        .subquery()
    )
    waiting = (
        select(Proposal.person_id, func.count().label("count"))
        .join(Need, Need.id == Proposal.need_id)
        .where(WAITING, Proposal.asked_at.is_not(None), known_to(scope))
        .group_by(Proposal.person_id)
        .subquery()
    )
    return db.session.execute(
        select(
            Person.id,
            Person.reach_km,
            func.coalesce(standing.c.count, 0) + func.coalesce(waiting.c.count, 0),
            case((active_on(on), True), else_=False),
        )
        .outerjoin(standing, standing.c.person_id == Person.id)
        .outerjoin(waiting, waiting.c.person_id == Person.id)
        .where(
            Person.approved_at < clock.end_of(on),
            or_(Person.left_on.is_(None), Person.left_on > on),
            visible_to(scope, on),
        )
        .order_by(Person.id)
    ).all()


def presences(scope: Scope, on: date) -> Sequence[Any]:
    """Return a row for each presence that the reader may see, as of ``on``, ordered by ID.

    Each row is (person ID, easting, northing, could help there, serves there, ward ID, LSOA ID).
    Coordinates are in metres. An unknown coordinate or area is 0. A protected person's point is
    always the centre of the ward they chose.
    """
    ward = aliased(Area)
    protected = Person.protected_at.is_not(None)
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
        .where(place_known_to(scope, on), in_force(Presence, on))
        .order_by(Presence.id)
    ).all()


def pairs_to_exclude(on: date) -> list[tuple[int, int]]:
    """Return (need ID, person ID) pairs for people who serve the need, were asked or said no."""
    were_asked = select(Proposal.need_id, Proposal.person_id).where(
        or_(
            Proposal.declined_at.is_not(None),
            and_(Proposal.asked_at.is_not(None), Proposal.withdrawn_at.is_(None)),
        )
    )
    standing = select(Assignment.need_id, Assignment.person_id).where(current_on(on))
    return [(row[0], row[1]) for row in db.session.execute(union_all(were_asked, standing))]
