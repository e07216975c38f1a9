"""Pages show nothing about sensitive networks' needs to readers who may not know of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.models import Area
from app.core import clock
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.matching import service
from app.matching import serving as serving_verbs
from app.matching.models import Need, Proposal
from app.messages.models import Message
from app.organisations.models import Network
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts, courses, matching, organisations

WORDS = "sit with survivors at the refuge"
OUTCOME = "She can sit with them on Fridays"
SignIn = Callable[[Any], FlaskClient]


@dataclass
class Scene:
    """A person without email, who belongs to two networks and was asked to serve both."""

    sensitive: Network
    farming: Network
    hidden: Need
    known: Need
    person: Person
    hidden_message: int
    known_message: int


@pytest.fixture
def scene(session: Session) -> Scene:
    sensitive, farming = organisations.network(sensitive=True), organisations.network()
    hidden = matching.need(
        matching.ward(name="Hiddenham"), network=sensitive, what_for=WORDS, places=3
    )
    known = matching.need(
        matching.ward(name="Openham"), network=farming, what_for="listen at the market"
    )
    person = matching.candidate(
        matching.ward(),
        "Ruth Rung",
        email=None,
        phone="+447700900123",
        networks=[sensitive, farming],
    )
    proposals = [matching.proposal(hidden, person), matching.proposal(known, person)]
    service.send_requests(SYSTEM, [each.id for each in proposals])
    session.flush()
    letters = [
        session.scalars(select(Message.id).filter_by(key=f"request-to-serve:{each.id}")).one()
        for each in proposals
    ]
    return Scene(sensitive, farming, hidden, known, person, *letters)


def mentions_hidden_need(text: str) -> bool:
    """Return whether a page mentions anything about the hidden need."""
    return any(each in text for each in (WORDS, "Hiddenham", OUTCOME))


def test_the_call_list_omits_requests_about_hidden_needs(scene: Scene, sign_in: SignIn) -> None:
    client = sign_in(accounts.coordinator(sensitive=False))
    page = client.get("/reminders").text
    assert at(f"/reminders/contacts/{scene.known_message}") in page
    assert at(f"/reminders/contacts/{scene.hidden_message}") not in page
    opened = client.get(at(f"/reminders/contacts/{scene.known_message}")).text
    assert "listen at the market" in opened
    assert not mentions_hidden_need(opened)
    hidden = at(f"/reminders/contacts/{scene.hidden_message}")
    assert client.get(hidden).status_code == 404
    assert client.post(hidden, data={"outcome": "reached"}).status_code == 404
    holder = sign_in(accounts.coordinator())
    assert WORDS in holder.get(hidden).text


def test_the_call_list_omits_completed_calls_about_hidden_needs(
    session: Session, scene: Scene, sign_in: SignIn
) -> None:
    session.get_one(Message, scene.hidden_message).sent_at = clock.now()
    session.get_one(Message, scene.hidden_message).outcome = OUTCOME
    client = sign_in(accounts.coordinator(sensitive=False))
    assert client.get(at(f"/reminders/contacts/{scene.hidden_message}")).status_code == 404
    assert not mentions_hidden_need(client.get(at(f"/people/{scene.person.id}")).text)
    assert OUTCOME in sign_in(accounts.coordinator()).get(at(f"/people/{scene.person.id}")).text


def test_the_home_page_does_not_count_hidden_calls(
    session: Session, scene: Scene, sign_in: SignIn
) -> None:
    session.get_one(Message, scene.known_message).voided_at = clock.now()
    reader = accounts.coordinator(sensitive=False)
    assert "Call or write to people" not in sign_in(reader).get("/").text
    assert "Call or write to people" in sign_in(accounts.coordinator()).get("/").text


# --- assignments ---


@pytest.fixture
def scene_with_assignments(session: Session, scene: Scene) -> Scene:
    """Return the scene after the person has accepted both requests."""
    for need in (scene.hidden, scene.known):
        proposal = session.scalars(
            select(Proposal).filter_by(need_id=need.id, person_id=scene.person.id)
        ).one()
        holder = courses.actor_of(accounts.coordinator(), Role.COORDINATOR, Role.SENSITIVE)
        _accept(session, proposal, holder)
    return scene


def _accept(session: Session, proposal: Proposal, actor: Any) -> None:
    proposal.accepted_at = clock.now()
    serving_verbs.begin_assignment(
        actor, proposal, session.get_one(Need, proposal.need_id), clock.today()
    )


def test_the_record_omits_presences_from_hidden_needs(
    scene_with_assignments: Scene, sign_in: SignIn
) -> None:
    page = (
        sign_in(accounts.coordinator(sensitive=False))
        .get(at(f"/people/{scene_with_assignments.person.id}"))
        .text
    )
    assert "Helps in: Openham" in page
    assert not mentions_hidden_need(page)
    holder = (
        sign_in(accounts.coordinator()).get(at(f"/people/{scene_with_assignments.person.id}")).text
    )
    assert "Helps in: Hiddenham" in holder


def test_a_presence_from_a_hidden_and_a_visible_need_is_shown(
    session: Session, scene_with_assignments: Scene, sign_in: SignIn
) -> None:
    scene_with_assignments.known.area_id = scene_with_assignments.hidden.area_id
    session.flush()
    page = (
        sign_in(accounts.coordinator(sensitive=False))
        .get(at(f"/people/{scene_with_assignments.person.id}"))
        .text
    )
    assert "Helps in: Hiddenham" in page


def test_the_list_and_export_do_not_find_a_hidden_presence(
    session: Session, scene_with_assignments: Scene, sign_in: SignIn
) -> None:
    codes = {
        need: _area_code(session, need)
        for need in (scene_with_assignments.hidden.area_id, scene_with_assignments.known.area_id)
    }
    reader, holder = accounts.coordinator(sensitive=False), accounts.coordinator()
    for user, found in ((reader, [False, True]), (holder, [True, True])):
        client = sign_in(user)
        for code, expected in zip(codes.values(), found, strict=True):
            page = client.get(f"/people?q=Ruth&place={code}").text
            assert ("Ruth Rung" in page.split("<table")[-1]) is expected
            reply = client.post(
                f"/people/export?q=Ruth&place={code}", data={"reason": "A list", "kind": "csv"}
            )
            rows = list(csv.reader(io.StringIO(reply.get_data().decode("utf-8-sig"))))
            # An export can be passed on, so it never includes what comes from a hidden need.
            assert (len(rows) == 2) is (code == codes[scene_with_assignments.known.area_id])


def _area_code(session: Session, area_id: int) -> str:
    return session.get_one(Area, area_id).code


# --- needs created from gaps ---


def test_a_hidden_source_gets_the_same_answer_as_an_unknown_one(
    session: Session, scene: Scene, sign_in: SignIn
) -> None:
    scene.hidden.source = "target:hidden-people"
    client = sign_in(accounts.coordinator(sensitive=False))
    for source in ("target:hidden-people", "target:not-there"):
        assert client.get(f"/needs/new?source={source}").status_code == 404
    reply = sign_in(accounts.coordinator()).get("/needs/new?source=target:hidden-people")
    assert reply.location == at(f"/needs/{scene.hidden.id}")
