"""Request, check and cancel changes that make it easier to find or contact a person.

Adding protection, a block or a no-contact wish takes effect immediately. Removing one requires a
call to a number that was already marked as safe. If there is no such number, two coordinators must
meet the person. The change then takes effect after 24 hours. We notify the person at a safe contact
detail, and they can cancel the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from app.changes import queries, verification_numbers
from app.changes.queries import CALL_LETTER, REQUEST_LETTER, REVEALING_KINDS
from app.core import audit, clock, links
from app.core.actor import PUBLIC, SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.limits import LONGEST_REASON
from app.core.words import long_datetime
from app.messages import queries as message_rows
from app.messages import service as messages
from app.messages.types import BY_HAND, Channel, NewMessage, Recipient
from app.people import activity
from app.people.models import Person, PersonContact
from app.people.queries.locking import lock_person
from app.people.safety import contact_details
from app.people.safety.models import DelayedChange
from app.people.safety.types import Change, DelayedChangeKind, PendingChange, Stage

WAIT = timedelta(hours=24)
MAX_CALL_AGE = timedelta(hours=24)  # how long after a call it can be recorded
STOP = "stop-change"
STOP_LIFETIME = timedelta(days=30)
CHECKED_OR_STOPPED = "the change was checked or stopped"


def request_delayed_change(
    actor: Actor, person: Person, kind: DelayedChangeKind, detail: dict[str, Any]
) -> PendingChange:
    """Request a change that does not take effect immediately. Idempotent.

    The person is notified. If the actor is the person, a call list entry is added for staff.
    """
    known = next(
        (each for each in queries.open_changes(person.id) if _is_same_change(each, kind, detail)),
        None,
    )
    if known is not None:
        return PendingChange(known.id)
    row = DelayedChange(
        person_id=person.id,
        kind=kind,
        detail=detail,
        asked_at=clock.now(),
        asked_by_user_id=actor.user_id,
    )
    with audit.acting(actor, AuditVerb.PERSON_DELAYED_CHANGE_REQUEST):
        db.session.add(row)
    _notify_of_request(person, row)
    if actor.person_id == person.id:
        _add_call_list_entry(person, row)
    return PendingChange(row.id)


def _is_same_change(row: DelayedChange, kind: DelayedChangeKind, detail: dict[str, Any]) -> bool:
    return row.kind is kind and row.detail == detail


def build_change(actor: Actor, row: DelayedChange) -> Change:
    """Return a pending change as shown to this actor."""
    seen_by_me = row.seen_by_user_id is not None and row.seen_by_user_id == actor.user_id
    can_check_by_call = row.stage is Stage.ASKED and bool(numbers_to_call(actor, row, clock.now()))
    return Change(
        row.id, row.kind, row.stage, row.asked_at, row.due_at, seen_by_me, can_check_by_call
    )


def pending_changes(actor: Actor, person_id: int) -> list[Change]:
    """Return the person's pending changes that the actor is allowed to see, oldest first.

    The caller must check that the actor is allowed to see the person.
    """
    return [
        build_change(actor, row)
        for row in queries.open_changes(person_id, queries.is_change_visible_to(actor))
    ]


def find_change(person_id: int, change_id: int, actor: Actor = SYSTEM) -> DelayedChange:
    """Return a pending change, and lock it and the person.

    Raises NotFound if there is no such change or the actor is not allowed to see it.
    """
    lock_person(person_id)
    row = queries.find_change(person_id, change_id, actor)
    if row is None:
        raise NotFound()
    return row


def numbers_to_call(actor: Actor, row: DelayedChange, at: datetime) -> Sequence[PersonContact]:
    """Return the phone numbers that staff can call to check a change at a given time.

    A number must have been marked as safe for at least 24 hours. Changes that do not remove
    protection or a block also allow the numbers from `verification_numbers.numbers_for_actor`.
    """
    if row.kind in REVEALING_KINDS:
        return verification_numbers.safe_numbers(row.person_id, at)
    return verification_numbers.numbers_for_actor(actor, row.person_id, at)


def record_call(actor: Actor, row: DelayedChange, contact_id: int, at: datetime) -> None:
    """Record that a coordinator called the person, and that the person wants the change.

    `contact_id` is the ID of the number (PersonContact). Raises InvalidInput if the number is not
    in `numbers_to_call` or the time is not today. Raises Conflict if the change was already checked
    or cancelled, or if the actor is the person.
    """
    _require_unchecked(actor, row)
    now = clock.now()
    if not now - MAX_CALL_AGE <= at <= now:
        raise InvalidInput(_("Enter a time earlier today"), "time")
    if contact_id not in {each.id for each in numbers_to_call(actor, row, at)}:
        raise InvalidInput(
            _("Select a number that we had for at least a day before the call"), "number"
        )
    record_call_if_unchecked(actor, row, contact_id, at)


def record_call_if_unchecked(
    actor: Actor, row: DelayedChange, contact_id: int, at: datetime
) -> None:
    """Record a call to a number that the caller has found in `numbers_to_call`.

    Does nothing if the change has already been checked. The number is not looked up again, because
    the same form submission could have removed it.
    """
    if row.due_at is not None:
        return
    now = clock.now()
    with audit.acting(actor, AuditVerb.PERSON_DELAYED_CHANGE_CALL):
        row.called_contact_id = contact_id
        row.called_by_user_id = actor.user_id
        row.called_at = at
        row.due_at = now + WAIT
    _record_activity(actor, row)
    _start_delay(row)


def record_meeting(actor: Actor, row: DelayedChange, why: str) -> None:
    """Record that a coordinator met the person, who has no safe number.

    Two coordinators with different accounts must each record a meeting. `why` is how the first
    knows that this is the right person. Raises InvalidInput if it is empty. Raises Conflict if
    staff can call the person, or if the change was already checked or cancelled.
    """
    _require_unchecked(actor, row)
    if numbers_to_call(actor, row, clock.now()):
        raise Conflict(
            _("We have a phone number for this person. Call it to check the change instead.")
        )
    _record_activity(actor, row)
    why = why.strip()
    if row.seen_by_user_id is not None:
        if row.seen_by_user_id == actor.user_id:
            raise Conflict(_("A second coordinator must meet this person too."))
        with audit.acting(actor, AuditVerb.PERSON_DELAYED_CHANGE_MEETING, row.why):
            row.seen_too_by_user_id = actor.user_id
            row.due_at = clock.now() + WAIT
        _start_delay(row)
        return
    if not why:
        raise InvalidInput(_("Enter how you know that this is the right person"), "why")
    with audit.acting(actor, AuditVerb.PERSON_DELAYED_CHANGE_MEETING, why):
        row.seen_by_user_id = actor.user_id
        row.seen_at = clock.now()
        row.why = why[:LONGEST_REASON]


def _record_activity(actor: Actor, row: DelayedChange) -> None:
    """Record that we heard from the person, unless the change is hidden from some readers.

    Those readers can see the day on which we last heard from the person.
    """
    if queries.is_change_delayed_for_everybody(row.id):
        activity.record_activity(actor, row.person_id)


def _require_unchecked(actor: Actor, row: DelayedChange) -> None:
    if actor.user_id is None or actor.person_id == row.person_id:
        raise Conflict(_("Somebody else must check this change."))
    if row.stage is Stage.STOPPED:
        raise Conflict(_("This change has been stopped."))
    if row.due_at is not None:
        raise Conflict(_("Somebody has already checked this change."))


def cancel_change(actor: Actor, row: DelayedChange) -> None:
    """Cancel a change. Idempotent. Raises Conflict if the change has already taken effect."""
    if row.done_at is not None:
        raise Conflict(_("This change has already been made."))
    if row.stopped_at is None:
        with audit.acting(actor, AuditVerb.PERSON_DELAYED_CHANGE_CANCEL):
            row.stopped_at = clock.now()
            row.stopped_by_user_id = actor.user_id
        links.revoke(STOP, row.id)
        _cancel_call_list_entry(row)


def cancel_changes(
    actor: Actor,
    person_id: int,
    kind: DelayedChangeKind | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Cancel a person's pending changes.

    `kind` and `detail` limit which changes are cancelled. None means no limit.
    """
    for row in queries.open_changes(person_id):
        if kind in (None, row.kind) and (detail is None or row.detail == detail):
            cancel_change(actor, row)


def is_link_valid(token: str) -> bool:
    """Return whether a link to cancel a change is valid. The check does not use up the link."""
    return links.peek(STOP, token) is not None


def cancel_change_by_link(token: str) -> bool:
    """Cancel the change that the link refers to. Return False if the link is no longer valid."""
    subject = links.peek(STOP, token)
    row = db.session.get(DelayedChange, int(subject)) if subject else None
    if row is None:
        return False
    row = find_change(row.person_id, row.id)
    if links.spend(STOP, token) is None or row.done_at is not None:
        return False
    cancel_change(PUBLIC, row)
    return True


def _notify_of_request(person: Person, row: DelayedChange) -> None:
    """Notify the person about the pending change and how to cancel it."""
    recipient = contact_details.find_recipients([person.id], clock.today()).get(person.id)
    if recipient is None:
        return
    by_hand = recipient.channel in BY_HAND
    link_id = None if by_hand else links.create(STOP, row.id, STOP_LIFETIME)
    context = {
        "when": long_datetime(row.due_at) if row.due_at else None,
        "stop": None
        if link_id is None
        else {"endpoint": "profile.stop_change", "purpose": STOP, "link_id": str(link_id)},
    }
    stage = "due" if row.due_at else "asked"
    messages.post(
        NewMessage(REQUEST_LETTER, recipient, f"{REQUEST_LETTER}:{row.id}:{stage}", context)
    )


def _start_delay(row: DelayedChange) -> None:
    _cancel_call_list_entry(row)
    _notify_of_request(db.session.get_one(Person, row.person_id), row)


def _call_key(row: DelayedChange) -> str:
    return f"{CALL_LETTER}:{row.id}"


def _add_call_list_entry(person: Person, row: DelayedChange) -> None:
    """Ask staff to call the person, or to meet the person if there is no safe number."""
    number = verification_numbers.safe_number(person.id, clock.now()) or ""
    recipient = Recipient(Channel.PHONE, number, person.full_name, person.id, person.user_id)
    messages.post(NewMessage(CALL_LETTER, recipient, _call_key(row), {"safe": bool(number)}))


def _cancel_call_list_entry(row: DelayedChange) -> None:
    waiting = message_rows.message_id_by_key(_call_key(row))
    if waiting is not None:
        messages.cancel_message(waiting, CHECKED_OR_STOPPED)
