"""Record when we hear from people.

We hear from people when they sign in, book or attend a course, answer a request, use a button in a
letter, or speak to staff. Someone counts as active if we have heard from them recently.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.people import writing
from app.people.models import Person


def confirm_activity(actor: Actor, person: Person, on: date) -> None:
    """Record that the person has confirmed that they still take part.

    Staff can also confirm this for the person.
    """
    _record_confirmations(
        actor, [person.id], on, AuditVerb.PERSON_STILL_HERE, still_takes_part=True
    )


def record_activity(actor: Actor, person_id: int | None, on: date | None = None) -> None:
    """Record that we heard from a person. Does nothing if `person_id` is None.

    There is at most one record a day. People who are not in the network are ignored.
    """
    if person_id is not None:
        record_activity_for_all(actor, [person_id], on)


def record_activity_for_all(
    actor: Actor, person_ids: Collection[int], on: date | None = None
) -> None:
    """Record that we heard from these people on a given day, by default today.

    People who are not in the network are ignored.
    """
    _record_confirmations(
        actor, person_ids, on or clock.today(), AuditVerb.PERSON_HEARD_FROM, still_takes_part=False
    )


def _record_confirmations(
    actor: Actor, person_ids: Collection[int], on: date, verb: AuditVerb, *, still_takes_part: bool
) -> None:
    new = writing.add_confirmations(
        person_ids, on, by_user_id=actor.user_id, still_takes_part=still_takes_part
    )
    audit.record_all(actor, verb, "people", {person_id: {"on": on} for person_id in new})
