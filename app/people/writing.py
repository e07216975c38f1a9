"""Statements that write rows of people which may be there already, or many at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql

from app.core.db import db
from app.people.models import ContactPoint, GeneralAnswer, NoticeGiven
from app.people.types import ContactKind


def contact_point(kind: ContactKind, value: str) -> int:
    """The id of the contact point, made if need be: the same statement whether it was known."""
    statement = postgresql.insert(ContactPoint).values(kind=kind, value=value)
    return db.session.execute(
        statement.on_conflict_do_update(
            constraint="uq_contact_points_kind_value",
            set_={"kind": statement.excluded.kind},
        ).returning(ContactPoint.id)
    ).scalar_one()


def general_answers(answers: Mapping[int, bool], on: date) -> None:
    """First answers from a day: person id → whether they are a general champion."""
    rows = [
        {"person_id": person_id, "general": general, "from_on": on}
        for person_id, general in answers.items()
    ]
    if rows:
        db.session.execute(insert(GeneralAnswer), rows)


def notice_given(person_id: int, version: int, how: str, at: datetime) -> None:
    """The notice of this version was given to a person; once is enough."""
    db.session.execute(
        postgresql.insert(NoticeGiven)
        .values(person_id=person_id, version=version, given_at=at, how=how)
        .on_conflict_do_nothing()
    )
