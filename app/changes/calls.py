"""Record phone calls to people."""

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
    """Record a phone call to a person. Each outcome is recorded at most once a day.

    If the call reached the person, also record that we heard from them, unless the call is
    `hidden`. A hidden call was only about something that some readers are not allowed to see.
    `message_id` is the message that the call was about. It determines who can see the audit entry.
    """
    audit.record(
        actor, AuditVerb.PERSON_CALL, "people", person_id, message_id=message_id, outcome=outcome
    )
    writing.add_call(
        person_id, on, outcome, clock.now(), actor.user_id, call_again_on, hidden=hidden
    )
    if outcome is CallOutcome.REACHED and not hidden:
        activity.record_activity(actor, person_id, on)
