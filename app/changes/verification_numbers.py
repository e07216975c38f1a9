"""Find phone numbers that staff can call to verify who requested a change.

Numbers that were added only on the person's own page are excluded, because somebody else with a
signed-in device could have added them. So are numbers that were marked as safe there after the
person was protected.
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

MINIMUM_AGE = timedelta(hours=24)  # before a number counts as safe


def safe_numbers(person_id: int, at: datetime) -> Sequence[PersonContact]:
    """Return the numbers that were marked as safe at least 24 hours before a given time.

    The newest come first. For a protected person, a number must have been marked as safe before the
    protection started, or by a change that staff have checked (see DelayedChange).
    """
    on = clock.london_day(at)
    known = contact_details.read_contact_facts([person_id], on).get(person_id)
    if known is None or (known.wishes is not None and ContactMethod.CALL not in known.wishes.ways):
        return []
    return queries.numbers_safe_since(person_id, on, at - MINIMUM_AGE)


def numbers_for_actor(actor: Actor, person_id: int, at: datetime) -> Sequence[PersonContact]:
    """Return the numbers that this actor can call to verify a new email address.

    If the actor is not allowed to know whether the person is protected, always return the result of
    `safe_numbers`.
    """
    if is_protection_hidden_from(actor, person_id):
        return safe_numbers(person_id, at)
    return known_numbers(person_id, at)


def is_protection_hidden_from(actor: Actor, person_id: int) -> bool:
    """Return whether the actor is not allowed to know if this person is protected."""
    own = actor.person_id is not None and actor.person_id == person_id
    return actor.kind == "user" and not own and not actor.may("networks:sensitive")


def safe_number(person_id: int, at: datetime) -> str | None:
    """Return the newest safe phone number (E.164), or None."""
    return next((each.point.value for each in safe_numbers(person_id, at)), None)


def known_numbers(person_id: int, at: datetime) -> Sequence[PersonContact]:
    """Return the numbers that can verify a new email address, newest first.

    These are the safe numbers. If there are none, return the numbers that the person already had
    two days before, unless the person is protected or has contact wishes.
    """
    safe, on = safe_numbers(person_id, at), clock.london_day(at)
    known = contact_details.read_contact_facts([person_id], on).get(person_id)
    if safe or known is None or known.uses_only_safe_contacts:
        return safe
    return queries.numbers_known_since(person_id, on, on - timedelta(days=2))
