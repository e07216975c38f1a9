"""Create and end assignments, and withdraw proposals."""

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
from app.matching.types import Obstacle, RequestRow
from app.messages import queries as message_rows
from app.messages import service as messages
from app.people import presence

LEFT = "the person left"
MERGED = "merged into another record"
NOT_GENERAL = "the person is no longer a general champion"
# The stored reasons for withdrawing a request or ending an assignment. Some share a text, so that
# readers cannot distinguish them.
REASONS = {
    Obstacle.PAUSED: "the person is paused by us",
    Obstacle.AWAY: "the person is away",
    Obstacle.LEFT: LEFT,
    Obstacle.INACTIVE: "the person does not take part now",
    Obstacle.CERTIFICATE: "the person has no certificate in date",
    Obstacle.TOO_FAR: "the person lives too far away",
    Obstacle.UNAVAILABLE: "the person cannot help there now",
}


def message_key(proposal_id: int) -> str:
    """Return the unique key of the message about a request."""
    return f"request-to-serve:{proposal_id}"


def begin_assignment(actor: Actor, proposal: Proposal, need: Need, on: date) -> None:
    """Assign a person to a need from `on`, and record that they are present in its area."""
    with audit.acting(actor, AuditVerb.ASSIGNMENT_BEGIN):
        db.session.add(
            Assignment(
                need_id=need.id,
                person_id=proposal.person_id,
                proposal_id=proposal.id,
                presence_id=presence.start_serving(actor, proposal.person_id, need.area_id, on),
                from_on=on,
            )
        )


def end_assignment(actor: Actor, assignment_id: int, reason: str, on: date) -> None:
    """End an assignment from `on`, and save the reason.

    Does nothing if it has already ended. Raises NotFound if the actor is not allowed to see or end
    it, and InvalidInput if there is no reason.
    """
    if not actor.may("needs:change"):
        raise NotFound()
    assignment = queries.lock_visible_assignment(Scope.for_actor(actor), assignment_id, on)
    if not reason.strip():
        raise InvalidInput(_("Enter a reason"), "reason")
    end_locked_assignment(actor, assignment, on, reason.strip())


def end_locked_assignment(actor: Actor, assignment: Assignment, on: date, reason: str) -> None:
    """End an assignment. Its last day is the day before `on`.

    Its presence ends too, unless another assignment in the same area uses it. An assignment that
    began on `on` was never in force.
    """
    if is_over(assignment, on):
        return
    presence_id = assignment.presence_id
    with audit.acting(actor, AuditVerb.ASSIGNMENT_END, reason):
        assignment.until_on = on - timedelta(days=1)
        assignment.until_reason = reason
        assignment.presence_id = None
    if presence_id is not None and not queries.is_presence_in_use(presence_id, on):
        presence.stop_serving(actor, presence_id, on, reason)


def withdraw_proposal(actor: Actor, proposal: Proposal, reason: str) -> None:
    """Withdraw a proposal and void its message if it has not been sent."""
    mark_withdrawn(actor, proposal, reason)
    message_id = message_rows.message_id_by_key(message_key(proposal.id))
    if message_id is not None:
        messages.cancel_message(message_id, reason)


def mark_withdrawn(actor: Actor, proposal: Proposal, reason: str) -> None:
    """Withdraw a proposal without changing its message."""
    with audit.acting(actor, AuditVerb.REQUEST_WITHDRAW, reason):
        proposal.withdrawn_at = clock.now()


def open_requests(actor: Actor, person_id: int) -> Sequence[RequestRow]:
    """Return a person's unanswered requests that are visible to the actor."""
    return queries.pending_requests(Scope.for_actor(actor), person_id)


def withdraw_requests(
    actor: Actor, person_id: int, proposal_ids: Collection[int], reason: str
) -> None:
    """Withdraw these requests to a person. Requests hidden from the actor are ignored."""
    visible = {each.id for each in open_requests(actor, person_id)}
    for proposal in queries.lock_pending_proposals(person_id=person_id):
        if proposal.id in visible and proposal.id in proposal_ids:
            withdraw_proposal(actor, proposal, reason)


def end_assignments_and_requests(actor: Actor, person_id: int, reason: str) -> None:
    """End all assignments and withdraw all requests of a person who has left."""
    on = clock.today()
    for proposal in queries.lock_pending_proposals(person_id=person_id):
        withdraw_proposal(actor, proposal, LEFT)
    for assignment in queries.lock_current_assignments(on, person_id=person_id):
        end_locked_assignment(actor, assignment, on, LEFT)


def end_general_assignments(actor: Actor, person_id: int) -> None:
    """End a person's assignments as a general champion, but not those for sensitive networks."""
    on = clock.today()
    proposals = queries.lock_pending_proposals(person_id=person_id)
    assignments = queries.lock_current_assignments(on, person_id=person_id)
    need_ids = {each.need_id for each in proposals} | {each.need_id for each in assignments}
    sensitive = queries.sensitive_needs(need_ids)
    for proposal in proposals:
        if proposal.need_id not in sensitive:
            withdraw_proposal(actor, proposal, NOT_GENERAL)
    for assignment in assignments:
        if assignment.need_id not in sensitive:
            end_locked_assignment(actor, assignment, on, NOT_GENERAL)


def merge_assignments(actor: Actor, person_id: int, other_id: int) -> None:
    """End a person's proposals and assignments for needs that the other person also has.

    The two people are records of one person that are being merged.
    """
    on = clock.today()
    served = {each.need_id for each in queries.lock_current_assignments(on, person_id=other_id)}
    for assignment in queries.lock_current_assignments(on, person_id=person_id):
        if assignment.need_id in served:
            end_locked_assignment(actor, assignment, on, MERGED)
    for proposal in queries.lock_proposals_for_same_needs(person_id, other_id):
        withdraw_proposal(actor, proposal, MERGED)
