"""Statements that write rows which may exist already, or many rows at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql

from app.core.db import db
from app.people.models import ContactPoint, GeneralAnswer, NoticeGiven
from app.people.types import ContactKind


def contact_point(kind: ContactKind, value: str) -> int:
    """Return the contact point's id, creating it if necessary.

    The statement is the same whether it existed or not.
    """
    statement = postgresql.insert(ContactPoint).values(kind=kind, value=value)
    return db.session.execute(
        statement.on_conflict_do_update(
            constraint="uq_contact_points_kind_value",
            set_={"kind": statement.excluded.kind},
        ).returning(ContactPoint.id)
    ).scalar_one()


def general_answers(answers: Mapping[int, bool], on: date) -> None:
    """Write whether each person is a general champion from a given day, as their first answer."""
    rows = [
        {"person_id": person_id, "general": general, "from_on": on}
        for person_id, general in answers.items()
    ]
    if rows:
        db.session.execute(insert(GeneralAnswer), rows)


def notice_given(person_id: int, version: int, how: str, at: datetime) -> None:
    """Record that a person was given this version of the notice. Idempotent."""
    db.session.execute(
        postgresql.insert(NoticeGiven)
        .values(person_id=person_id, version=version, given_at=at, how=how)
        .on_conflict_do_nothing()
    )
