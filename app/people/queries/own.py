"""Reads for somebody's own page."""

from __future__ import annotations

from sqlalchemy import select

from app.core.db import db
from app.people.models import Person


def person_of_user(user_id: int) -> int | None:
    """Who signs in as this user; None for staff, who are no people of the network."""
    return db.session.scalar(select(Person.id).where(Person.user_id == user_id))
