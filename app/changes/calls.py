"""Record calls to a person, and whether they reached them."""

from __future__ import annotations

from datetime import date

from app.changes import writing
from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.people import activity
from app.people.types import CallOutcome


def record_call(
    actor: Actor,
    person_id: int,
    outcome: CallOutcome,
    on: date,
    *,
    call_again_on: date | None = None,
    message_id: int | None = None,
    hidden: bool = False,
) -> None:
    """Record a call on a given day. A second one with the same outcome on a day changes nothing.

    A call that reached the person counts as hearing from them, unless it is `hidden`: it was only
    about something that some readers may not see, and they see when we last heard from people.
    `message_id` is a message that the call was about, which decides who may see the entry in the
    audit log.
    """
    audit.record(
        actor, AuditVerb.PERSON_CALL, "people", person_id, message_id=message_id, outcome=outcome
    )
    writing.add_call(
        person_id, on, outcome, clock.now(), actor.user_id, call_again_on, hidden=hidden
    )
    if outcome is CallOutcome.REACHED and not hidden:
        activity.record_heard_from(actor, person_id, on)
