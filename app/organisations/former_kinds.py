"""Keep the former types of organisations, so that figures for past days do not change."""

from __future__ import annotations

from datetime import date, timedelta

from app.core.db import db
from app.organisations.models import FormerKind, Organisation
from app.organisations.types import OrganisationKind


def record_former_kind(row: Organisation, new: OrganisationKind, on: date) -> None:
    """Record the current type of an organisation, before it is changed on the day `on`.

    Does nothing if the type does not change, or has already been changed on that day.
    """
    if new is row.kind or row.from_on >= on:
        return
    until_on = on - timedelta(days=1)
    if not any(each.until_on == until_on for each in row.former_kinds):
        row.former_kinds.append(FormerKind(kind=row.kind, until_on=until_on))
        db.session.flush()
