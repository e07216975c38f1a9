"""Phone numbers a call to which proves who asks for a change.

Whoever holds a signed-in device can write on the own page, so what was written there alone proves
nothing: not a number added there, and for somebody protected not a number marked as safe since.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.changes import queries
from app.core import clock
from app.core.actor import Actor
from app.people.models import PersonContact
from app.people.safety import contact_details
from app.people.safety.types import Way

ON_RECORD_FOR = timedelta(hours=24)  # before a number counts as safe for proving who calls


def safe_numbers(person_id: int, at: datetime) -> Sequence[PersonContact]:
    """Phone numbers recorded as safe to call for 24 hours or longer at an instant, newest first.

    Recorded by the person when they registered or on their own page, or by staff for them; for
    somebody protected, before they were, or by a change that was checked with them (Loosening). A
    call to one of them proves who asks for a change.
    """
    on = clock.london_day(at)
    known = contact_details.facts_of([person_id], on).get(person_id)
    if known is None or (known.wishes is not None and Way.CALL not in known.wishes.ways):
        return []
    return queries.numbers_safe_since(person_id, on, at - ON_RECORD_FOR)


def numbers_for(actor: Actor, person_id: int, at: datetime) -> Sequence[PersonContact]:
    """Those numbers, as far as this actor may use them to prove who asks for a new address.

    `known_numbers` depends on who is protected. Staff who may not know that are offered the
    numbers recorded as safe only, whoever the person is.
    """
    if is_blind(actor, person_id):
        return safe_numbers(person_id, at)
    return known_numbers(person_id, at)


def is_blind(actor: Actor, person_id: int) -> bool:
    """Whether somebody works on another person's record without knowing who is protected."""
    own = actor.person_id is not None and actor.person_id == person_id
    return actor.kind == "user" and not own and not actor.may("networks:sensitive")


def safe_number(person_id: int, at: datetime) -> str | None:
    """The newest such number (E.164); None where there is none."""
    return next((each.point.value for each in safe_numbers(person_id, at)), None)


def known_numbers(person_id: int, at: datetime) -> Sequence[PersonContact]:
    """Numbers a call to which proves who asks for a new address, newest first.

    Those recorded as safe for 24 hours. Somebody who is not protected and told us no wishes may
    also be called on any number that was on record the whole day before.
    """
    safe, on = safe_numbers(person_id, at), clock.london_day(at)
    known = contact_details.facts_of([person_id], on).get(person_id)
    if safe or known is None or known.strict:
        return safe
    return queries.numbers_known_since(person_id, on, on - timedelta(days=2))
