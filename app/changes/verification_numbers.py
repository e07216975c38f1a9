"""Phone numbers that staff can call to verify who is requesting a change.

Anybody with access to a signed-in device can edit the person's page. So a number that was added
only there cannot be used. Nor can a protected person's number that was marked as safe there after
they were protected.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.changes import queries
from app.core import clock
from app.core.actor import Actor
from app.people.models import PersonContact
from app.people.safety import contact_details
from app.people.safety.types import ContactMethod

ON_RECORD_FOR = timedelta(hours=24)  # before a number counts as safe


def safe_numbers(person_id: int, at: datetime) -> Sequence[PersonContact]:
    """Return the numbers recorded as safe to call at least 24 hours before a time, newest first.

    The person recorded them when they registered or on their page, or staff did it for them. A
    protected person's number must have been recorded before they were protected, or by a change
    that was checked (Loosening).
    """
    on = clock.london_day(at)
    known = contact_details.read_contact_facts([person_id], on).get(person_id)
    if known is None or (known.wishes is not None and ContactMethod.CALL not in known.wishes.ways):
        return []
    return queries.numbers_safe_since(person_id, on, at - ON_RECORD_FOR)


def numbers_for_actor(actor: Actor, person_id: int, at: datetime) -> Sequence[PersonContact]:
    """Return the numbers that this actor may use to verify who is requesting a new address.

    The result of `known_numbers` depends on whether the person is protected. So staff who may not
    know that are offered only the numbers recorded as safe, for every person.
    """
    if is_protection_hidden_from(actor, person_id):
        return safe_numbers(person_id, at)
    return known_numbers(person_id, at)


def is_protection_hidden_from(actor: Actor, person_id: int) -> bool:
    """Return whether this is somebody else's record and the actor may not know who is protected."""
    own = actor.person_id is not None and actor.person_id == person_id
    return actor.kind == "user" and not own and not actor.may("networks:sensitive")


def safe_number(person_id: int, at: datetime) -> str | None:
    """Return the newest number recorded as safe (E.164), or None."""
    return next((each.point.value for each in safe_numbers(person_id, at)), None)


def known_numbers(person_id: int, at: datetime) -> Sequence[PersonContact]:
    """Return the numbers that can verify who is requesting a new address, newest first.

    They have been on record as safe for at least 24 hours. If there are none, and the person is
    neither protected nor has contact wishes, numbers that were on record for the whole of the day
    before also count.
    """
    safe, on = safe_numbers(person_id, at), clock.london_day(at)
    known = contact_details.read_contact_facts([person_id], on).get(person_id)
    if safe or known is None or known.strict:
        return safe
    return queries.numbers_known_since(person_id, on, on - timedelta(days=2))
