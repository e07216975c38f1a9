"""The changes that wait, as the person and staff read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from app.changes import loosening
from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.reading import show_phone
from app.messages.types import Channel
from app.people.safety import contact_details, wording
from app.people.safety.models import Loosening
from app.people.safety.types import Change
from app.records import record


@dataclass(frozen=True)
class ToCheck:
    """One of them, for the coordinator who checks it. numbers: (id, number) that may be called;
    safe: they told us that it is safe to call these; how: how to contact them, in words.
    """

    name: str
    change: Change
    numbers: Sequence[tuple[int, str]]
    safe: bool
    how: Sequence[str]


def how_to_contact(person_id: int, on: date) -> list[str]:
    """How somebody wants to be called, in words, for whoever calls them. Whether the reader may
    read the person is asked before.
    """
    return wording.for_staff(contact_details.how_to_reach(person_id, on), Channel.PHONE)


def to_check(actor: Actor, person_id: int, change_id: int) -> ToCheck:
    """A pending change to check. Raises NotFound if the actor may not change the person."""
    name, row = _find(actor, person_id, change_id)
    numbers = loosening.numbers(actor, row, clock.now())
    return ToCheck(
        name,
        loosening.as_read(actor, row),
        [(each.id, show_phone(each.point.value)) for each in numbers],
        safe=all(each.safe_at is not None for each in numbers),
        how=how_to_contact(person_id, clock.today()),
    )


def called(actor: Actor, person_id: int, change_id: int, contact_id: int, at: time) -> None:
    """They were called on this number today at this time, and want it. Raises DomainError."""
    row = _find(actor, person_id, change_id)[1]
    loosening.called(actor, row, contact_id, clock.london(clock.today(), at))


def seen(actor: Actor, person_id: int, change_id: int, why: str) -> None:
    """They were met in person, and want it. Raises DomainError."""
    loosening.seen(actor, _find(actor, person_id, change_id)[1], why)


def stop(actor: Actor, person_id: int, change_id: int) -> None:
    """They do not want it. Raises DomainError."""
    loosening.stop(actor, _find(actor, person_id, change_id)[1])


def _find(actor: Actor, person_id: int, change_id: int) -> tuple[str, Loosening]:
    if not actor.may("people:change"):
        raise NotFound()
    person = record.find(actor, person_id, clock.today())
    return person.full_name, loosening.find(person.id, change_id, actor)
