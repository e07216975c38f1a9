"""Queries for help lines and for the loaded demonstration."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from app.core.db import db
from app.site.models import CrisisLine, DemoLoad


def crisis_lines() -> list[CrisisLine]:
    """Return all help lines, in the order of the programme file."""
    return list(db.session.scalars(select(CrisisLine).order_by(CrisisLine.position)))


def demonstration_anchor() -> date | None:
    """Return the anchor day of the demonstration, or None if it has not been loaded."""
    return db.session.scalar(select(DemoLoad.anchor).limit(1))
