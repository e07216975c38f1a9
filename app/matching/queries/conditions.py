"""Conditions that several reads share: what is open, what stands, what waits, who may know."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from app.core import clock
from app.core.actor import Scope
from app.matching.models import Assignment, Need, Proposal
from app.organisations.models import Network

RUN = "matching"  # the kind of a run's job

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


def known_to(scope: Scope) -> ColumnElement[bool]:
    """A condition on Need: those of a sensitive network only for who may know of it."""
    if scope.sensitive:
        return true()
    sensitive = select(Network.id).where(Network.sensitive)
    return or_(Need.network_id.is_(None), Need.network_id.not_in(sensitive))


def day_of(instant: datetime | None) -> date | None:
    """The civil day of an instant."""
    return clock.london_day(instant) if instant else None
