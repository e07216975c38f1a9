"""Queries for proposals and requests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import aliased

from app.accounts import writers
from app.areas.models import Area
from app.core import clock
from app.core.actor import Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import NotFound
from app.matching.models import Assignment, Need, Proposal
from app.matching.queries.conditions import (
    LETTER,
    WAITING,
    is_need_visible_to,
    is_open_on,
    london_day_or_none,
)
from app.matching.types import ProposalCounts, ProposalRow, ProposalState, RequestRow
from app.messages import queries as message_rows
from app.people.models import Person
from app.people.queries import home_wards, is_active_on, visible_to


def get_proposal_state(proposal: Proposal) -> ProposalState:
    """Return the state of a proposal."""
    if proposal.accepted_at:
        return ProposalState.ACCEPTED
    if proposal.declined_at:
        return ProposalState.DECLINED
    if proposal.withdrawn_at:
        return ProposalState.WITHDRAWN
    return ProposalState.ASKED if proposal.asked_at else ProposalState.PROPOSED


def list_active_proposal_ids() -> Sequence[int]:
    """Return the IDs of all proposals that have not been withdrawn."""
    return db.session.scalars(
        select(Proposal.id).where(Proposal.withdrawn_at.is_(None)).order_by(Proposal.id)
    ).all()


def list_sent_proposals() -> Sequence[Proposal]:
    """Return all proposals that have been sent as requests, ordered by ID."""
    return db.session.scalars(
        select(Proposal).where(Proposal.asked_at.is_not(None)).order_by(Proposal.id)
    ).all()


def list_unsent_proposal_ids(person_id: int) -> Sequence[int]:
    """Return the IDs of a person's proposals that have not been sent as requests."""
    return db.session.scalars(
        select(Proposal.id).where(
            Proposal.person_id == person_id,
            Proposal.asked_at.is_(None),
            Proposal.withdrawn_at.is_(None),
        )
    ).all()


def proposal_rows(
    scope: Scope, on: date, *, need_id: int | None = None, run_id: int | None = None
) -> list[ProposalRow]:
    """Return the proposals of a need or run that are visible to the reader, by need and place.

    Withdrawn proposals are included only for a run.
    """
    query = _visible_rows(scope, on)
    if need_id is not None:
        query = query.where(Proposal.need_id == need_id, Proposal.withdrawn_at.is_(None))
    if run_id is not None:
        query = query.where(Proposal.run_id == run_id)
    return _rows(scope, query, on)


def unanswered_requests(scope: Scope, on: date) -> list[ProposalRow]:
    """Return the unanswered requests for open needs, oldest first."""
    query = _visible_rows(scope, on).where(WAITING, Proposal.asked_at.is_not(None), is_open_on(on))
    return _rows(scope, query.order_by(None).order_by(Proposal.asked_at, Proposal.id), on)


def answered_requests(scope: Scope, on: date, since: datetime) -> list[ProposalRow]:
    """Return the requests that have been answered since the given time, latest answer first."""
    answered = func.coalesce(Proposal.accepted_at, Proposal.declined_at)
    query = _visible_rows(scope, on).where(answered >= since)
    return _rows(scope, query.order_by(None).order_by(answered.desc(), Proposal.id.desc()), on)


def proposal_row(scope: Scope, proposal_id: int, on: date) -> ProposalRow:
    """Return a proposal.

    Raises NotFound if the reader is not allowed to see the person or the need.
    """
    rows = _rows(scope, _visible_rows(scope, on).where(Proposal.id == proposal_id), on)
    if not rows:
        raise NotFound()
    return rows[0]


def _visible_rows(scope: Scope, on: date) -> Any:
    return (
        select(Proposal, Person.full_name)
        .join(Person, Person.id == Proposal.person_id)
        .join(Need, Need.id == Proposal.need_id)
        .where(visible_to(scope, on), is_need_visible_to(scope))
        .order_by(Proposal.need_id, Proposal.place, Proposal.id)
    )


def _rows(scope: Scope, query: Any, on: date) -> list[ProposalRow]:
    rows = db.session.execute(query).all()
    with_reason = [proposal.id for proposal, _ in rows if proposal.decline_reason]
    readable = writers.rows_with_readable_notes(
        scope, AuditVerb.REQUEST_DECLINE, "proposals", with_reason
    )
    places = home_wards([proposal.person_id for proposal, _ in rows], on)
    return [
        ProposalRow(
            id=proposal.id,
            need_id=proposal.need_id,
            person_id=proposal.person_id,
            name=name,
            home=places.get(proposal.person_id, ""),
            place=proposal.place,
            score=proposal.score,
            terms=proposal.terms,
            state=get_proposal_state(proposal),
            reason=proposal.decline_reason if proposal.id in readable else None,
            asked_on=london_day_or_none(proposal.asked_at),
            answered_on=london_day_or_none(proposal.accepted_at or proposal.declined_at),
        )
        for proposal, name in rows
    ]


def lock_unsent_proposals(scope: Scope, ids: Collection[int], on: date) -> list[Proposal]:
    """Lock and return the proposals that are visible to the reader and can still be sent."""
    query = (
        select(Proposal)
        .join(Person, Person.id == Proposal.person_id)
        .join(Need, Need.id == Proposal.need_id)
        .where(
            Proposal.id.in_(ids),
            WAITING,
            Proposal.asked_at.is_(None),
            is_open_on(on),
            visible_to(scope, on),
            is_need_visible_to(scope),
        )
        .order_by(Proposal.id)
        .with_for_update(of=Proposal)
    )
    return list(db.session.scalars(query))


def lock_proposal(proposal_id: int) -> Proposal | None:
    """Lock and return a proposal, so that two answers cannot be saved at the same time."""
    query = (
        select(Proposal)
        .where(Proposal.id == proposal_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return db.session.scalar(query)


def lock_pending_proposals(
    *, need_id: int | None = None, person_id: int | None = None
) -> list[Proposal]:
    """Lock and return the unanswered proposals of a need or a person."""
    query = select(Proposal).where(WAITING).order_by(Proposal.id).with_for_update()
    if need_id is not None:
        query = query.where(Proposal.need_id == need_id)
    if person_id is not None:
        query = query.where(Proposal.person_id == person_id)
    return list(db.session.scalars(query))


def lock_proposals_for_same_needs(person_id: int, other_id: int) -> list[Proposal]:
    """Lock and return one person's open proposals for needs also proposed to the other person."""
    other = aliased(Proposal)
    query = (
        select(Proposal)
        .join(other, other.need_id == Proposal.need_id)
        .where(
            Proposal.person_id == person_id,
            other.person_id == other_id,
            *(
                each.is_(None)
                for row in (Proposal, other)
                for each in (row.withdrawn_at, row.declined_at)
            ),
        )
        .order_by(Proposal.id)
        .with_for_update(of=Proposal)
    )
    return list(db.session.scalars(query))


def find_proposal_person(scope: Scope, proposal_id: int, on: date) -> int | None:
    """Return the person ID of a proposal.

    Returns None if the person or the need is hidden from the reader.
    """
    return db.session.scalar(
        select(Proposal.person_id)
        .join(Person, Person.id == Proposal.person_id)
        .join(Need, Need.id == Proposal.need_id)
        .where(Proposal.id == proposal_id, visible_to(scope, on), is_need_visible_to(scope))
    )


def names_of_people(person_ids: Collection[int]) -> dict[int, str]:
    """Return the names of people by ID. The caller must apply a scope first."""
    rows = db.session.execute(
        select(Person.id, Person.full_name).where(Person.id.in_(person_ids)).order_by(Person.id)
    )
    return {person_id: name for person_id, name in rows}


def filter_active_people(person_ids: Collection[int], on: date) -> frozenset[int]:
    """Return the IDs of the people who are active on a given day."""
    found = select(Person.id).where(Person.id.in_(person_ids), is_active_on(on))
    return frozenset(db.session.scalars(found))


def last_request_dates(scope: Scope, person_ids: Collection[int]) -> dict[int, date]:
    """Return the date of the last request to each person, by person ID.

    Requests for needs hidden from the reader are ignored.
    """
    rows = db.session.execute(
        select(Proposal.person_id, func.max(Proposal.asked_at))
        .join(Need, Need.id == Proposal.need_id)
        .where(
            Proposal.person_id.in_(person_ids),
            Proposal.asked_at.is_not(None),
            is_need_visible_to(scope),
        )
        .group_by(Proposal.person_id)
    )
    return {person_id: clock.london_day(at) for person_id, at in rows if at is not None}


def can_be_answered(proposal_id: int) -> bool:
    """Return whether a request can still be answered."""
    found = db.session.scalar(select(Proposal.id).where(Proposal.id == proposal_id, WAITING))
    return found is not None


def list_unsent_request_ids() -> Sequence[int]:
    """Return the IDs of unanswered requests that have not been sent or made by phone."""
    asked = message_rows.id_in_context("proposal_id", LETTER)
    query = select(Proposal.id).where(
        WAITING,
        Proposal.asked_at.is_not(None),
        exists().where(asked == Proposal.id, message_rows.WAITING),
    )
    return db.session.scalars(query.order_by(Proposal.id)).all()


def try_lock_proposal(proposal_id: int) -> Proposal | None:
    """Lock and return an unanswered proposal.

    Returns None if it has been answered, or if another transaction has locked it.
    """
    query = (
        select(Proposal)
        .where(Proposal.id == proposal_id, WAITING)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return db.session.scalar(query)


def _requests(scope: Scope | None = None) -> Any:
    query = (
        select(Proposal, Need, Area.name, Assignment.until_on)
        .join(Need, Need.id == Proposal.need_id)
        .join(Area, Area.id == Need.area_id)
        .outerjoin(Assignment, Assignment.proposal_id == Proposal.id)
        .where(Proposal.asked_at.is_not(None))
    )
    return query.where(is_need_visible_to(scope)) if scope is not None else query


def get_request(proposal_id: int, scope: Scope | None = None) -> RequestRow:
    """Return a request to show to the person who was asked.

    Without a scope, the reader's permission for the need is not checked. Raises NotFound if the
    request was never sent, or if the reader is not allowed to see the need.
    """
    row = db.session.execute(_requests(scope).where(Proposal.id == proposal_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _request_row(*row)


def _request_row(proposal: Proposal, need: Need, area: str, ended_on: date | None) -> RequestRow:
    return RequestRow(
        id=proposal.id,
        person_id=proposal.person_id,
        state=get_proposal_state(proposal),
        area_name=area,
        what_for=need.what_for,
        setting=need.setting,
        times=need.times,
        contact=need.contact,
        asked_on=london_day_or_none(proposal.asked_at),
        answered_on=london_day_or_none(proposal.accepted_at or proposal.declined_at),
        ended_on=ended_on,
    )


def pending_requests(scope: Scope, person_id: int) -> list[RequestRow]:
    """Return a person's unanswered requests that are visible to the reader, oldest first."""
    rows = db.session.execute(
        _requests(scope)
        .where(Proposal.person_id == person_id, WAITING)
        .order_by(Proposal.asked_at, Proposal.id)
    )
    return [_request_row(*row) for row in rows]


def proposal_counts(
    scope: Scope, on: date, since: datetime, unanswered_since: datetime
) -> ProposalCounts:
    """Return proposal counts for a coordinator's home page, leaving out hidden proposals."""
    is_waiting = and_(WAITING, is_open_on(on))
    row = db.session.execute(
        select(
            func.count().filter(is_waiting, Proposal.asked_at.is_(None)),
            func.count().filter(is_waiting, Proposal.asked_at < unanswered_since),
            func.count().filter(Proposal.accepted_at >= since),
            func.count().filter(Proposal.declined_at >= since, is_open_on(on)),
        )
        .select_from(Proposal)
        .join(Person, Person.id == Proposal.person_id)
        .join(Need, Need.id == Proposal.need_id)
        .where(visible_to(scope, on), is_need_visible_to(scope), Proposal.withdrawn_at.is_(None))
    ).one()
    return ProposalCounts(*map(int, row))
