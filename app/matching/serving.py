"""Assignments: how they begin and end, and how proposals are withdrawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from flask_babel import gettext as _

from app.core import audit, clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.core.in_force import is_over
from app.matching import queries
from app.matching.models import Assignment, Need, Proposal
from app.matching.types import RequestRow
from app.messages import service as messages
from app.people import presence

LEFT = "the person left"
NOT_GENERAL = "the person is no longer a general champion"


def key_of(proposal_id: int) -> str:
    """What makes the letter of a request this one and no other."""
    return f"request-to-serve:{proposal_id}"


def begin(actor: Actor, proposal: Proposal, need: Need, on: date) -> None:
    """Who accepted serves the need from `on`, and is present in its area."""
    with audit.acting(actor, AuditVerb.ASSIGNMENT_BEGIN):
        db.session.add(
            Assignment(
                need_id=need.id,
                person_id=proposal.person_id,
                proposal_id=proposal.id,
                presence_id=presence.serve(actor, proposal.person_id, need.area_id, on),
                from_on=on,
            )
        )


def end_assignment(actor: Actor, assignment_id: int, why: str, on: date) -> None:
    """Somebody no longer serves from `on`, for a reason. Twice is once.

    Raises NotFound (not there, or not for this actor), InvalidInput (no reason).
    """
    if not actor.may("needs:change"):
        raise NotFound()
    assignment = queries.visible_assignment(Scope.of(actor), assignment_id, on)
    if not why.strip():
        raise InvalidInput(_("Enter a reason"), "reason")
    end(actor, assignment, on, why.strip())


def end(actor: Actor, assignment: Assignment, on: date, why: str) -> None:
    """The last day is the day before `on`; one that began on `on` never stood.

    Presence ends with it, unless another assignment in the same area rests on it.
    """
    if is_over(assignment, on):
        return
    presence_id = assignment.presence_id
    with audit.acting(actor, AuditVerb.ASSIGNMENT_END, why):
        assignment.until_on = on - timedelta(days=1)
        assignment.until_reason = why
        assignment.presence_id = None
    if presence_id is not None and not queries.rests_on(presence_id, on):
        presence.stop_serving(actor, presence_id, on, why)


def withdraw(actor: Actor, proposal: Proposal, why: str) -> None:
    """Nobody needs an answer to this any more; its letter does not go if it has not gone."""
    with audit.acting(actor, AuditVerb.REQUEST_WITHDRAW, why):
        proposal.withdrawn_at = clock.now()
    message_id = queries.message_of(key_of(proposal.id))
    if message_id is not None:
        messages.void(message_id, why)


def asked_of(actor: Actor, person_id: int) -> Sequence[RequestRow]:
    """The requests that somebody has not answered, as far as the actor may know of them."""
    return queries.requests_waiting(Scope.of(actor), person_id)


def withdraw_these(actor: Actor, person_id: int, proposal_ids: Collection[int], why: str) -> None:
    """Nobody waits for their answers to these requests, of those that the actor may know of."""
    known = {each.id for each in asked_of(actor, person_id)}
    for proposal in queries.waiting_locked(person_id=person_id):
        if proposal.id in known and proposal.id in proposal_ids:
            withdraw(actor, proposal, why)


def person_left(actor: Actor, person_id: int, why: str) -> None:
    """Somebody who leaves no longer serves and is no longer asked."""
    on = clock.today()
    for proposal in queries.waiting_locked(person_id=person_id):
        withdraw(actor, proposal, LEFT)
    for assignment in queries.standing_locked(on, person_id=person_id):
        end(actor, assignment, on, LEFT)


def general_ended(actor: Actor, person_id: int) -> None:
    """Who is a general champion no longer is asked and serves for sensitive networks only."""
    on = clock.today()
    proposals = queries.waiting_locked(person_id=person_id)
    assignments = queries.standing_locked(on, person_id=person_id)
    asked = {proposal.need_id for proposal in proposals}
    served = {assignment.need_id for assignment in assignments}
    sensitive = queries.sensitive_needs(asked | served)
    for proposal in proposals:
        if proposal.need_id not in sensitive:
            withdraw(actor, proposal, NOT_GENERAL)
    for assignment in assignments:
        if assignment.need_id not in sensitive:
            end(actor, assignment, on, NOT_GENERAL)
