"""Record that we heard from a person. This decides whether they count as active.

We hear from people when they sign in, book, attend, answer a request or press a button in a letter,
and when staff speak to them. Every room records this here.
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
    """Record that the person said, or staff said for them, that they still take part."""
    _record_confirmations(actor, [person.id], on, AuditVerb.PERSON_STILL_HERE, said=True)


def record_heard_from(actor: Actor, person_id: int | None, on: date | None = None) -> None:
    """Record that we heard from a person in the network, if given, at most once a day."""
    if person_id is not None:
        record_heard_from_all(actor, [person_id], on)


def record_heard_from_all(
    actor: Actor, person_ids: Collection[int], on: date | None = None
) -> None:
    """Record that we heard from these people in the network on a given day, or today."""
    _record_confirmations(
        actor, person_ids, on or clock.today(), AuditVerb.PERSON_HEARD_FROM, said=False
    )


def _record_confirmations(
    actor: Actor, person_ids: Collection[int], on: date, verb: AuditVerb, *, said: bool
) -> None:
    new = writing.add_confirmations(person_ids, on, by_user_id=actor.user_id, said=said)
    audit.record_all(actor, verb, "people", {person_id: {"on": on} for person_id in new})
