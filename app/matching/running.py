"""Run matching: read the data, solve the problem and save the result.

Only the worker and the command line import this module.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app.core import audit, clock, jobs, locks, public_ids
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict
from app.core.jobs import Job, Report
from app.core.locks import Lock
from app.matching import candidates, queries, writing
from app.matching.candidates import SolverInput
from app.matching.models import MatchingRun
from app.matching.optimum.answer import Solution
from app.matching.optimum.flow import NotOptimal
from app.matching.optimum.problem import Prices, Problem
from app.matching.optimum.solver import solve_problem
from app.matching.queries import RUN
from app.matching.unfilled import explain_unfilled
from app.signin.sessions import actor_for_user

STEPS = 4


def _ignore_progress(done: int, total: int, stage: str) -> None:
    pass


def run_matching(
    actor: Actor,
    on: date,
    report: Report = _ignore_progress,
    job_id: int | None = None,
    *,
    prove: bool = False,
) -> dict[str, Any]:
    """Propose the best people for the vacancies on a given day, and return the result as JSON data.

    Earlier proposals that have not been sent as requests are withdrawn if the actor is allowed to
    see their needs. The same data always gives the same result. With `prove`, raises Conflict if
    the result cannot be proved to be optimal.
    """
    began = time.perf_counter()
    locks.acquire(Lock.MATCHING)
    report(0, STEPS, _("Reading needs and people"))
    writing.withdraw_unsent_proposals(Scope.for_actor(actor), clock.now())
    prices = Prices()
    solve = _solve_and_prove if prove else solve_problem
    solver_input, solution = _solve(actor, on, prices, report, solve)
    report(2, STEPS, _("Saving the result"))
    places = sum(need.places - need.held for need in solver_input.needs)
    matching_run = MatchingRun(
        on=on,
        job_id=job_id,
        made_at=clock.now(),
        needs=len(solver_input.needs),
        places=places,
        filled=len(solution.placements),
        objective=solution.objective,
        optimal=solution.optimal,
        seconds=round(time.perf_counter() - began, 3),
    )
    db.session.add(matching_run)
    db.session.flush()
    writing.add_proposals(matching_run.id, solution.placements)
    unfilled = _save_vacancy_reasons(matching_run.id, solution, solver_input.excluded)
    audit.record(
        actor,
        AuditVerb.MATCHING_RUN,
        "matching_runs",
        matching_run.id,
        on=on,
        places=places,
        filled=len(solution.placements),
    )
    report(STEPS, STEPS, "Done")
    return _to_json(matching_run, solution, unfilled)


def _solve_and_prove(problem: Problem) -> Solution:
    try:
        return solve_problem(problem, prove=True)
    except NotOptimal as error:
        raise Conflict(
            _("The result was not proved to be optimal, so nothing was saved. %(why)s", why=error)
        ) from error


def _solve(
    actor: Actor, on: date, prices: Prices, report: Report, solve: Callable[[Problem], Solution]
) -> tuple[SolverInput, Solution]:
    """Solve the needs of general champions first, and then those of sensitive networks.

    The first step ignores sensitive networks, so that its result reveals nothing about them. The
    second step takes the proposals from the first into account.
    """
    general = candidates.build_general_input(actor, on, prices)
    report(1, STEPS, _("Looking for the best matches"))
    first = solve(Problem(general.needs, general.candidates, prices))
    proposed = Counter(placement.person for placement in first.placements)
    sensitive = candidates.build_sensitive_input(actor, on, prices, proposed)
    if not sensitive.needs:
        return general, first
    second = solve(Problem(sensitive.needs, sensitive.candidates, prices))
    combined = SolverInput(
        needs=[*general.needs, *sensitive.needs],
        candidates=[*general.candidates, *sensitive.candidates],
        excluded=general.excluded | sensitive.excluded,
    )
    return combined, Solution(
        objective=first.objective + second.objective,
        optimal=first.optimal and second.optimal,
        placements=sorted(
            [*first.placements, *second.placements], key=lambda each: (each.need, each.place)
        ),
        unfilled=sorted([*first.unfilled, *second.unfilled], key=lambda each: each.need),
    )


def _save_vacancy_reasons(
    run_id: int, solution: Solution, excluded: dict[int, dict[str, int]]
) -> list[tuple[int, int, str]]:
    """Save the reasons why vacancies could not be filled.

    Returns (need ID, number of vacancies, reason) in the order of the needs.
    """
    rows = [
        (entry.need, entry.places, explain_unfilled(entry, excluded[entry.need]).sentence)
        for entry in solution.unfilled
        if entry.places
    ]
    writing.add_unfilled(run_id, rows)
    return rows


def _to_json(
    matching_run: MatchingRun, solution: Solution, unfilled: list[tuple[int, int, str]]
) -> dict[str, Any]:
    locations = queries.area_and_network_by_need()
    return {
        "run": public_ids.encode("matching_runs", matching_run.id),
        "needs": matching_run.needs,
        "places": matching_run.places,
        "filled": matching_run.filled,
        "objective": matching_run.objective,
        "optimal": matching_run.optimal,
        "seconds": matching_run.seconds,
        "proposals": [
            {
                "person": public_ids.encode("people", placement.person),
                "area": locations[placement.need][0],
                "network": locations[placement.need][1],
                "terms": placement.terms,
                "score": placement.score,
            }
            for placement in solution.placements
        ],
        "unfilled": [
            {
                "area": locations[need_id][0],
                "network": locations[need_id][1],
                "places": places,
                "why": why,
            }
            for need_id, places, why in unfilled
        ],
    }


@jobs.worker(RUN)
def _run_job(job: Job, report: Report) -> dict[str, Any]:
    """Run matching for the coordinator who started the job. Return the page and the counts."""
    owner = actor_for_user(job.owner_user_id) if job.owner_user_id else None
    if owner is None or not owner.may("matching:run"):
        raise Conflict(_("You can no longer run matching."))
    result = run_matching(owner, date.fromisoformat(job.parameters["on"]), report, job.id)
    page = {
        "endpoint": "matching.run",
        "values": {"run_id": public_ids.decode("matching_runs", result["run"])},
    }
    return {"page": page, "filled": result["filled"], "places": result["places"]}
