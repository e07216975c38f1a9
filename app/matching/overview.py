"""What the pages of this room show: a need with its people, a run with its reasons, and what waits
for whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from app.core import clock
from app.core.actor import Actor, Scope
from app.matching import queries, still_eligible, suiting
from app.matching.types import (
    AnswersPage,
    AssignmentRow,
    Counts,
    NeedPage,
    NeedRow,
    ProposalRow,
    ProposalState,
    RequestRow,
    RunNeed,
    RunPage,
)
from app.messages.types import BY_HAND
from app.people import pausing
from app.people.safety import wording
from app.people.safety.contact_details import how_to_reach_all

CLOSED_SHOWN = 100
LATELY = timedelta(days=7)
NO_ANSWER_FOR = timedelta(days=14)


def closed_needs(actor: Actor, on: date) -> list[NeedRow]:
    """The last needs that were closed."""
    return queries.needs_closed(Scope.of(actor), on, CLOSED_SHOWN)


def need(actor: Actor, need_id: int, on: date) -> NeedRow:
    """One need. Raises NotFound."""
    return queries.need(Scope.of(actor), need_id, on)


def need_page(actor: Actor, need_id: int, on: date) -> NeedPage:
    """One need, with everybody who has to do with it. Raises NotFound."""
    scope = Scope.of(actor)
    found = queries.need(scope, need_id, on)
    rows = queries.proposals(scope, on, need_id=need_id)

    def those(state: ProposalState) -> list[ProposalRow]:
        return [row for row in rows if row.state is state]

    asked = still_eligible.marked(those(ProposalState.ASKED), on)
    return NeedPage(
        need=found,
        serving=queries.assignments(scope, on, need_id=need_id),
        proposed=suiting.with_reasons(scope, those(ProposalState.PROPOSED), [found], on),
        asked=asked,
        declined=those(ProposalState.DECLINED),
        why=_why(actor, found, on),
        by_hand=_by_hand(asked, on),
    )


def _by_hand(asked: Sequence[ProposalRow], on: date) -> dict[int, list[str]]:
    """Person id → how to contact them, of those whom no letter reaches by itself."""
    found = how_to_reach_all([row.person_id for row in asked], on)
    return {
        person_id: wording.for_staff(how)
        for person_id, how in found.items()
        if how.channel in BY_HAND
    }


def answers_page(actor: Actor, on: date) -> AnswersPage:
    """Who has not answered yet, and what people said in the last week."""
    scope = Scope.of(actor)
    unanswered = still_eligible.marked(queries.unanswered(scope, on), on)
    answered = queries.answered_since(scope, on, clock.start_of(on) - LATELY)
    ids = {row.need_id for row in (*unanswered, *answered)}
    return AnswersPage(
        unanswered=unanswered,
        answered=answered,
        needs={row.id: row for row in queries.needs_by_id(scope, ids, on)},
        by_hand=_by_hand(unanswered, on),
    )


def _why(actor: Actor, found: NeedRow, on: date) -> str | None:
    """Why the last run left places of this need empty, if it did and they still are."""
    if found.closed_on is not None or found.empty <= found.proposed:
        return None
    last = queries.last_unfilled(found.id)
    if last is None or not _may_learn_why(actor, last[0], on):
        return None
    return last[1]


def _may_learn_why(actor: Actor, run_id: int, on: date) -> bool:
    """A run counts people whom its starter may see. Another may see fewer, and must not learn of
    the others by counting.
    """
    mine = actor.user_id is not None and queries.started_by(run_id) == actor.user_id
    return mine or queries.sees_everybody(Scope.of(actor), on)


def last_run_id() -> int | None:
    """The newest run."""
    return queries.last_run_id()


def run_page(actor: Actor, run_id: int, on: date) -> RunPage:
    """A run with the proposals the actor may see. Raises NotFound."""
    scope = Scope.of(actor)
    run = queries.run_row(run_id)
    proposals: dict[int, list[ProposalRow]] = defaultdict(list)
    found_there = queries.proposals(scope, on, run_id=run_id)
    known = queries.needs_by_id(scope, {row.need_id for row in found_there}, on)
    for row in suiting.with_reasons(scope, found_there, known, on):
        proposals[row.need_id].append(row)
    unfilled = queries.unfilled_of_run(run_id)
    may_learn = _may_learn_why(actor, run_id, on)
    needs = [
        RunNeed(
            need=found,
            proposals=proposals[found.id],
            empty=unfilled.get(found.id, (0, ""))[0],
            why=unfilled[found.id][1] if may_learn and found.id in unfilled else None,
        )
        for found in queries.needs_by_id(scope, proposals.keys() | unfilled.keys(), on)
    ]
    return RunPage(run=run, needs=needs, is_last=queries.last_run_id() == run_id)


def proposal(actor: Actor, proposal_id: int, on: date) -> tuple[ProposalRow, NeedRow]:
    """A proposal and its need, for staff. Raises NotFound."""
    scope = Scope.of(actor)
    (row,) = still_eligible.marked([queries.proposal_row(scope, proposal_id, on)], on)
    return row, queries.need(scope, row.need_id, on)


def assignment(actor: Actor, assignment_id: int, on: date) -> AssignmentRow:
    """An assignment, for staff. Raises NotFound."""
    return queries.assignment_row(Scope.of(actor), assignment_id, on)


def of_person(actor: Actor, person_id: int, on: date) -> Sequence[AssignmentRow]:
    """All assignments of a person, the newest first, as far as the actor may know of them."""
    return queries.assignments(Scope.of(actor), on, person_id=person_id)


def requests_of(actor: Actor) -> Sequence[RequestRow]:
    """What the actor was asked and has not answered; nothing while they are paused by us.

    Needs of a sensitive network are there only while the actor's private word is open.
    """
    if actor.person_id is None or pausing.is_paused_oneself(actor, clock.today()):
        return []
    return queries.requests_waiting(Scope.of_oneself(actor), actor.person_id)


def own_assignments(actor: Actor, on: date) -> Sequence[AssignmentRow]:
    """Where the actor serves and has served, by the same rule as `requests_of`."""
    return queries.assignments(Scope.of_oneself(actor), on, person_id=actor.person_id)


def counts(actor: Actor, on: date) -> Counts:
    """What waits in this room for a coordinator."""
    today = clock.start_of(on)
    return queries.counts(Scope.of(actor), on, today - LATELY, today - NO_ANSWER_FOR)
