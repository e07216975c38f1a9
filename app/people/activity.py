"""What shows that somebody is still active: they said so, or staff said it for them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from app.core.actor import Actor
from app.core.db import db
from app.people.models import Person, Stay


def heard_from(actor: Actor, person: Person, on: date) -> None:
    """ "Still here", said by the person or by staff for them. Once a day is enough."""
    known = db.session.scalar(select(Stay.id).where(Stay.person_id == person.id, Stay.on == on))
    if known is None:
        db.session.add(Stay(person_id=person.id, on=on, by_user_id=actor.user_id))
        db.session.flush()
