"""A query for the types of organisations on a given day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, func, select

from app.core.in_force import is_current_or_future
from app.organisations.models import FormerKind, Organisation
from app.organisations.types import OrganisationKind


def kind_expression(on: date) -> ColumnElement[OrganisationKind]:
    """Return an SQL expression for the type that an organisation had on the day `on`."""
    former = (
        select(FormerKind.kind)
        .where(FormerKind.organisation_id == Organisation.id, is_current_or_future(FormerKind, on))
        .order_by(FormerKind.until_on)
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(former, Organisation.kind)
