"""The room's entries in the registry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock, registry
from app.matching import hooks, serving
from app.signin.sessions import actor_for_user
from tests.factories import accounts, matching, organisations

TODAY = clock.today()


@pytest.fixture(autouse=True)
def request_context(app: Flask, session: Session) -> Iterator[None]:
    """Push a request context, because building links needs one."""
    with app.test_request_context():
        yield


def test_a_coordinators_tasks_count_answers_and_people_to_ask(session: Session) -> None:
    actor = actor_for_user(accounts.coordinator().id)
    assert actor is not None
    assert hooks._todos(actor, TODAY) == []
    need = matching.need(places=9)
    now = clock.now()
    for timestamps in (
        {"accepted_at": now},
        {"accepted_at": now - timedelta(days=30)},
        {"declined_at": now},
        {},
        {"asked_at": now - timedelta(days=20)},
        {"withdrawn_at": now},
    ):
        matching.proposal(
            need, matching.candidate(matching.ward()), **({"asked_at": now} | timestamps)
        )
    matching.proposal(need, matching.candidate(matching.ward()))
    texts = [(todo.text, todo.count) for todo in hooks._todos(actor, TODAY)]
    assert texts == [
        ("1 person said yes this week", 1),
        ("1 person said no this week", 1),
        ("1 person has not answered for two weeks", 1),
        ("Ask 1 person to help", 1),
    ]


def test_the_timeline_shows_when_an_assignment_starts_and_ends(session: Session) -> None:
    actor = actor_for_user(accounts.coordinator().id)
    assert actor is not None
    person = matching.candidate(matching.ward())
    matching.assignment(
        matching.need(), person, from_on=date(2026, 1, 5), until_on=date(2026, 3, 31)
    )
    entries = hooks._timeline(actor, person.id)
    assert [entry.on for entry in entries] == [date(2026, 1, 5), date(2026, 4, 1)]
    assert all(entry.kind == "assignment" for entry in entries)


def test_a_partner_sees_assignments_without_links_to_the_needs(
    session: Session,
) -> None:
    organisation, network = organisations.organisation(), organisations.network()
    organisations.agreement(organisation, network)
    actor = actor_for_user(organisations.partner(organisation).id)
    assert actor is not None
    own_person = matching.candidate(matching.ward(), networks=[network])
    stranger = matching.candidate(matching.ward())
    for person in (own_person, stranger):
        matching.assignment(matching.need(), person)
    assert [entry.url for entry in hooks._timeline(actor, own_person.id)] == [None]
    assert hooks._timeline(actor, stranger.id) == []
    assert hooks._person_panels(actor, own_person.id) == []


def test_the_hooks_of_the_room_are_registered(session: Session) -> None:
    assert serving.end_assignments_and_requests in list(registry.on_left)
