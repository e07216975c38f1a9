"""Keep the kinds that organisations had before, for figures of past days."""

from __future__ import annotations

from datetime import date, timedelta

from app.core.db import db
from app.organisations.models import FormerKind, Organisation
from app.organisations.types import OrganisationKind


def record_former_kind(row: Organisation, new: OrganisationKind, on: date) -> None:
    """Record the present kind of an organisation before it is changed on a given day.

    Do nothing if the kind stays the same, or was already changed on that day.
    """
    if new is row.kind or row.from_on >= on:
        return
    until_on = on - timedelta(days=1)
    if not any(each.until_on == until_on for each in row.former_kinds):
        row.former_kinds.append(FormerKind(kind=row.kind, until_on=until_on))
        db.session.flush()
