"""Matching runs, their results and permissions."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.models import Area
from app.core import clock, jobs
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import Conflict
from app.matching import overview, queries, service
from app.matching.models import MatchingRun, Need, Proposal, UnfilledNeed
from app.matching.optimum import solver
from app.matching.types import ProposalState
from app.people.types import Basis
from app.signin.sessions import actor_for_user
from tests.addresses import number_of
from tests.factories import accounts, matching, organisations, people
from tests.integration.matching.conftest import Run, proposed

TODAY = clock.today()


def without_run_and_time(result: dict[str, Any]) -> dict[str, Any]:
    """Return a run's JSON without the values that differ between runs."""
    return {key: value for key, value in result.items() if key not in ("run", "seconds")}


def code_of(need: Need) -> str:
    """Return the code of a need's area."""
    area = db.session.get(Area, need.area_id)
    assert area is not None
    return area.code


def create_small_world() -> None:
    """Create competing needs, and people with and without assignments or matching needs."""
    areas = [matching.ward(east=4_000 * number) for number in range(4)]
    network = organisations.network()
    people_there = [
        matching.candidate(areas[number % 4], networks=[network] if number % 3 == 0 else [])
        for number in range(9)
    ]
    matching.candidate(areas[0], kind=None)
    needs = [
        matching.need(areas[0], places=3, priority=40),
        matching.need(areas[1], places=2, priority=70, network=network),
        matching.need(areas[2], places=4, priority=20),
        matching.need(matching.ward(east=12_000, north=9_000), places=2, priority=90),
    ]
    matching.assignment(needs[0], people_there[1])


def test_the_json_has_the_documented_shape(run: Run, session: Session) -> None:
    create_small_world()
    result = run()
    assert list(result) == [
        "run",
        "needs",
        "places",
        "filled",
        "objective",
        "optimal",
        "seconds",
        "proposals",
        "unfilled",
    ]
    assert result["optimal"] is True
    assert isinstance(result["run"], str)
    assert result["filled"] == len(result["proposals"])
    assert result["places"] == result["filled"] + sum(e["places"] for e in result["unfilled"])
    assert json.loads(json.dumps(result)) == result
    for each in result["proposals"]:
        assert set(each) == {"person", "area", "network", "terms", "score"}
        assert isinstance(each["person"], str)
        assert all(isinstance(value, int) for value in each["terms"].values())
        assert sum(each["terms"].values()) == each["score"]
    assert sum(each["score"] for each in result["proposals"]) == result["objective"]
    for each in result["unfilled"]:
        assert set(each) == {"area", "network", "places", "why"}
    stored = session.get_one(MatchingRun, number_of("matching_runs", result["run"]))
    assert (stored.filled, stored.objective, stored.on) == (
        result["filled"],
        result["objective"],
        TODAY,
    )


def test_a_run_is_deterministic(run: Run) -> None:
    create_small_world()
    first = run()
    assert without_run_and_time(run()) == without_run_and_time(first)


def test_a_run_replaces_proposals_that_were_not_sent(run: Run, session: Session) -> None:
    matching.candidate(matching.ward())
    need = matching.need()
    run()
    (first,) = session.scalars(select(Proposal))
    result = run()
    session.refresh(first)
    assert first.withdrawn_at is not None
    waiting = session.scalars(select(Proposal).where(queries.WAITING)).all()
    assert [(each.need_id, each.run_id) for each in waiting] == [
        (need.id, number_of("matching_runs", result["run"]))
    ]


def test_a_run_keeps_requests_and_assignments(run: Run) -> None:
    home = matching.ward()
    need = matching.need(places=3)
    person_asked, serves, free = (matching.candidate(home) for _each in range(3))
    matching.proposal(need, person_asked, sent=True)
    matching.assignment(need, serves)
    result = run()
    assert (result["places"], result["filled"]) == (1, 1)
    assert proposed(result) == [free.id]
    (proposal,) = result["proposals"]
    assert proposal["terms"]["place"] == 50_000 // 3  # the third place of three
    assert overview.need_page(SYSTEM, need.id, TODAY).asked[0].person_id == person_asked.id


def test_a_full_need_is_left_out_of_a_run(run: Run, session: Session) -> None:
    home = matching.ward()
    need = matching.need(places=1)
    matching.assignment(need, matching.candidate(home))
    matching.candidate(home)
    result = run()
    assert (result["needs"], result["places"], result["unfilled"]) == (0, 0, [])
    assert session.scalars(select(UnfilledNeed)).all() == []


def test_an_overfilled_need_has_no_places_to_fill(run: Run) -> None:
    home = matching.ward()
    need = matching.need(places=2)
    for _each in range(2):
        matching.assignment(need, matching.candidate(home))
    need.places = 1
    assert run()["places"] == 0


@pytest.mark.parametrize("state", ["not yet open", "closed"])
def test_needs_that_are_not_open_are_left_out(state: str, run: Run) -> None:
    matching.candidate(matching.ward())
    if state == "closed":
        matching.need(closed_on=TODAY)
    else:
        matching.need(opened_on=TODAY + timedelta(days=1))
    assert run()["needs"] == 0
    if state == "not yet open":
        assert run(on=TODAY + timedelta(days=1))["filled"] == 1


def test_a_person_who_declined_is_not_proposed_for_the_need_again(run: Run) -> None:
    person = matching.candidate(matching.ward())
    need, other = matching.need(), matching.need()
    matching.proposal(need, person, sent=True, declined_at=clock.now())
    result = run()
    assert [each["area"] for each in result["proposals"]] == [code_of(other)]


def test_a_person_whose_request_was_withdrawn_can_be_proposed_again(run: Run) -> None:
    person = matching.candidate(matching.ward())
    matching.proposal(matching.need(), person, sent=True, withdrawn_at=clock.now())
    assert proposed(run()) == [person.id]


def test_a_person_who_stopped_serving_is_not_proposed_there_again(run: Run) -> None:
    """They accepted a request and later stopped, so they must not be asked again."""
    person = matching.candidate(matching.ward())
    need = matching.need()
    proposal = matching.proposal(need, person, sent=True, accepted_at=clock.now())
    ended = matching.assignment(need, person, until_on=TODAY - timedelta(days=1))
    ended.proposal_id = proposal.id
    assert proposed(run()) == []


def test_the_first_champion_in_an_area_takes_precedence(run: Run) -> None:
    served_area, empty_area = matching.ward(), matching.ward(north=10_000)
    person = matching.candidate(served_area)
    matching.need(served_area, priority=100, places=3)
    matching.need(empty_area, priority=1)
    result = run()
    by_area = {each["area"]: each for each in result["proposals"]}
    assert by_area[empty_area.code]["terms"]["first_in_area"] > 100_000
    assert by_area[served_area.code]["terms"]["first_in_area"] == 0
    assert set(proposed(result)) == {person.id}


@pytest.mark.parametrize("basis", ["could_help", "untrained"])
def test_offers_and_untrained_people_do_not_count_as_serving_an_area(basis: str, run: Run) -> None:
    area = matching.ward()
    matching.candidate(matching.ward(north=5_000))
    if basis == "could_help":
        people.presence(matching.candidate(matching.ward()), Basis.COULD_HELP, ward_id=area.id)
    else:
        matching.candidate(area, kind=None)
    matching.need(area)
    (proposal,) = run()["proposals"]
    assert proposal["terms"]["first_in_area"] > 0


def test_a_run_is_recorded_in_the_audit(run: Run, session: Session) -> None:
    result = run()
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.verb == "matching.run"))
    assert (entry.subject_id, entry.actor_kind) == (
        number_of("matching_runs", result["run"]),
        "system",
    )


# What the user who starts a run may see


def test_a_run_uses_only_people_that_its_user_may_see(run: Run) -> None:
    user = accounts.coordinator(sensitive=False)
    secret = organisations.network(sensitive=True)
    home = matching.ward()
    hidden = matching.candidate(home, networks=[secret])
    shy, visible = matching.candidate(home), matching.candidate(home, networks=[secret])
    people.membership(visible, organisations.network(), from_on=date(2020, 1, 1))
    people.make_general(visible)
    people.block(shy, user=user)
    matching.need(places=4)
    actor = actor_for_user(user.id)
    assert actor is not None
    result = run(actor)
    assert proposed(result) == [visible.id]
    assert result["unfilled"][0]["why"] == (
        "The only person who can be asked has already been suggested for this need."
    )
    # A run by a permission holder does not propose a hidden person for a visible need either.
    assert hidden.id not in proposed(run())
    assert set(proposed(run())) == {shy.id, visible.id}


def test_a_run_ignores_needs_hidden_from_the_user_who_starts_it(run: Run, session: Session) -> None:
    secret = organisations.network(sensitive=True)
    person = matching.candidate(matching.ward(), networks=[secret])
    need = matching.need(network=secret)
    run()
    actor = actor_for_user(accounts.coordinator(sensitive=False).id)
    assert actor is not None
    result = run(actor)
    assert (result["needs"], result["proposals"], result["unfilled"]) == (0, [], [])
    (kept,) = session.scalars(select(Proposal).where(queries.WAITING))
    assert (kept.need_id, kept.person_id) == (need.id, person.id)
    assert service.open_needs(actor, TODAY) == []


# The job and the command


def test_the_job_runs_as_its_owner_and_links_to_the_result(run: Run, session: Session) -> None:
    user = accounts.coordinator()
    actor = actor_for_user(user.id)
    assert actor is not None
    people.block(matching.candidate(matching.ward()), user=user)
    matching.need()
    job = session.get_one(jobs.Job, service.start_run(actor, TODAY))
    steps: list[tuple[int, int, str]] = []
    result = jobs.workers["matching"](job, lambda *step: steps.append(step))
    run_id = result["page"]["values"]["run_id"]
    assert result["page"]["endpoint"] == "matching.run"
    assert session.get_one(MatchingRun, run_id).job_id == job.id
    assert overview.run_page(actor, run_id, TODAY).proposed == 0
    assert steps[0][0] == 0
    assert steps[-1][:2] == (4, 4)


def test_starting_a_run_twice_creates_one_job(run: Run, session: Session) -> None:
    actor, other = (actor_for_user(accounts.coordinator().id) for _each in range(2))
    assert actor is not None
    assert other is not None
    first = service.start_run(actor, TODAY)
    assert service.start_run(actor, TODAY) == first
    assert service.start_run(other, TODAY) != first
    jobs.finish_job(first, {})
    assert service.start_run(actor, TODAY) != first


def test_a_job_fails_if_its_owner_lost_the_permission(run: Run, session: Session) -> None:
    user = accounts.coordinator()
    actor = actor_for_user(user.id)
    assert actor is not None
    job = session.get_one(jobs.Job, service.start_run(actor, TODAY))
    user.deactivated_at = clock.now()
    session.flush()
    with pytest.raises(Conflict):
        jobs.workers["matching"](job, lambda *step: None)


def test_the_command_prints_the_json(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = matching.candidate(matching.ward())
    matching.need(places=2)
    session.commit()
    command = ["matching", "run", "--on", TODAY.isoformat(), "--json"]
    done = app.test_cli_runner().invoke(args=command)
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert proposed(result) == [person.id]
    spoken = app.test_cli_runner().invoke(args=["matching", "run"])
    assert "1 of 2 places" in spoken.stdout
    assert app.test_cli_runner().invoke(args=["matching", "run", "--on", "soon"]).exit_code


def test_the_command_can_prove_the_result(app: Flask, session: Session) -> None:
    create_small_world()
    session.commit()
    plain = app.test_cli_runner().invoke(args=["matching", "run", "--json"])
    assert "proved" not in json.loads(plain.stdout)
    done = app.test_cli_runner().invoke(args=["matching", "run", "--prove", "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result.pop("proved") is True
    assert without_run_and_time(result) == without_run_and_time(json.loads(plain.stdout))
    spoken = app.test_cli_runner().invoke(args=["matching", "run", "--prove"])
    assert spoken.exit_code == 0
    assert "The result was proved to be optimal." in spoken.stdout


def test_the_command_saves_nothing_if_the_proof_fails(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The solver is replaced by one that leaves every place empty, which is not optimal."""
    create_small_world()
    session.commit()
    monkeypatch.setattr(
        solver, "best_circulation", lambda network, tie_breakers: np.zeros_like(network.cost)
    )
    refused = app.test_cli_runner().invoke(args=["matching", "run", "--prove"])
    assert refused.exit_code == 1
    assert "The result was not proved to be optimal, so nothing was saved." in refused.stderr
    assert refused.stdout == ""
    assert not session.scalars(select(MatchingRun)).all()
    trusting = app.test_cli_runner().invoke(args=["matching", "run", "--json"])
    assert json.loads(trusting.stdout)["filled"] == 0


def test_the_state_of_a_proposal_is_derived_from_its_timestamps(run: Run) -> None:
    person, need, now = matching.candidate(matching.ward()), matching.need(), clock.now()
    proposal = matching.proposal(need, person)
    states = [queries.get_proposal_state(proposal)]
    for column in ("asked_at", "withdrawn_at", "declined_at", "accepted_at"):
        setattr(proposal, column, now)
        states.append(queries.get_proposal_state(proposal))
    assert states == [
        ProposalState.PROPOSED,
        ProposalState.ASKED,
        ProposalState.WITHDRAWN,
        ProposalState.DECLINED,
        ProposalState.ACCEPTED,
    ]
