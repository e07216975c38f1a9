"""Reads of proposals: as staff see them, as who was asked reads them, and locked for an answer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, select

from app.accounts import writers
from app.areas.models import Area
from app.core import clock
from app.core.actor import Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import NotFound
from app.matching.models import Assignment, Need, Proposal
from app.matching.queries.conditions import WAITING, day_of, known_to, open_on
from app.matching.types import Counts, ProposalRow, ProposalState, RequestRow
from app.messages.models import Message
from app.messages.types import BY_HAND
from app.people.models import Person
from app.people.queries import active_on, homes, paused_on, visible_to


def state_of(proposal: Proposal) -> ProposalState:
    """Where a proposal stands."""
    if proposal.accepted_at:
        return ProposalState.ACCEPTED
    if proposal.declined_at:
        return ProposalState.DECLINED
    if proposal.withdrawn_at:
        return ProposalState.WITHDRAWN
    return ProposalState.ASKED if proposal.asked_at else ProposalState.PROPOSED


def proposals(
    scope: Scope, on: date, *, need_id: int | None = None, run_id: int | None = None
) -> list[ProposalRow]:
    """Proposals of a need or a run that the reader may see, in the order of need and place.

    For a need, withdrawn proposals are left out; for a run, all are included.
    """
    query = _readable(scope, on)
    if need_id is not None:
        query = query.where(Proposal.need_id == need_id, Proposal.withdrawn_at.is_(None))
    if run_id is not None:
        query = query.where(Proposal.run_id == run_id)
    return _rows(scope, query, on)


def unanswered(scope: Scope, on: date) -> list[ProposalRow]:
    """Requests of open needs that nobody has answered, the longest waiting first."""
    query = _readable(scope, on).where(WAITING, Proposal.asked_at.is_not(None), open_on(on))
    return _rows(scope, query.order_by(None).order_by(Proposal.asked_at, Proposal.id), on)


def answered_since(scope: Scope, on: date, since: datetime) -> list[ProposalRow]:
    """What people said since an instant, the newest first."""
    answered = func.coalesce(Proposal.accepted_at, Proposal.declined_at)
    query = _readable(scope, on).where(answered >= since)
    return _rows(scope, query.order_by(None).order_by(answered.desc(), Proposal.id.desc()), on)


def proposal_row(scope: Scope, proposal_id: int, on: date) -> ProposalRow:
    """One proposal, if the reader may see its person and know of its need. Raises NotFound."""
    rows = _rows(scope, _readable(scope, on).where(Proposal.id == proposal_id), on)
    if not rows:
        raise NotFound()
    return rows[0]


def _readable(scope: Scope, on: date) -> Any:
    return (
        select(Proposal, Person.full_name)
        .join(Person, Person.id == Proposal.person_id)
        .join(Need, Need.id == Proposal.need_id)
        .where(visible_to(scope, on), known_to(scope))
        .order_by(Proposal.need_id, Proposal.place, Proposal.id)
    )


def _rows(scope: Scope, query: Any, on: date) -> list[ProposalRow]:
    rows = db.session.execute(query).all()
    said = [proposal.id for proposal, _ in rows if proposal.decline_reason]
    readable = writers.of_actions(scope, AuditVerb.REQUEST_DECLINE, "proposals", said)
    places = homes([proposal.person_id for proposal, _ in rows], on)
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
            state=state_of(proposal),
            reason=proposal.decline_reason if proposal.id in readable else None,
            asked_on=day_of(proposal.asked_at),
            answered_on=day_of(proposal.accepted_at or proposal.declined_at),
        )
        for proposal, name in rows
    ]


def proposals_to_ask(scope: Scope, ids: Collection[int], on: date) -> list[Proposal]:
    """Those of `ids` that wait to be asked and that the reader may see; locked."""
    query = (
        select(Proposal)
        .join(Person, Person.id == Proposal.person_id)
        .join(Need, Need.id == Proposal.need_id)
        .where(
            Proposal.id.in_(ids),
            WAITING,
            Proposal.asked_at.is_(None),
            open_on(on),
            visible_to(scope, on),
            known_to(scope),
        )
        .order_by(Proposal.id)
        .with_for_update(of=Proposal)
    )
    return list(db.session.scalars(query))


def proposal_locked(proposal_id: int) -> Proposal | None:
    """The proposal, locked, so that two answers come one after the other."""
    query = (
        select(Proposal)
        .where(Proposal.id == proposal_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return db.session.scalar(query)


def waiting_locked(*, need_id: int | None = None, person_id: int | None = None) -> list[Proposal]:
    """Proposals of a need, or of a person, that nobody has answered; locked."""
    query = select(Proposal).where(WAITING).order_by(Proposal.id).with_for_update()
    if need_id is not None:
        query = query.where(Proposal.need_id == need_id)
    if person_id is not None:
        query = query.where(Proposal.person_id == person_id)
    return list(db.session.scalars(query))


def may_see_proposal(scope: Scope, proposal_id: int, on: date) -> int | None:
    """The person of the proposal, if the reader may see them and know of its need."""
    return db.session.scalar(
        select(Proposal.person_id)
        .join(Person, Person.id == Proposal.person_id)
        .join(Need, Need.id == Proposal.need_id)
        .where(Proposal.id == proposal_id, visible_to(scope, on), known_to(scope))
    )


def names(person_ids: Collection[int]) -> dict[int, str]:
    """Person id → name, of people who were read through a Scope before."""
    rows = db.session.execute(
        select(Person.id, Person.full_name).where(Person.id.in_(person_ids)).order_by(Person.id)
    )
    return {person_id: name for person_id, name in rows}


def active_of(person_ids: Collection[int], on: date) -> frozenset[int]:
    """Those of the people who are active on a day."""
    found = select(Person.id).where(Person.id.in_(person_ids), active_on(on))
    return frozenset(db.session.scalars(found))


def last_asked(scope: Scope, person_ids: Collection[int]) -> dict[int, date]:
    """Person id → the day they were last asked, for needs the reader may know of."""
    rows = db.session.execute(
        select(Proposal.person_id, func.max(Proposal.asked_at))
        .join(Need, Need.id == Proposal.need_id)
        .where(
            Proposal.person_id.in_(person_ids),
            Proposal.asked_at.is_not(None),
            known_to(scope),
        )
        .group_by(Proposal.person_id)
    )
    return {person_id: clock.london_day(at) for person_id, at in rows if at is not None}


def is_waiting(proposal_id: int) -> bool:
    """Whether an answer to this request is still wanted."""
    found = db.session.scalar(select(Proposal.id).where(Proposal.id == proposal_id, WAITING))
    return found is not None


def asks_somebody_paused(proposal_id: int, on: date) -> bool:
    """Whether the person this request is for is paused by us on a day."""
    found = db.session.scalar(
        select(Proposal.id)
        .join(Person, Person.id == Proposal.person_id)
        .where(Proposal.id == proposal_id, paused_on(on))
    )
    return found is not None


def message_by_hand(key: str) -> int | None:
    """The message posted under a key, if somebody has yet to ring or write."""
    return db.session.scalar(
        select(Message.id).where(
            Message.key == key,
            Message.channel.in_(BY_HAND),
            Message.sent_at.is_(None),
            Message.voided_at.is_(None),
        )
    )


def message_of(key: str) -> int | None:
    """The message that was posted under a key."""
    return db.session.scalar(select(Message.id).where(Message.key == key))


def _requests(scope: Scope | None = None) -> Any:
    query = (
        select(Proposal, Need, Area.name, Assignment.until_on)
        .join(Need, Need.id == Proposal.need_id)
        .join(Area, Area.id == Need.area_id)
        .outerjoin(Assignment, Assignment.proposal_id == Proposal.id)
        .where(Proposal.asked_at.is_not(None))
    )
    return query.where(known_to(scope)) if scope is not None else query


def request(proposal_id: int, scope: Scope | None = None) -> RequestRow:
    """What somebody was asked, as they read it. Raises NotFound if nobody was asked, and for a need
    that the reader may not know of; None: whoever tells them in words.
    """
    row = db.session.execute(_requests(scope).where(Proposal.id == proposal_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _request_row(*row)


def _request_row(proposal: Proposal, need: Need, area: str, ended_on: date | None) -> RequestRow:
    return RequestRow(
        id=proposal.id,
        person_id=proposal.person_id,
        state=state_of(proposal),
        area_name=area,
        what_for=need.what_for,
        setting=need.setting,
        times=need.times,
        contact=need.contact,
        asked_on=day_of(proposal.asked_at),
        answered_on=day_of(proposal.accepted_at or proposal.declined_at),
        ended_on=ended_on,
    )


def requests_waiting(scope: Scope, person_id: int) -> list[RequestRow]:
    """What a person was asked and has not answered, of what they may read now, oldest first."""
    rows = db.session.execute(
        _requests(scope)
        .where(Proposal.person_id == person_id, WAITING)
        .order_by(Proposal.asked_at, Proposal.id)
    )
    return [_request_row(*row) for row in rows]


def counts(scope: Scope, on: date, since: datetime, unanswered_since: datetime) -> Counts:
    """What waits in this room for a reader."""
    waits = and_(WAITING, open_on(on))
    row = db.session.execute(
        select(
            func.count().filter(waits, Proposal.asked_at.is_(None)),
            func.count().filter(waits, Proposal.asked_at < unanswered_since),
            func.count().filter(Proposal.accepted_at >= since),
            func.count().filter(Proposal.declined_at >= since, open_on(on)),
        )
        .select_from(Proposal)
        .join(Person, Person.id == Proposal.person_id)
        .join(Need, Need.id == Proposal.need_id)
        .where(visible_to(scope, on), known_to(scope), Proposal.withdrawn_at.is_(None))
    ).one()
    return Counts(*map(int, row))
