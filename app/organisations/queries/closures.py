"""Queries for the days on which figures include organisations and networks."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, exists

from app.core.in_force import in_force
from app.organisations.models import Closure, Network, Organisation


def is_organisation_counted(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for organisations that figures for the day `on` include."""
    closed = exists().where(Closure.organisation_id == Organisation.id, in_force(Closure, on))
    return ~closed.correlate(Organisation)


def is_network_counted(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for networks that figures for the day `on` include."""
    closed = exists().where(Closure.network_id == Network.id, in_force(Closure, on))
    return ~closed.correlate(Network)
