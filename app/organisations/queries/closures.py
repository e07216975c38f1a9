"""Queries for the days on which organisations and networks count."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, exists

from app.core.in_force import in_force
from app.organisations.models import Closure, Network, Organisation


def organisation_counts_on(on: date) -> ColumnElement[bool]:
    """Return the SQL condition that figures for a day include an organisation."""
    closed = exists().where(Closure.organisation_id == Organisation.id, in_force(Closure, on))
    return ~closed.correlate(Organisation)


def network_counts_on(on: date) -> ColumnElement[bool]:
    """Return the SQL condition that figures for a day include a network."""
    closed = exists().where(Closure.network_id == Network.id, in_force(Closure, on))
    return ~closed.correlate(Network)
