"""The coordinator's view of reminders: people to contact, and steps due, sent and skipped."""

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
from app.people.safety.contact_details import contact_instructions_for
from app.reminders import service
from app.reminders.queries import pages
from app.reminders.types import (
    FINAL_REASONS,
    ContactTask,
    HeldBackReminder,
    SentReminder,
    SkippedReminder,
    UpcomingReminder,
)
from app.renewals import service as renewals
from app.renewals.types import BookedRenewal, Held

MAX_HELD_BACK = 50


def contact_tasks(actor: Actor, on: date, cursor: str | None) -> paging.Page[ContactTask]:
    """Return a page of the messages to pass on by phone or post."""
    return pages.contact_tasks(Scope.of(actor), on, cursor)


def open_contact_task(actor: Actor, on: date, message_id: int) -> ContactTask:
    """Return a message to pass on, and record in the audit log that it was opened.

    Raises NotFound if the actor may not see it, and Conflict if it is no longer on the list.
    """
    actor.require("contacts:work")
    found = _find_task(actor, on, message_id)
    audit.record(
        actor, AuditVerb.PERSON_CALL_READ, "people", found.person_id, message_id=message_id
    )
    return found


def _find_task(actor: Actor, on: date, message_id: int) -> ContactTask:
    scope = Scope.of(actor)
    found = pages.contact_task(scope, on, message_id)
    if found is None and pages.was_contact_task(scope, on, message_id):
        raise Conflict(
            _(
                "This is no longer on the list. Somebody has done it, or a newer message has"
                " replaced it."
            )
        )
    if found is None:
        raise NotFound()
    return found


def other_tasks(actor: Actor, on: date, contact: ContactTask) -> Sequence[ContactTask]:
    """Return the other messages to pass on to the same person."""
    return pages.other_tasks(Scope.of(actor), on, contact)


def contact_instructions(contacts: Sequence[ContactTask], on: date) -> dict[int, list[str]]:
    """Return how to contact each person, in sentences, by message ID."""
    found = contact_instructions_for({each.person_id for each in contacts}, on)
    return {
        each.message_id: wording.for_staff(
            found.get(each.person_id), None if each.has_email_address else each.channel
        )
        for each in contacts
    }


def letter_text(actor: Actor, message_id: int) -> str:
    """Return the text of a message that staff have to pass on.

    Call `open_contact_task` first, because it checks the permission. Readers who may not see who is
    protected get the neutral text for every email that bounced.
    """
    return sent_messages.script(message_id, neutral=not Scope.of(actor).sensitive)


def record_outcome(actor: Actor, on: date, message_id: int, outcome: str) -> Sequence[ContactTask]:
    """Record the outcome of a call or letter. Return the other messages for the person.

    Raises NotFound if the actor may not see it, Conflict if it is no longer on the list, and
    InvalidInput if the outcome is empty.
    """
    actor.require("contacts:work")
    found = _find_task(actor, on, message_id)
    messages.record_by_hand(actor, message_id, outcome)
    return other_tasks(actor, on, found)


def count_people_to_contact(actor: Actor, on: date) -> int:
    """Return the number of people to call or write to."""
    return pages.count_people_to_contact(Scope.of(actor), on)


def upcoming_reminders(actor: Actor, on: date, cursor: str | None) -> paging.Page[UpcomingReminder]:
    """Return a page of the steps that are due in the next 60 days."""
    return pages.upcoming_reminders(Scope.of(actor), on, cursor)


def booked_renewals(rows: Sequence[UpcomingReminder], on: date) -> dict[int, BookedRenewal]:
    """Return the booked place that renews each certificate, by certificate ID."""
    held = [
        Held(each.certificate_id, each.person_id, each.kind_id, each.expires_on) for each in rows
    ]
    return renewals.booked_renewals(held, on)


def sent_and_waiting_reminders(
    actor: Actor, on: date, cursor: str | None
) -> paging.Page[SentReminder]:
    """Return a page of the reminders that were sent or are waiting to be."""
    return pages.sent_and_waiting_reminders(Scope.of(actor), on, cursor)


def skipped_reminders(actor: Actor, on: date, cursor: str | None) -> paging.Page[SkippedReminder]:
    """Return a page of the reminders that were skipped or voided, with the reason."""
    return pages.skipped_reminders(Scope.of(actor), on, cursor)


def held_back_reminders(actor: Actor, on: date) -> Sequence[HeldBackReminder]:
    """Return reminders that are due but skipped for a reason that may change, oldest first."""
    planned = service.due_reminders(on, visible_to(Scope.of(actor), on))
    waiting = sorted(
        (due for due in planned if due.reason is not None and due.reason not in FINAL_REASONS),
        key=lambda due: (due.due_on, due.certificate_id),
    )[:MAX_HELD_BACK]
    known = pages.holder_and_kind_names(
        [due.person_id for due in waiting], [due.certificate_id for due in waiting]
    )
    return [
        HeldBackReminder(
            due.person_id,
            *known[due.certificate_id],
            expires_on=due.expires_on,
            expiry_known=due.expiry_known,
            due_on=due.due_on,
            reason=due.reason.value if due.reason else "",
        )
        for due in waiting
    ]
