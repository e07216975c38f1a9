"""Reads of needs, proposals and assignments. People are read through a Scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.areas.models import Area
from app.certificates.models import CertificateKind
from app.core import clock
from app.core.actor import Scope
from app.core.db import db
from app.core.errors import NotFound
from app.matching.models import Assignment, MatchingRun, Need, Proposal, Unfilled
from app.matching.types import (
    AssignmentRow,
    NeedRow,
    ProposalRow,
    ProposalState,
    RequestRow,
    RunRow,
)
from app.organisations.models import Network
from app.people.models import Person
from app.people.queries import homes, visible_to

WAITING = and_(
    Proposal.withdrawn_at.is_(None), Proposal.accepted_at.is_(None), Proposal.declined_at.is_(None)
)


def _open(
    from_on: InstrumentedAttribute[date], until_on: InstrumentedAttribute[date | None], on: date
) -> ColumnElement[bool]:
    return and_(from_on <= on, or_(until_on.is_(None), until_on >= on))


def open_on(on: date) -> ColumnElement[bool]:
    """A condition on Need: open on a day."""
    return and_(Need.opened_on <= on, or_(Need.closed_on.is_(None), Need.closed_on > on))


def standing_on(on: date) -> ColumnElement[bool]:
    """A condition on Assignment: stands on a day."""
    return _open(Assignment.from_on, Assignment.until_on, on)


def _needs(scope: Scope, on: date) -> Select[Any]:
    """Needs with their counts; those of a sensitive network for who may know of it."""

    def count(model: Any, *conditions: ColumnElement[bool]) -> Any:
        return (
            select(func.count())
            .select_from(model)
            .where(model.need_id == Need.id, *conditions)
            .scalar_subquery()
        )

    query = (
        select(
            Need,
            Area.code,
            Area.name,
            Network.name,
            Network.slug,
            CertificateKind.name,
            CertificateKind.slug,
            count(Assignment, standing_on(on)),
            count(Proposal, WAITING, Proposal.asked_at.is_not(None)),
            count(Proposal, WAITING, Proposal.asked_at.is_(None)),
        )
        .join(Area, Area.id == Need.area_id)
        .outerjoin(Network, Network.id == Need.network_id)
        .outerjoin(CertificateKind, CertificateKind.id == Need.kind_id)
    )
    if not scope.sensitive:
        query = query.where(or_(Need.network_id.is_(None), Network.sensitive.is_(False)))
    return query


def _need_row(row: Any) -> NeedRow:
    need, code, area, network, network_slug, kind, kind_slug, held, asked, proposed = row
    return NeedRow(
        id=need.id,
        area_code=code,
        area_name=area,
        network_id=need.network_id,
        network=network,
        network_slug=network_slug,
        kind=kind,
        kind_slug=kind_slug,
        places=need.places,
        priority=need.priority,
        what_for=need.what_for,
        setting=need.setting,
        times=need.times,
        contact=need.contact,
        source=need.source,
        opened_on=need.opened_on,
        closed_on=need.closed_on,
        held=held,
        asked=asked,
        proposed=proposed,
    )


def needs_open(scope: Scope, on: date) -> list[NeedRow]:
    """Open needs, the most pressing first."""
    query = _needs(scope, on).where(open_on(on)).order_by(Need.priority.desc(), Area.name, Need.id)
    return [_need_row(row) for row in db.session.execute(query)]


def need(scope: Scope, need_id: int, on: date) -> NeedRow:
    """One need. Raises NotFound."""
    row = db.session.execute(_needs(scope, on).where(Need.id == need_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _need_row(row)


def sources_open(on: date) -> set[str]:
    """What open needs were made from, so that a gap is not suggested twice."""
    return set(db.session.scalars(select(Need.source).where(open_on(on))))


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

    Of a need: those that wait, and those declined; of a run: whatever became of them.
    """
    query = (
        select(Proposal, Person.full_name)
        .join(Person, Person.id == Proposal.person_id)
        .join(Need, Need.id == Proposal.need_id)
        .outerjoin(Network, Network.id == Need.network_id)
        .where(visible_to(scope, on))
        .order_by(Proposal.need_id, Proposal.place, Proposal.id)
    )
    if not scope.sensitive:
        query = query.where(or_(Need.network_id.is_(None), Network.sensitive.is_(False)))
    if need_id is not None:
        query = query.where(Proposal.need_id == need_id, Proposal.withdrawn_at.is_(None))
    if run_id is not None:
        query = query.where(Proposal.run_id == run_id)
    rows = db.session.execute(query).all()
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
            reason=proposal.decline_reason,
        )
        for proposal, name in rows
    ]


def proposals_to_ask(scope: Scope, ids: Sequence[int], on: date) -> list[Proposal]:
    """Those of `ids` that wait to be asked and that the reader may see; locked."""
    query = (
        select(Proposal)
        .join(Person, Person.id == Proposal.person_id)
        .where(Proposal.id.in_(ids), WAITING, Proposal.asked_at.is_(None), visible_to(scope, on))
        .order_by(Proposal.id)
        .with_for_update(of=Proposal)
    )
    return list(db.session.scalars(query))


def proposal_for_answer(proposal_id: int) -> Proposal | None:
    """The proposal, locked, so that two answers come one after the other."""
    query = select(Proposal).where(Proposal.id == proposal_id).with_for_update()
    return db.session.scalar(query)


def visible_proposal(scope: Scope, proposal_id: int, on: date) -> Proposal | None:
    """The proposal, if the reader may see its person."""
    return db.session.scalar(
        select(Proposal)
        .join(Person, Person.id == Proposal.person_id)
        .where(Proposal.id == proposal_id, visible_to(scope, on))
    )


def request(proposal_id: int) -> RequestRow:
    """What somebody was asked, as they read it. Raises NotFound if nobody was asked."""
    row = db.session.execute(
        select(Proposal, Need, Area.name)
        .join(Need, Need.id == Proposal.need_id)
        .join(Area, Area.id == Need.area_id)
        .where(Proposal.id == proposal_id, Proposal.asked_at.is_not(None))
    ).one_or_none()
    if row is None:
        raise NotFound()
    return _request_row(*row)


def _request_row(proposal: Proposal, need: Need, area: str) -> RequestRow:
    return RequestRow(
        id=proposal.id,
        person_id=proposal.person_id,
        state=state_of(proposal),
        area_name=area,
        what_for=need.what_for,
        setting=need.setting,
        times=need.times,
        contact=need.contact,
        asked_on=clock.london_day(proposal.asked_at) if proposal.asked_at else None,
    )


def requests_waiting(person_id: int) -> list[RequestRow]:
    """What a person was asked and has not answered, oldest first."""
    rows = db.session.execute(
        select(Proposal, Need, Area.name)
        .join(Need, Need.id == Proposal.need_id)
        .join(Area, Area.id == Need.area_id)
        .where(Proposal.person_id == person_id, WAITING, Proposal.asked_at.is_not(None))
        .order_by(Proposal.asked_at, Proposal.id)
    )
    return [_request_row(*row) for row in rows]


def assignments(
    scope: Scope, on: date, *, need_id: int | None = None, person_id: int | None = None
) -> list[AssignmentRow]:
    """Assignments of a need that stand, or all a person ever had; newest first."""
    query = (
        select(Assignment, Person.full_name, Area.name, Need.what_for)
        .join(Person, Person.id == Assignment.person_id)
        .join(Need, Need.id == Assignment.need_id)
        .join(Area, Area.id == Need.area_id)
        .where(visible_to(scope, on))
        .order_by(Assignment.from_on.desc(), Assignment.id.desc())
    )
    if need_id is not None:
        query = query.where(Assignment.need_id == need_id, standing_on(on))
    if person_id is not None:
        query = query.where(Assignment.person_id == person_id)
    return [
        AssignmentRow(
            id=assignment.id,
            need_id=assignment.need_id,
            person_id=assignment.person_id,
            name=name,
            area_name=area,
            what_for=what_for,
            from_on=assignment.from_on,
            until_on=assignment.until_on,
        )
        for assignment, name, area, what_for in db.session.execute(query)
    ]


def visible_assignment(scope: Scope, assignment_id: int, on: date) -> Assignment:
    """The assignment, if the reader may see its person. Raises NotFound."""
    found = db.session.scalar(
        select(Assignment)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.id == assignment_id, visible_to(scope, on))
    )
    if found is None:
        raise NotFound()
    return found


def run_row(run_id: int) -> RunRow:
    """One run. Raises NotFound."""
    run = db.session.get(MatchingRun, run_id)
    if run is None:
        raise NotFound()
    return RunRow(
        run.id, run.on, run.needs, run.places, run.filled, run.objective, run.optimal, run.seconds
    )


def last_run_id() -> int | None:
    """The newest run."""
    return db.session.scalar(select(func.max(MatchingRun.id)))


def unfilled_of_run(run_id: int) -> dict[int, tuple[int, str]]:
    """Need id → (places left empty, why)."""
    rows = db.session.execute(
        select(Unfilled.need_id, Unfilled.places, Unfilled.why)
        .where(Unfilled.run_id == run_id)
        .order_by(Unfilled.need_id)
    )
    return {need_id: (places, why) for need_id, places, why in rows}


def count_waiting(scope: Scope, on: date) -> tuple[int, int]:
    """(proposals nobody was asked about yet, requests without an answer) the reader may see."""
    row = db.session.execute(
        select(
            func.count().filter(Proposal.asked_at.is_(None)),
            func.count().filter(Proposal.asked_at.is_not(None)),
        )
        .select_from(Proposal)
        .join(Person, Person.id == Proposal.person_id)
        .join(Need, Need.id == Proposal.need_id)
        .where(WAITING, open_on(on), visible_to(scope, on))
    ).one()
    return int(row[0]), int(row[1])
