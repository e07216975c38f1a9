"""Conditions that several reads share: what is open, what stands, what waits, who may know."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from app.core import clock
from app.core.actor import Scope
from app.core.audit import AuditEntry
from app.core.in_force import in_force
from app.matching.models import Assignment, Need, Proposal
from app.messages.models import Message
from app.organisations.queries import secrecy
from app.people.models import Presence
from app.people.types import Basis

LETTER = "request-to-serve"
RUN = "matching"  # the kind of a run's job

WAITING = and_(
    Proposal.withdrawn_at.is_(None), Proposal.accepted_at.is_(None), Proposal.declined_at.is_(None)
)


def open_on(on: date) -> ColumnElement[bool]:
    """A condition on Need: open on a day."""
    return and_(Need.opened_on <= on, or_(Need.closed_on.is_(None), Need.closed_on > on))


def standing_on(on: date) -> ColumnElement[bool]:
    """A condition on Assignment: stands on a day."""
    return in_force(Assignment, on)


def known_to(scope: Scope) -> ColumnElement[bool]:
    """A condition on Need: who may read it. All that a need says (words, area, network, who serves)
    is for readers who may know of its network, wherever it is shown.
    """
    if secrecy.knows_all(scope):
        return true()
    return or_(Need.network_id.is_(None), Need.network_id.not_in(secrecy.hidden_networks(scope)))


def unseen_place(scope: Scope, on: date) -> ColumnElement[bool]:
    """A condition on Presence: somebody serves there on a day, and only for needs that the reader
    may not know of.
    """
    if secrecy.knows_all(scope):
        return false()

    def serves(which: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(
            Assignment.person_id == Presence.person_id,
            Assignment.need_id == Need.id,
            Need.area_id.in_([Presence.ward_id, Presence.lsoa_id]),
            standing_on(on),
            which,
        )

    return and_(
        Presence.basis == Basis.SERVES,
        serves(not_(known_to(scope))),
        not_(serves(known_to(scope))),
    )


def unseen_message(scope: Scope) -> ColumnElement[bool]:
    """A condition on Message: a request about a need that the reader may not know of."""
    if secrecy.knows_all(scope):
        return false()
    asked = case(
        (Message.letter == LETTER, cast(Message.context["proposal_id"].astext, BigInteger)),
        else_=None,
    )
    return exists().where(Proposal.id == asked, Proposal.need_id == Need.id, not_(known_to(scope)))


def unseen_entry(scope: Scope) -> ColumnElement[bool]:
    """A condition on AuditEntry: it is about a need that the reader may not know of, or about what
    follows from it: a request, who serves, the place that somebody came to serve.
    """
    if secrecy.knows_all(scope):
        return false()
    hidden = not_(known_to(scope))

    def about(table: type[Need | Proposal | Assignment | Presence]) -> ColumnElement[bool]:
        return AuditEntry.subject_type == table.__tablename__

    def unseen(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        found = select(true()).where(hidden, *conditions).limit(1).scalar_subquery()
        return func.coalesce(found, false())

    place = Presence.id == AuditEntry.subject_id
    serves = (
        Presence.basis == Basis.SERVES,
        Assignment.person_id == Presence.person_id,
        Assignment.need_id == Need.id,
        Need.area_id.in_([Presence.ward_id, Presence.lsoa_id]),
    )
    for_known = exists().where(*serves, known_to(scope)).correlate(Presence)
    return case(
        (about(Need), unseen(Need.id == AuditEntry.subject_id)),
        (
            about(Proposal),
            unseen(Proposal.id == AuditEntry.subject_id, Proposal.need_id == Need.id),
        ),
        (
            about(Assignment),
            unseen(Assignment.id == AuditEntry.subject_id, Assignment.need_id == Need.id),
        ),
        (about(Presence), unseen(place, *serves, not_(for_known))),
        else_=false(),
    )


def day_of(instant: datetime | None) -> date | None:
    """The civil day of an instant."""
    return clock.london_day(instant) if instant else None
