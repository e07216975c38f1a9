"""The reasons that staff recorded about a person, if the reader is allowed to read them."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts import writers
from app.core.actor import Scope
from app.core.audit_verbs import AuditVerb
from app.people.models import Person


@dataclass(frozen=True)
class Reasons:
    """The reasons for the decision about a person, and for leaving the network.

    A reason is None if none was recorded, or if the reader is not allowed to read it
    (app.accounts.writers).
    """

    decision: str | None
    leaving: str | None


def reasons_about_person(scope: Scope, person: Person) -> Reasons:
    """Return the reasons recorded about a person.

    The caller must check that the reader is allowed to read the record.
    """
    decision, leaving = person.decision_reason, person.left_reason
    if decision and not writers.may_read_notes_by(scope, person.decided_by_user_id):
        decision = None
    if leaving and not writers.rows_with_readable_notes(
        scope, AuditVerb.PERSON_LEAVE, "people", [person.id]
    ):
        leaving = None
    return Reasons(decision, leaving)
