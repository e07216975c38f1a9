"""Statements that insert or update rows which might already exist."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql

from app.core.db import db
from app.people.models import Person
from app.people.safety.models import CallAttempt
from app.people.types import CallOutcome


def add_call(
    person_id: int,
    on: date,
    outcome: CallOutcome,
    at: datetime,
    by_user_id: int | None,
    call_again_on: date | None,
    *,
    hidden: bool,
) -> None:
    """Record a phone call. If the day already has a call with this outcome, update it.

    The call is hidden only if both calls are hidden.
    """
    statement = postgresql.insert(CallAttempt).values(
        person_id=person_id,
        on=on,
        outcome=outcome,
        at=at,
        by_user_id=by_user_id,
        call_again_on=call_again_on,
        hidden=hidden,
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["person_id", "on", "outcome"],
            set_={
                "call_again_on": statement.excluded.call_again_on,
                "at": statement.excluded.at,
                "hidden": CallAttempt.hidden & statement.excluded.hidden,
            },
        )
    )
    key = inspect(Person).identity_key_from_primary_key((person_id,))
    if key in db.session.identity_map:
        db.session.expire(db.session.identity_map[key], ["calls"])
