"""The coordinator's side: whom to ring or write to, what is coming, what was sent or skipped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _

from app.core import audit, paging
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import Conflict, NotFound
from app.messages import sent as sent_messages
from app.messages import service as messages
from app.people.queries import visible_to
from app.people.safety import wording
from app.people.safety.contact_details import how_to_reach_all
from app.reminders import service
from app.reminders.queries import pages
from app.reminders.types import FINAL, Contact, HeldBack, Sent, Skipped, Upcoming

MOST_HELD_BACK = 50


def contacts(actor: Actor, on: date, cursor: str | None) -> paging.Page[Contact]:
    """Whom to ring or write to."""
    return pages.contacts(Scope.of(actor), on, cursor)


def contact(actor: Actor, on: date, message_id: int) -> Contact:
    """One of them, with what to say; opening it is noted.

    Raises NotFound, Conflict (done before).
    """
    actor.require("contacts:work")
    found = _waiting(actor, on, message_id)
    audit.record(
        actor, AuditVerb.PERSON_CALL_READ, "people", found.person_id, message_id=message_id
    )
    return found


def _waiting(actor: Actor, on: date, message_id: int) -> Contact:
    scope = Scope.of(actor)
    found = pages.contact(scope, on, message_id)
    if found is None and pages.was_to_contact(scope, on, message_id):
        raise Conflict(
            _(
                "This is no longer on the list. Somebody has done it, or a newer message has"
                " replaced it."
            )
        )
    if found is None:
        raise NotFound()
    return found


def also_waiting(actor: Actor, on: date, contact: Contact) -> Sequence[Contact]:
    """What else there is to tell the same person, so that one call does for all of it."""
    return pages.also_waiting(Scope.of(actor), on, contact)


def how_to_reach(contacts: Sequence[Contact], on: date) -> dict[int, list[str]]:
    """Message id → how to contact the person on a day, in sentences."""
    found = how_to_reach_all({each.person_id for each in contacts}, on)
    return {
        each.message_id: wording.for_staff(
            found.get(each.person_id), None if each.by_email else each.channel
        )
        for each in contacts
    }


def to_say(actor: Actor, message_id: int) -> str:
    """What the letter to somebody on the list says. Ask `contact` first: it knows who may.

    To readers who may not know who is protected, what came back is in the neutral wording, whoever
    it is for.
    """
    return sent_messages.script(message_id, neutral=not Scope.of(actor).sensitive)


def done(actor: Actor, on: date, message_id: int, outcome: str) -> Sequence[Contact]:
    """It was done; what came of it. Returns what else there is to tell the same person.

    Raises NotFound, Conflict (done before), InvalidInput.
    """
    actor.require("contacts:work")
    found = _waiting(actor, on, message_id)
    messages.record_by_hand(actor, message_id, outcome)
    return also_waiting(actor, on, found)


def count_contacts(actor: Actor, on: date) -> int:
    """How many people there are to ring or write to."""
    return pages.count_contacts(Scope.of(actor), on)


def upcoming(actor: Actor, on: date, cursor: str | None) -> paging.Page[Upcoming]:
    """What falls due in the next 60 days."""
    return pages.upcoming(Scope.of(actor), on, cursor)


def sent(actor: Actor, on: date, cursor: str | None) -> paging.Page[Sent]:
    """What was sent, or waits to be."""
    return pages.sent(Scope.of(actor), on, cursor)


def skipped(actor: Actor, on: date, cursor: str | None) -> paging.Page[Skipped]:
    """What was skipped or voided, and why."""
    return pages.skipped(Scope.of(actor), on, cursor)


def held_back(actor: Actor, on: date) -> Sequence[HeldBack]:
    """What is due and does not go for a reason that may pass: the longest due first."""
    planned = service.planned(on, visible_to(Scope.of(actor), on))
    waiting = sorted(
        (due for due in planned if due.reason is not None and due.reason not in FINAL),
        key=lambda due: (due.due_on, due.certificate_id),
    )[:MOST_HELD_BACK]
    known = pages.names([due.person_id for due in waiting], [due.certificate_id for due in waiting])
    return [
        HeldBack(
            due.person_id,
            *known[due.certificate_id],
            expires_on=due.expires_on,
            due_on=due.due_on,
            reason=due.reason.value if due.reason else "",
        )
        for due in waiting
    ]
