"""The contents of the pages about needs, runs, answers, requests and assignments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from app.core import clock
from app.core.actor import Actor, Scope
from app.matching import eligibility, queries, suitability
from app.matching.types import (
    AnswersPage,
    AssignmentRow,
    NeedPage,
    NeedResult,
    NeedRow,
    ProposalCounts,
    ProposalRow,
    ProposalState,
    RequestRow,
    RunPage,
)
from app.messages.types import BY_HAND
from app.people import pausing
from app.people.safety import wording
from app.people.safety.contact_details import contact_instructions_for

MAX_CLOSED_SHOWN = 100
RECENT = timedelta(days=7)
UNANSWERED_AFTER = timedelta(days=14)


def closed_needs(actor: Actor, on: date) -> list[NeedRow]:
    """Return the most recently closed needs visible to the actor, latest first."""
    return queries.closed_need_rows(Scope.for_actor(actor), on, MAX_CLOSED_SHOWN)


def get_need(actor: Actor, need_id: int, on: date) -> NeedRow:
    """Return a need. Raises NotFound if the actor is not allowed to see it."""
    return queries.get_need(Scope.for_actor(actor), need_id, on)


def need_page(actor: Actor, need_id: int, on: date) -> NeedPage:
    """Return a need with its assignments, proposals and requests.

    Raises NotFound if the actor is not allowed to see the need.
    """
    scope = Scope.for_actor(actor)
    found = queries.get_need(scope, need_id, on)
    rows = queries.proposal_rows(scope, on, need_id=need_id)

    def filter_by_state(state: ProposalState) -> list[ProposalRow]:
        return [row for row in rows if row.state is state]

    asked = eligibility.add_obstacles(filter_by_state(ProposalState.ASKED), on)
    serving = queries.assignments(scope, on, need_id=need_id)
    return NeedPage(
        need=found,
        serving=serving,
        proposed=suitability.add_suitability(
            scope, filter_by_state(ProposalState.PROPOSED), [found], on
        ),
        asked=asked,
        declined=filter_by_state(ProposalState.DECLINED),
        why=_explain_vacancies(actor, found, on),
        contact_instructions=_contact_instructions(asked, on),
        obstacles=eligibility.find_obstacles_to_serving([row.id for row in serving], on),
    )


def _contact_instructions(asked: Sequence[ProposalRow], on: date) -> dict[int, list[str]]:
    """Return how to contact the people we cannot email, by person ID."""
    found = contact_instructions_for([row.person_id for row in asked], on)
    return {
        person_id: wording.describe_for_staff(how)
        for person_id, how in found.items()
        if how.channel in BY_HAND
    }


def answers_page(actor: Actor, on: date) -> AnswersPage:
    """Return the unanswered requests, and the answers from the last week."""
    scope = Scope.for_actor(actor)
    unanswered = eligibility.add_obstacles(queries.unanswered_requests(scope, on), on)
    answered = queries.answered_requests(scope, on, clock.start_of_day(on) - RECENT)
    ids = {row.need_id for row in (*unanswered, *answered)}
    return AnswersPage(
        unanswered=unanswered,
        answered=answered,
        needs={row.id: row for row in queries.needs_by_id(scope, ids, on)},
        contact_instructions=_contact_instructions(unanswered, on),
    )


def _explain_vacancies(actor: Actor, found: NeedRow, on: date) -> str | None:
    """Return the reason why the last run did not fill the vacancies of a need.

    Returns None if there are no vacancies, or if the actor is not allowed to read the reason.
    """
    if found.closed_on is not None or found.vacancies <= found.proposed:
        return None
    last = queries.last_vacancy_reason(found.id)
    if last is None or not _can_see_reasons(actor, last[0], on):
        return None
    return last[1]


def _can_see_reasons(actor: Actor, run_id: int, on: date) -> bool:
    """Return whether the actor is allowed to read the reasons of a run.

    The reasons include numbers of people. An actor who can see fewer people than the user who
    started the run must not learn about the others.
    """
    is_own_run = actor.user_id is not None and queries.get_run_starter(run_id) == actor.user_id
    return is_own_run or queries.can_see_all_general_champions(Scope.for_actor(actor), on)


def last_run_id() -> int | None:
    """Return the ID of the latest run, or None."""
    return queries.last_run_id()


def run_page(actor: Actor, run_id: int, on: date) -> RunPage:
    """Return a run with the proposals visible to the actor.

    Raises NotFound if there is no such run.
    """
    scope = Scope.for_actor(actor)
    run = queries.run_row(run_id)
    proposals: dict[int, list[ProposalRow]] = defaultdict(list)
    rows = queries.proposal_rows(scope, on, run_id=run_id)
    visible_needs = queries.needs_by_id(scope, {row.need_id for row in rows}, on)
    for row in suitability.add_suitability(scope, rows, visible_needs, on):
        proposals[row.need_id].append(row)
    unfilled = queries.vacancies_by_need(run_id)
    can_see_reasons = _can_see_reasons(actor, run_id, on)
    needs = [
        NeedResult(
            need=found,
            proposals=proposals[found.id],
            vacancies=unfilled.get(found.id, (0, ""))[0],
            why=unfilled[found.id][1] if can_see_reasons and found.id in unfilled else None,
        )
        for found in queries.needs_by_id(scope, proposals.keys() | unfilled.keys(), on)
    ]
    return RunPage(run=run, needs=needs, is_last=queries.last_run_id() == run_id)


def get_proposal(actor: Actor, proposal_id: int, on: date) -> tuple[ProposalRow, NeedRow]:
    """Return a proposal and its need, for staff.

    Raises NotFound if the actor is not allowed to see the proposal.
    """
    scope = Scope.for_actor(actor)
    (row,) = eligibility.add_obstacles([queries.proposal_row(scope, proposal_id, on)], on)
    return row, queries.get_need(scope, row.need_id, on)


def get_assignment(actor: Actor, assignment_id: int, on: date) -> AssignmentRow:
    """Return an assignment, for staff. Raises NotFound if the actor is not allowed to see it."""
    return queries.assignment_row(Scope.for_actor(actor), assignment_id, on)


def assignments_of_person(actor: Actor, person_id: int, on: date) -> Sequence[AssignmentRow]:
    """Return a person's assignments visible to the actor, newest first."""
    return queries.assignments(Scope.for_actor(actor), on, person_id=person_id)


def own_requests(actor: Actor) -> Sequence[RequestRow]:
    """Return the actor's own unanswered requests. Suspended people see none.

    Requests for a sensitive network are included only if the actor has recently entered their
    memorable word.
    """
    if actor.person_id is None or pausing.is_actor_paused(actor, clock.today()):
        return []
    return queries.pending_requests(Scope.for_own_record(actor), actor.person_id)


def own_assignments(actor: Actor, on: date) -> Sequence[AssignmentRow]:
    """Return the actor's own past and current assignments.

    Assignments for a sensitive network are included only if the actor has recently entered their
    memorable word.
    """
    return queries.assignments(Scope.for_own_record(actor), on, person_id=actor.person_id)


def proposal_counts(actor: Actor, on: date) -> ProposalCounts:
    """Return proposal counts for a coordinator's home page."""
    today = clock.start_of_day(on)
    return queries.proposal_counts(
        Scope.for_actor(actor), on, today - RECENT, today - UNANSWERED_AFTER
    )
