"""Statements that insert or update rows which might already exist."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import BigInteger, Date, insert, inspect, literal, select
from sqlalchemy.dialects import postgresql

from app.core.db import db
from app.people.models import ActivityConfirmation, ContactPoint, GeneralAnswer, NoticeGiven, Person
from app.people.types import ContactKind


def add_contact_point(kind: ContactKind, value: str) -> int:
    """Return the ID of a contact point. Create the contact point if it does not exist.

    The same statement runs in both cases.
    """
    statement = postgresql.insert(ContactPoint).values(kind=kind, value=value)
    return db.session.execute(
        statement.on_conflict_do_update(
            constraint="uq_contact_points_kind_value",
            set_={"kind": statement.excluded.kind},
        ).returning(ContactPoint.id)
    ).scalar_one()


def add_general_answers(answers: Mapping[int, bool], on: date) -> None:
    """Save each person's first answer about being a general champion."""
    rows = [
        {"person_id": person_id, "general": general, "from_on": on}
        for person_id, general in answers.items()
    ]
    if rows:
        db.session.execute(insert(GeneralAnswer), rows)


def add_notice_given(person_id: int, version: int, method: str, at: datetime) -> None:
    """Record that a person was given this version of the privacy notice. Idempotent."""
    db.session.execute(
        postgresql.insert(NoticeGiven)
        .values(person_id=person_id, version=version, given_at=at, how=method)
        .on_conflict_do_nothing()
    )


def add_confirmations(
    person_ids: Collection[int], on: date, *, by_user_id: int | None, still_takes_part: bool
) -> list[int]:
    """Record that we heard from these people. Return the IDs of people with a new row.

    People who are not approved are ignored. If `still_takes_part` is true, the people also said
    that they still take part, and existing rows for the day are updated. Safe to call concurrently.
    """
    rows = select(
        Person.id, literal(on, Date()), literal(by_user_id, BigInteger()), literal(still_takes_part)
    ).where(Person.id.in_(person_ids), Person.approved_at.is_not(None))
    statement = postgresql.insert(ActivityConfirmation).from_select(
        ["person_id", "on", "by_user_id", "said"], rows.order_by(Person.id)
    )
    said_now = ActivityConfirmation.said.is_(False) & statement.excluded.said
    new = statement.on_conflict_do_update(
        index_elements=["person_id", "on"], set_={"said": True}, where=said_now
    ).returning(ActivityConfirmation.person_id)
    db.session.flush()
    found = list(db.session.scalars(new))
    for person_id in found:
        key = inspect(Person).identity_key_from_primary_key((person_id,))
        if key in db.session.identity_map:
            db.session.expire(db.session.identity_map[key], ["activity"])
    return found
