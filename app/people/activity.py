"""Record that a person is still active."""

from __future__ import annotations

from datetime import date

from app.core.actor import Actor
from app.core.db import db
from app.people.models import ActivityConfirmation, Person
from app.people.queries.states import is_activity_confirmed_on


def confirm(actor: Actor, person: Person, on: date) -> None:
    """Record that the person is still active, at most once a day.

    Either the person said so, or staff said so on their behalf.
    """
    if not is_activity_confirmed_on(person.id, on):
        db.session.add(ActivityConfirmation(person_id=person.id, on=on, by_user_id=actor.user_id))
        db.session.flush()
