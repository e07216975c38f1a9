"""What shows that somebody is still active: they said so, or staff said it for them."""

from __future__ import annotations

from datetime import date

from app.core.actor import Actor
from app.core.db import db
from app.people.models import ActivityConfirmation, Person
from app.people.queries.states import was_active_on


def heard_from(actor: Actor, person: Person, on: date) -> None:
    """ "Still here", said by the person or by staff for them. Once a day is enough."""
    if not was_active_on(person.id, on):
        db.session.add(ActivityConfirmation(person_id=person.id, on=on, by_user_id=actor.user_id))
        db.session.flush()
