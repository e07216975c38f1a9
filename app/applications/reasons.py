"""The reasons that staff recorded about a person, if the reader may read them."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts import writers
from app.core.actor import Scope
from app.core.audit_verbs import AuditVerb
from app.people.models import Person


@dataclass(frozen=True)
class Reasons:
    """The reasons for the decision about a person and for their leaving.

    Each is None if no reason was given, or if this reader may not read it (app.accounts.writers).
    """

    decision: str | None
    leaving: str | None


def reasons_about_person(scope: Scope, person: Person) -> Reasons:
    """Return the reasons recorded about a person.

    The caller must have checked that the reader may read the person.
    """
    decision, leaving = person.decision_reason, person.left_reason
    if decision and not writers.may_read_notes_by(scope, person.decided_by_user_id):
        decision = None
    if leaving and not writers.rows_with_readable_notes(
        scope, AuditVerb.PERSON_LEAVE, "people", [person.id]
    ):
        leaving = None
    return Reasons(decision, leaving)
