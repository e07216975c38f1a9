"""Check current assignments, and end those of people who no longer meet the rules.

A nightly check finds people who no longer meet the rules (app.matching.rules). Their assignment
ends after ``free_place_after_days`` (in the programme file), unless they meet all rules again or a
coordinator extends it. The person gets one message about the end of the assignment.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import audit, folding, programme
from app.core.actor import SYSTEM, Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.in_force import is_in_force
from app.matching import eligibility, queries, serving, wording
from app.matching.types import AssignmentRow, Obstacle
from app.messages import service as messages
from app.messages.letters import add_letter
from app.messages.types import Letter, NewMessage
from app.people import contact
from app.people.queries import locking
from app.people.safety import wording as contact_wording
from app.people.safety.contact_details import contact_instructions_for
from app.standing.types import CurrentAssignmentsPage, FailingAssignment

if TYPE_CHECKING:
    from app.matching.models import Assignment

FREE_AFTER_DAYS = 28  # the default of free_place_after_days
MAX_EXTENSION = timedelta(days=366)


def install() -> None:
    """Register this package's letters with app.messages.letters."""
    freed = _l("Tell them that they no longer have a place")
    add_letter(Letter(queries.PLACE_FREED, freed, at_any_hour=False))
    add_letter(Letter(queries.PLACE_CALL, _l("Ask whether they can still help"), at_any_hour=False))


def grace_period() -> timedelta:
    """Return how long an assignment continues after the person stops meeting the rules."""
    return timedelta(days=int(programme.setting("free_place_after_days", FREE_AFTER_DAYS)))


def list_assignments(actor: Actor, on: date, cursor: str | None) -> CurrentAssignmentsPage:
    """Return the current assignments visible to the actor.

    ``to_decide`` and ``kept`` contain the assignments of people who no longer meet the rules,
    ordered by the day on which they end. ``everyone`` is a page of all current assignments.
    """
    scope = Scope.for_actor(actor)
    doubtful = folding.sort_by_name(
        _find_failing_assignments(queries.current_assignments(scope, on), on),
        lambda row: (row.assignment.name, row.assignment.id),
    )
    doubtful.sort(key=lambda row: row.ends_on)
    return CurrentAssignmentsPage(
        to_decide=[row for row in doubtful if not row.is_extended(on)],
        kept=[row for row in doubtful if row.is_extended(on)],
        everyone=queries.assignments_page(scope, on, cursor),
        obstacles={row.assignment.id: row.obstacle for row in doubtful},
    )


def count_pending_decisions(actor: Actor, on: date) -> int:
    """Return the number of assignments that a coordinator has to decide about."""
    only_failing = queries.current_assignments(Scope.for_actor(actor), on, only_failing=True)
    return sum(not row.is_extended(on) for row in _find_failing_assignments(only_failing, on))


def find_assignment(actor: Actor, assignment_id: int, on: date) -> FailingAssignment | None:
    """Return an assignment if the person no longer meets the rules, otherwise None.

    Raises NotFound if the actor is not allowed to see the assignment.
    """
    row = queries.assignment_row(Scope.for_actor(actor), assignment_id, on)
    return next(iter(_find_failing_assignments([row] if row.is_current(on) else [], on)), None)


def contact_instructions(row: FailingAssignment, on: date) -> list[str]:
    """Return sentences that tell staff how to contact the person."""
    person_id = row.assignment.person_id
    found = contact_instructions_for({person_id}, on)
    return contact_wording.describe_for_staff(found.get(person_id), None)


def _find_failing_assignments(rows: list[AssignmentRow], on: date) -> list[FailingAssignment]:
    """Return the assignments of people who no longer meet the rules."""
    obstacles = eligibility.find_obstacles_to_serving([row.id for row in rows], on)
    found = []
    for row in rows:
        if row.id in obstacles:
            obstacle = obstacles[row.id]
            failing_since = row.obstacle_on or on
            kept_until = row.kept_until if row.obstacle_on else None
            found.append(
                FailingAssignment(
                    row,
                    obstacle,
                    failing_since,
                    kept_until,
                    _calculate_end_day(failing_since, kept_until),
                )
            )
    return found


def _calculate_end_day(failing_since: date, kept_until: date | None) -> date:
    """Return the day on which the assignment will end."""
    due = failing_since + grace_period()
    return due if kept_until is None else max(due, kept_until + timedelta(days=1))


def extend_assignment(actor: Actor, assignment_id: int, until: date | None, on: date) -> None:
    """Extend an assignment, although the person no longer meets the rules.

    Raises NotFound if the actor is not allowed to see the assignment, Conflict if there is nothing
    to decide, and InvalidInput if the day is missing, in the past or more than a year away.
    """
    assignment, obstacle = _lock_for_decision(actor, assignment_id, on)
    if until is None:
        raise InvalidInput(_("Enter the last day"), "until")
    if not on <= until <= on + MAX_EXTENSION:
        raise InvalidInput(_("The day must be in the next 12 months"), "until")
    _save_obstacle(assignment, obstacle, on)
    with audit.acting(actor, AuditVerb.ASSIGNMENT_KEEP):
        assignment.kept_until = until


def end_failing_assignment(actor: Actor, assignment_id: int, on: date) -> None:
    """End an assignment now and tell the person.

    Raises NotFound if the actor is not allowed to see the assignment, and Conflict if there is
    nothing to decide.
    """
    assignment, obstacle = _lock_for_decision(actor, assignment_id, on)
    _end_and_notify(actor, assignment, obstacle, on)


def add_call(actor: Actor, assignment_id: int, on: date) -> bool:
    """Add a call to the person to the call list. Return False if the person wants no contact.

    Only one call is added each time the person stops meeting the rules. Raises NotFound if the
    actor is not allowed to see the assignment, and Conflict if there is nothing to decide.
    """
    assignment, obstacle = _lock_for_decision(actor, assignment_id, on)
    _save_obstacle(assignment, obstacle, on)
    entry = contact.call_list_entries([assignment.person_id], on).get(assignment.person_id)
    if entry is None or assignment.obstacle_on is None:
        return False
    key = f"{queries.PLACE_CALL}:{assignment.id}:{assignment.obstacle_on.isoformat()}"
    context = _context(assignment, obstacle)
    if messages.post(NewMessage(queries.PLACE_CALL, entry, key, context)) is not None:
        audit.record(actor, AuditVerb.ASSIGNMENT_CALL, "assignments", assignment.id)
    return True


def _lock_for_decision(actor: Actor, assignment_id: int, on: date) -> tuple[Assignment, Obstacle]:
    if not actor.may("needs:change"):
        raise NotFound()
    row = queries.assignment_row(Scope.for_actor(actor), assignment_id, on)
    locking.lock_person(row.person_id)  # always lock the person first
    assignment = queries.lock_visible_assignment(Scope.for_actor(actor), assignment_id, on)
    obstacle = eligibility.find_obstacles_to_serving([assignment_id], on).get(assignment_id)
    if not is_in_force(assignment, on):
        raise Conflict(_("This person no longer helps here."))
    if obstacle is None:
        raise Conflict(_("You do not need to decide anything. This person can help here again."))
    return assignment, obstacle


def _save_obstacle(assignment: Assignment, obstacle: Obstacle | None, on: date) -> None:
    """Save the rule that the person no longer meets, and the day on which they stopped meeting it.

    If the person fails a different rule later, the day and any extension stay the same. They are
    cleared when the person meets all rules again.
    """
    if assignment.obstacle is obstacle:
        return
    assignment.obstacle = obstacle
    if obstacle is None:
        assignment.obstacle_on = assignment.kept_until = None
    elif assignment.obstacle_on is None:
        assignment.obstacle_on = on


def _end_and_notify(actor: Actor, assignment: Assignment, obstacle: Obstacle, on: date) -> None:
    serving.end_locked_assignment(actor, assignment, on, serving.REASONS[obstacle])
    if obstacle is not Obstacle.LEFT:
        _notify_person(assignment, obstacle, on)


def _notify_person(assignment: Assignment, obstacle: Obstacle, on: date) -> None:
    """Tell the person that their assignment has ended.

    For a sensitive network this is done by phone, because any message could reveal the network to
    somebody else who reads it.
    """
    person_id = assignment.person_id
    is_sensitive = bool(queries.sensitive_needs({assignment.need_id}))
    find = contact.call_list_entries if is_sensitive else contact.find_recipients
    recipient = find([person_id], on).get(person_id)
    if recipient is not None:
        key = f"{queries.PLACE_FREED}:{assignment.id}"
        context = _context(assignment, obstacle)
        messages.post(NewMessage(queries.PLACE_FREED, recipient, key, context))


def _context(assignment: Assignment, obstacle: Obstacle) -> dict[str, Any]:
    return {
        "assignment_id": assignment.id,
        "area": queries.get_area_name(assignment.need_id),
        "because": wording.reason_for_person(obstacle),
    }


def review_assignments_and_requests(on: date) -> int:
    """Check all current assignments and unsent requests against the rules.

    Ends the assignments that are due to end, and withdraws the requests to people who no longer
    qualify. Returns the number of changes.
    """
    return _review_assignments(on) + _review_requests(on)


def _review_assignments(on: date) -> int:
    rows = queries.current_assignments(Scope.for_actor(SYSTEM), on)
    obstacles = eligibility.find_obstacles_to_serving([row.id for row in rows], on)
    changed = 0
    for row in sorted(rows, key=lambda row: (row.person_id, row.id)):
        obstacle = obstacles.get(row.id)
        if obstacle is None and row.obstacle is None:
            continue
        # During an extension, keep the reason that the coordinator decided about.
        is_extended = row.kept_until is not None and row.kept_until >= on
        if (obstacle is row.obstacle or (obstacle and is_extended)) and not _is_due(row, on):
            continue
        locking.lock_person(row.person_id)  # always lock the person first
        assignment = queries.lock_visible_assignment(Scope.for_actor(SYSTEM), row.id, on)
        if not is_in_force(assignment, on):
            continue
        changed += 1
        with audit.acting(SYSTEM, AuditVerb.ASSIGNMENT_NOTE):
            _save_obstacle(assignment, obstacle, on)
        if obstacle is not None and _is_due(assignment, on):
            _end_and_notify(SYSTEM, assignment, obstacle, on)
    return changed


def _is_due(row: AssignmentRow | Assignment, on: date) -> bool:
    return row.obstacle_on is not None and _calculate_end_day(row.obstacle_on, row.kept_until) <= on


def _review_requests(on: date) -> int:
    proposal_ids = queries.list_unsent_request_ids()
    obstacles = eligibility.find_obstacles_to_accepting(proposal_ids, on)
    for proposal_id in sorted(obstacles):
        proposal = queries.try_lock_proposal(proposal_id)
        if proposal is not None:
            serving.withdraw_proposal(SYSTEM, proposal, serving.REASONS[obstacles[proposal_id]])
    return len(obstacles)
