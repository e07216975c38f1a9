"""Selects of the site room."""

from __future__ import annotations

from sqlalchemy import select

from app.core.db import db
from app.site.models import CrisisLine


def crisis_lines() -> list[CrisisLine]:
    """All lines, in the programme's order."""
    return list(db.session.scalars(select(CrisisLine).order_by(CrisisLine.position)))
