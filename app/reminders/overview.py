"""Data for the coordinators' pages: people to contact, and due, sent and skipped reminders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _

from app.changes import calls
from app.core import audit, paging
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import Conflict, InvalidInput, NotFound
from app.messages import sent as sent_messages
from app.messages import service as messages
from app.messages.types import Channel
from app.people.queries import visible_to
from app.people.safety import wording
from app.people.safety.contact_details import contact_instructions_for
from app.people.types import CallOutcome
from app.reminders import service
from app.reminders.queries import pages
from app.reminders.types import (
    FINAL_REASONS,
    ContactEntry,
    ContactOutcome,
    ContactResult,
    ContactTask,
    HeldBackReminder,
    SentReminder,
    SkippedReminder,
    UpcomingReminder,
)
from app.renewals import service as renewals
from app.renewals.types import BookedRenewal, HeldCertificate

MAX_HELD_BACK = 50
CALL_OUTCOMES = {
    ContactResult.LEFT_MESSAGE: CallOutcome.LEFT_MESSAGE,
    ContactResult.NOT_REACHED: CallOutcome.NOT_REACHED,
}


def contact_entries(actor: Actor, on: date, cursor: str | None) -> paging.Page[ContactEntry]:
    """Return a page of the people to call or write to."""
    return pages.contact_entries(Scope.for_actor(actor), on, cursor)


def open_contact_entry(actor: Actor, on: date, message_id: int) -> ContactEntry:
    """Return the entry with this message, and record in the audit log that it was opened.

    Raises NotFound if the actor is not allowed to see the entry, and Conflict if the message is no
    longer on the list.
    """
    actor.require("contacts:work")
    found = _find_entry(actor, on, message_id)
    for task in found.tasks:
        audit.record(
            actor, AuditVerb.PERSON_CALL_READ, "people", task.person_id, message_id=task.message_id
        )
    return found


def _find_entry(actor: Actor, on: date, message_id: int) -> ContactEntry:
    task = _find_task(actor, on, message_id)
    return pages.person_entries(Scope.for_actor(actor), on, [task.person_id])[0]


def _find_task(actor: Actor, on: date, message_id: int) -> ContactTask:
    scope = Scope.for_actor(actor)
    found = pages.contact_task(scope, on, message_id)
    if found is None and pages.was_contact_task(scope, on, message_id):
        raise Conflict(
            _(
                "This message is no longer on the list. Somebody has dealt with it, a newer one"
                " has replaced it, or it is no longer needed."
            )
        )
    if found is None:
        raise NotFound()
    return found


def contact_instructions(entries: Sequence[ContactEntry], on: date) -> dict[int, list[str]]:
    """Return sentences about how to contact each person, by message ID."""
    found = contact_instructions_for({each.person_id for each in entries}, on)
    return {
        task.message_id: wording.describe_for_staff(
            found.get(task.person_id), None if task.has_email_address else task.channel
        )
        for each in entries
        for task in each.tasks
    }


def letter_text(actor: Actor, message_id: int) -> str:
    """Return the text of a message that staff have to pass on.

    Callers must first call `open_contact_entry`, which checks the permission. If the actor is not
    allowed to know who is protected, return the neutral text for undelivered emails.
    """
    return sent_messages.script_for_staff(message_id, neutral=not Scope.for_actor(actor).sensitive)


def find_contact_entry(actor: Actor, on: date, message_id: int) -> ContactEntry:
    """Return the entry with this message. Raises the same errors as `open_contact_entry`."""
    return _find_entry(actor, on, message_id)


def record_outcome(
    actor: Actor, on: date, message_id: int, outcome: ContactOutcome
) -> ContactEntry | None:
    """Record the outcome of a call or letter to a person.

    Messages that were passed on are removed from the list. Return the person's entry if messages
    remain, or None. Raises NotFound if the actor is not allowed to see the entry, Conflict if the
    message is no longer on the list, and InvalidInput if a required answer is missing.
    """
    actor.require("contacts:work")
    entry = _find_entry(actor, on, message_id)
    match outcome.result:
        case ContactResult.DONE:
            _record_done(actor, on, entry, outcome)
        case ContactResult.STOP:
            _stop_trying(actor, entry)
        case ContactResult.LEFT_MESSAGE | ContactResult.NOT_REACHED:
            _record_call(
                actor,
                on,
                entry.tasks,
                CALL_OUTCOMES[outcome.result],
                call_again_on=outcome.call_again_on,
            )
    return next(iter(pages.person_entries(Scope.for_actor(actor), on, [entry.person_id])), None)


def _record_done(actor: Actor, on: date, entry: ContactEntry, outcome: ContactOutcome) -> None:
    tasks = [each for each in entry.tasks if each.message_id in outcome.passed_on_ids]
    if len(entry.tasks) == 1:
        tasks = list(entry.tasks)
    if not tasks:
        raise InvalidInput(_("Select what you told them"), "told")
    for task in tasks:
        messages.record_manual_contact(actor, task.message_id, outcome.words)
    if any(task.channel is not Channel.POST for task in tasks):
        _record_call(actor, on, tasks, CallOutcome.REACHED)


def _record_call(
    actor: Actor,
    on: date,
    tasks: Sequence[ContactTask],
    outcome: CallOutcome,
    *,
    call_again_on: date | None = None,
) -> None:
    """Record a call to a person about these messages.

    The call is hidden if some readers who can see the person cannot see any of the messages.
    """
    ids = [task.message_id for task in tasks]
    open_ids = pages.ids_open_to_all_readers(ids)
    calls.record_call(
        actor,
        tasks[0].person_id,
        outcome,
        on,
        call_again_on=call_again_on,
        message_id=(open_ids or ids)[0],
        hidden=not open_ids,
    )


def _stop_trying(actor: Actor, entry: ContactEntry) -> None:
    """Remove a person from the list after two failed calls."""
    if not entry.can_stop:
        raise InvalidInput(_("Try to call them on two different days first"), "result")
    for task in entry.tasks:
        messages.record_manual_contact(actor, task.message_id, _("We could not reach them"))


def count_people_to_contact(actor: Actor, on: date) -> int:
    """Return the number of people to call or write to."""
    return pages.count_people_to_contact(Scope.for_actor(actor), on)


def upcoming_reminders(actor: Actor, on: date, cursor: str | None) -> paging.Page[UpcomingReminder]:
    """Return a page of the reminders that are due in the next 60 days."""
    return pages.upcoming_reminders(Scope.for_actor(actor), on, cursor)


def booked_renewals(rows: Sequence[UpcomingReminder], on: date) -> dict[int, BookedRenewal]:
    """Return the booked renewal of each certificate, by certificate ID."""
    held = [
        HeldCertificate(each.certificate_id, each.person_id, each.kind_id, each.expires_on)
        for each in rows
    ]
    return renewals.find_booked_renewals(held, on)


def sent_and_waiting_reminders(
    actor: Actor, on: date, cursor: str | None
) -> paging.Page[SentReminder]:
    """Return a page of the reminders that have been sent or are waiting."""
    return pages.sent_and_waiting_reminders(Scope.for_actor(actor), on, cursor)


def skipped_reminders(actor: Actor, on: date, cursor: str | None) -> paging.Page[SkippedReminder]:
    """Return a page of the reminders that were skipped or voided, with the reasons."""
    return pages.skipped_reminders(Scope.for_actor(actor), on, cursor)


def held_back_reminders(actor: Actor, on: date) -> Sequence[HeldBackReminder]:
    """Return due reminders that are held back for a temporary reason, oldest first."""
    planned = service.due_reminders(on, visible_to(Scope.for_actor(actor), on))
    waiting = sorted(
        (due for due in planned if due.reason is not None and due.reason not in FINAL_REASONS),
        key=lambda due: (due.due_on, due.certificate_id),
    )[:MAX_HELD_BACK]
    names = pages.holder_and_kind_names(
        [due.person_id for due in waiting], [due.certificate_id for due in waiting]
    )
    return [
        HeldBackReminder(
            due.person_id,
            *names[due.certificate_id],
            expires_on=due.expires_on,
            expiry_known=due.expiry_known,
            due_on=due.due_on,
            reason=due.reason.value if due.reason else "",
        )
        for due in waiting
    ]
