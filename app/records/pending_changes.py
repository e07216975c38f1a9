"""Check or cancel pending changes to a person's record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from app.changes import delayed_changes
from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.parsing import format_phone
from app.messages.types import Channel
from app.people.safety import contact_details, wording
from app.people.safety.models import DelayedChange
from app.people.safety.types import Change
from app.records import record


@dataclass(frozen=True)
class ChangeCheck:
    """A pending change for a coordinator to check.

    ``numbers`` contains the (contact ID, number) pairs that can be called. ``safe`` is True if the
    numbers are marked as safe. ``contact_instructions`` says how to contact the person.
    """

    name: str
    change: Change
    numbers: Sequence[tuple[int, str]]
    safe: bool
    contact_instructions: Sequence[str]


def contact_instructions(person_id: int, on: date) -> list[str]:
    """Return sentences that say how the person wants to be called.

    The caller must check that the reader is allowed to see the person.
    """
    return wording.describe_for_staff(
        contact_details.contact_instructions(person_id, on), Channel.PHONE
    )


def find_change_to_check(actor: Actor, person_id: int, change_id: int) -> ChangeCheck:
    """Return a pending change to check.

    Raises NotFound if the actor is not allowed to change the person.
    """
    name, row = _find_change(actor, person_id, change_id)
    numbers = delayed_changes.numbers_to_call(actor, row, clock.now())
    return ChangeCheck(
        name,
        delayed_changes.build_change(actor, row),
        [(each.id, format_phone(each.point.value)) for each in numbers],
        safe=all(each.safe_at is not None for each in numbers),
        contact_instructions=contact_instructions(person_id, clock.today()),
    )


def record_call(actor: Actor, person_id: int, change_id: int, contact_id: int, at: time) -> None:
    """Record a call in which the person confirmed the change. Raises DomainError."""
    row = _find_change(actor, person_id, change_id)[1]
    delayed_changes.record_call(actor, row, contact_id, clock.london_instant(clock.today(), at))


def record_meeting(actor: Actor, person_id: int, change_id: int, why: str) -> None:
    """Record a meeting at which the person confirmed the change. Raises DomainError."""
    delayed_changes.record_meeting(actor, _find_change(actor, person_id, change_id)[1], why)


def cancel_change(actor: Actor, person_id: int, change_id: int) -> None:
    """Cancel a pending change that the person does not want. Raises DomainError."""
    delayed_changes.cancel_change(actor, _find_change(actor, person_id, change_id)[1])


def _find_change(actor: Actor, person_id: int, change_id: int) -> tuple[str, DelayedChange]:
    if not actor.may("people:change"):
        raise NotFound()
    person = record.find_person(actor, person_id, clock.today())
    return person.full_name, delayed_changes.find_change(person.id, change_id, actor)
