"""Queries for help lines."""

from __future__ import annotations

from sqlalchemy import select

from app.core.db import db
from app.site.models import CrisisLine


def crisis_lines() -> list[CrisisLine]:
    """Return all help lines, in the order of the programme file."""
    return list(db.session.scalars(select(CrisisLine).order_by(CrisisLine.position)))
