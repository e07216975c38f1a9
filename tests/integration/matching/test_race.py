"""Answers, runs and requests in parallel transactions."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from importlib import import_module

import pytest
from flask import Flask
from sqlalchemy import ColumnElement, func, select

from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.core.db import db, transaction
from app.core.registry import Gap
from app.matching import needs, queries, service
from app.matching.models import Assignment, MatchingRun, Need, Proposal
from app.matching.types import NewNeed
from app.messages.models import Message
from app.people.models import Presence
from app.people.types import Basis
from tests.factories import matching

TODAY = clock.today()


def at_once(site: Flask, actions: list[Callable[[], object]]) -> Counter[str]:
    """Run the actions in parallel transactions. Return how often each outcome occurred."""
    outcomes: Counter[str] = Counter()
    gate, lock = threading.Barrier(len(actions)), threading.Lock()

    def run_action(action: Callable[[], object]) -> None:
        gate.wait()
        with site.app_context():
            try:
                with transaction():
                    outcome = str(action())
            except Exception as error:  # counted as an outcome
                outcome = repr(error)
        with lock:
            outcomes[outcome] += 1

    threads = [threading.Thread(target=run_action, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def count(
    model: type[Assignment | Message | Presence | Proposal], *conditions: ColumnElement[bool]
) -> int:
    query = select(func.count()).select_from(model)
    return db.session.scalar(query.where(*conditions)) or 0


def test_parallel_answers_never_overfill_a_need(site: Flask) -> None:
    with site.app_context(), transaction():
        need = matching.need(places=3)
        requests = []
        for _each in range(12):
            person = matching.candidate(matching.ward())
            proposal = matching.proposal(need, person, sent=True)
            requests.append((Actor(kind="user", person_id=person.id), proposal.id))

    def yes(actor: Actor, proposal_id: int) -> Callable[[], object]:
        return lambda: service.accept_request(actor, proposal_id, TODAY)

    outcomes = at_once(site, [yes(*each) for each in requests])
    assert outcomes == {"accepted": 3, "withdrawn": 9}
    with site.app_context():
        assert count(Assignment) == 3
        assert count(Presence, Presence.basis == Basis.SERVES) == 3


def test_only_one_of_two_parallel_answers_is_saved(site: Flask) -> None:
    with site.app_context(), transaction():
        person = matching.candidate(matching.ward())
        proposal_id = matching.proposal(matching.need(), person, sent=True).id
        actor = Actor(kind="user", person_id=person.id)
    yes = [lambda: service.accept_request(actor, proposal_id, TODAY)] * 4
    no = [lambda: service.decline_request(actor, proposal_id, "")] * 4
    outcomes = at_once(site, [*yes, *no])
    assert set(outcomes) in ({"accepted"}, {"declined"})
    with site.app_context():
        assert count(Assignment) == ("accepted" in outcomes)


def test_requests_sent_during_a_run_are_kept(site: Flask) -> None:
    """Each proposal is either sent once and kept, or replaced and never sent."""
    running = import_module("app.matching.running")
    with site.app_context(), transaction():
        for _each in range(6):
            home = matching.ward(east=90_000)
            matching.candidate(home)
            matching.need(home)
        running.run_matching(SYSTEM, TODAY)
        ids = list(db.session.scalars(select(Proposal.id)))
    asking = [lambda: service.send_requests(SYSTEM, ids, TODAY).people > -1] * 4
    runs = [lambda: running.run_matching(SYSTEM, TODAY)["optimal"]] * 4
    assert at_once(site, [*asking, *runs]) == {"True": 8}
    with site.app_context():
        assert db.session.query(MatchingRun).count() == 5
        number_sent = count(Proposal, Proposal.asked_at.is_not(None))
        assert count(Message) == number_sent
        both = count(Proposal, Proposal.asked_at.is_not(None), Proposal.withdrawn_at.is_not(None))
        assert both == 0
        for need_id in db.session.scalars(select(Need.id)):
            assert count(Proposal, Proposal.need_id == need_id, queries.WAITING) <= 1


def test_closing_a_need_while_people_accept_leaves_no_open_request(site: Flask) -> None:
    """In any order, no request stays open and nobody gets two assignments."""
    with site.app_context(), transaction():
        need = matching.need(places=6)
        need_id = need.id
        requests = []
        for _each in range(6):
            person = matching.candidate(matching.ward())
            proposal = matching.proposal(need, person, sent=True)
            requests.append((Actor(kind="user", person_id=person.id), proposal.id))

    def yes(actor: Actor, proposal_id: int) -> Callable[[], object]:
        return lambda: service.accept_request(actor, proposal_id, TODAY)

    def close() -> object:
        return needs.close_need(SYSTEM, need_id, TODAY)

    outcomes = at_once(site, [*(yes(*each) for each in requests), close, close])
    assert set(outcomes) <= {"accepted", "withdrawn", "None"}
    with site.app_context():
        assert count(Proposal, queries.WAITING) == 0
        assert count(Assignment) == outcomes["accepted"]


def test_parallel_requests_create_one_need_from_a_gap(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    gap = Gap("thetford", "Thetford", None, 3, "band:thetford", "9 of 15")
    monkeypatch.setattr(needs, "find_suggested_gaps", lambda actor, on: [gap])
    new_need = NewNeed("thetford", None, None, 3, 50, "To listen", "", "", "Jo")
    outcomes = at_once(
        site, [lambda: needs.create_need_from_gap(SYSTEM, gap.source, new_need, TODAY)] * 6
    )
    assert len(outcomes) == 1
    with site.app_context():
        assert db.session.query(Need).count() == 1
