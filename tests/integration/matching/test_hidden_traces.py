"""Readers who may not know of a sensitive network must not notice what is done for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.matching import service
from app.matching.models import Need
from app.messages import service as messages
from app.messages.models import Message
from app.messages.types import Channel, NewMessage, Recipient
from app.organisations.models import Network
from app.people.models import Person
from app.people.types import Basis
from tests.addresses import at, public_id
from tests.factories import accounts, areas, courses, matching, organisations, people
from tests.telling import TOLD_BY_PHONE

POSTCODE = "IP24 9ZZ"
SignIn = Callable[[Any], FlaskClient]


@dataclass
class Scene:
    """A person who belongs to an open and a sensitive network and is visible to every reader."""

    sensitive: Network
    hidden: Need
    known: Need
    person: Person


@pytest.fixture
def scene(session: Session) -> Scene:
    sensitive, farming = organisations.network(sensitive=True), organisations.network()
    hidden = matching.need(matching.ward(name="Hiddenham"), network=sensitive, places=3)
    known = matching.need(matching.ward(name="Openham"), network=farming, places=3)
    person = matching.candidate(
        matching.ward(),
        "Ruth Rung",
        can_sign_in=True,
        phone="+447700900123",
        networks=[sensitive, farming],
        registered_at=clock.now() - timedelta(days=90),
    )
    session.flush()
    return Scene(sensitive, hidden, known, person)


def lines(page: str) -> list[str]:
    """Return the lines of a page, without the CSRF token that changes in every response."""
    return [line for line in page.splitlines() if "csrf_token" not in line]


def coordinator_without_permission() -> Any:
    """Return a coordinator without the permission for sensitive networks."""
    return accounts.coordinator(sensitive=False)


# --- confirming wards ---


def test_presences_from_hidden_needs_are_not_listed_for_confirmation(
    session: Session, scene: Scene, sign_in: SignIn
) -> None:
    """Ward confirmation applies the conditions that other rooms register for hidden presences."""
    assignment = matching.assignment(scene.hidden, scene.person)
    place = people.presence(
        scene.person, Basis.SERVES, postcode=POSTCODE, ward_id=scene.hidden.area_id
    )
    assignment.presence_id = place.id
    ward = areas.area()
    areas.postcode(POSTCODE, "E07000143", ward.code, None)
    reader = coordinator_without_permission()
    client = sign_in(reader)
    assert "Ruth Rung" not in client.get("/people/places").text
    assert "in a different ward" not in client.get("/").text
    for verb in ("accept", "keep"):
        assert client.post(at(f"/people/places/{place.id}/{verb}")).status_code == 404
    assert "Ruth Rung" in sign_in(accounts.coordinator()).get("/people/places").text


# --- last contact ---


def test_answering_a_hidden_request_does_not_change_last_contact(
    session: Session, scene: Scene, sign_in: SignIn
) -> None:
    reader, holder = coordinator_without_permission(), accounts.coordinator()
    places = [at(f"/people/{scene.person.id}"), "/people?q=ruth", "/people?state=active"]
    before = [lines(sign_in(reader).get(place).text) for place in places]
    proposal = matching.proposal(scene.hidden, scene.person)
    service.send_requests(courses.actor_of(holder, Role.COORDINATOR, Role.SENSITIVE), [proposal.id])
    reply = sign_in(holder).post(
        f"/needs/requests/{public_id('proposals', proposal.id)}",
        data={"answer": "yes", "reason": ""},
    )
    assert reply.status_code == 302
    session.refresh(proposal)
    assert proposal.accepted_at is not None
    sign_in(holder).get("/")  # the page that confirms that the answer was saved
    after = [lines(sign_in(reader).get(place).text) for place in places]
    assert sum(after, []) == sum(before, [])


@pytest.mark.parametrize("result", ["done", "not-reached"])
def test_calls_about_a_hidden_request_do_not_change_the_person_for_others(
    session: Session, scene: Scene, sign_in: SignIn, result: str
) -> None:
    """A call that reaches the person would change the day on which we last heard from them, and two
    failed calls would end their place in the network.
    """
    long_ago = clock.today() - timedelta(days=400)
    for each in scene.person.activity:
        each.on = long_ago
    session.flush()
    reader, holder = coordinator_without_permission(), accounts.coordinator()
    places = [at(f"/people/{scene.person.id}"), "/people?q=ruth"]
    days = [clock.today(), clock.today() + timedelta(days=1)]
    with clock.frozen(days[1]):
        before = [lines(sign_in(reader).get(place).text) for place in places]
    proposal = matching.proposal(scene.hidden, scene.person, sent=True)
    message_id = request_by_phone(scene.person, proposal.id)
    for day in days if result == "not-reached" else days[:1]:
        with clock.frozen(day):
            reply = sign_in(holder).post(
                at(f"/reminders/contacts/{message_id}"),
                data={"result": result, "outcome": "They will think about it"},
            )
            assert reply.status_code == 302
            sign_in(holder).get("/")  # the page that confirms that the call was saved
    session.expire_all()
    if result == "not-reached":
        entry = sign_in(holder).get(at(f"/reminders/contacts/{message_id}")).text
        assert "2 failed calls" in entry
    with clock.frozen(days[1]):
        after = [lines(sign_in(reader).get(place).text) for place in places]
    assert sum(after, []) == sum(before, [])


def request_by_phone(person: Person, proposal_id: int) -> int:
    """Add a request to the call list, and return the message's ID."""
    to = Recipient(Channel.PHONE, "+447700900123", person.full_name, person.id)
    context = {"proposal_id": proposal_id, "answer": None, "about": ["Hiddenham"]}
    key = f"request-to-serve:{proposal_id}"
    message_id = messages.post(NewMessage("request-to-serve", to, key, context))
    assert message_id is not None
    return message_id


# --- no network ---


def test_a_member_of_only_a_hidden_network_looks_like_a_member_of_none(
    session: Session, scene: Scene, sign_in: SignIn
) -> None:
    """“No network” reveals nothing, because people can choose “None of these” at registration."""
    at_one_time = clock.now() - timedelta(days=40)
    pages = []
    for networks in ([], [scene.sensitive]):
        one = people.person(
            "Nora Nonetold",
            email=None,
            phone="+447700900125",
            networks=networks,
            general=True,
            registered_at=at_one_time,
        )
        client = sign_in(coordinator_without_permission())
        pages_seen = [
            lines(client.get(address).text)
            for address in (
                at(f"/people/{one.id}"),
                "/people?q=nora",
                f"/people?q=nora&network={scene.sensitive.slug}",
            )
        ]
        reply = client.post(
            "/people/export?q=nora", data={"kind": "csv", "reason": "To see what is in it"}
        )
        pages_seen.append(reply.text.splitlines())
        assert any("No network" in line for line in pages_seen[0])
        assert any("Nora Nonetold" in line for line in pages_seen[-1])
        identifier = public_id("people", one.id)
        pages.append([[line.replace(identifier, "…") for line in each] for each in pages_seen])
        one.full_name = "Somebody Else"
        people.make_not_general(one)
    assert pages[0] == pages[1]


# --- the audit ---


def rows(page: str) -> list[str]:
    """Return the text of a page's table rows without their markup."""
    found = re.findall(r"<tr.*?</tr>", page, re.S)
    return [re.sub(r"<[^>]+>|\s+", " ", row) for row in found]


def audit_log(sign_in: SignIn, *roles: Role) -> list[str]:
    return rows(sign_in(accounts.user(Role.ADMIN, *roles)).get("/audit").text)


def test_the_audit_omits_calls_about_hidden_needs(
    session: Session, scene: Scene, sign_in: SignIn
) -> None:
    holder = accounts.coordinator()
    proposals = [matching.proposal(each, scene.person) for each in (scene.hidden, scene.known)]
    service.send_requests(SYSTEM, [proposals[0].id])
    message_id = session.scalars(
        select(Message.id).filter_by(key=f"request-to-serve:{proposals[0].id}")
    ).one()
    assert sign_in(holder).get(at(f"/reminders/contacts/{message_id}")).status_code == 200
    opened = "Opened an entry in the call list"
    assert not [row for row in audit_log(sign_in) if opened in row]
    log = audit_log(sign_in, Role.COORDINATOR, Role.SENSITIVE)
    assert [row for row in log if opened in row and public_id("people", scene.person.id) in row]


def test_the_audit_includes_other_calls(session: Session, scene: Scene, sign_in: SignIn) -> None:
    network = session.get_one(Network, scene.known.network_id)
    quiet = matching.candidate(
        matching.ward(), "Phil Phone", email=None, phone="+447700900124", networks=[network]
    )
    proposal = matching.proposal(scene.known, quiet)
    service.send_requests(SYSTEM, [proposal.id])
    message_id = session.scalars(
        select(Message.id).filter_by(key=f"request-to-serve:{proposal.id}")
    ).one()
    sign_in(accounts.coordinator()).get(at(f"/reminders/contacts/{message_id}"))
    assert [row for row in audit_log(sign_in) if "Opened an entry in the call list" in row]


def test_the_audit_omits_people_who_are_not_general_champions(
    session: Session, scene: Scene, sign_in: SignIn
) -> None:
    hidden = people.champion("Hida Hidden", networks=[scene.sensitive])
    own, holder = hidden.user_id, accounts.coordinator()
    sign_in(holder).get(at(f"/people/{hidden.id}"))
    sign_in(holder).get(at(f"/people/{scene.person.id}"))
    sign_in(holder).post(f"/people/{public_id('people', hidden.id)}/here", data=TOLD_BY_PHONE)
    assert own is not None
    log = audit_log(sign_in)
    assert [row for row in log if public_id("people", scene.person.id) in row]
    assert not [row for row in log if public_id("people", hidden.id) in row]
    assert not [row for row in log if "Confirmed that a person still takes part" in row]
    query = f"/audit?subject=person+{public_id('people', hidden.id)}"
    assert len(rows(sign_in(accounts.user(Role.ADMIN)).get(query).text)) == 0
    log = audit_log(sign_in, Role.COORDINATOR, Role.SENSITIVE)
    assert [row for row in log if public_id("people", hidden.id) in row]
    assert [row for row in log if "Confirmed that a person still takes part" in row]


def test_the_audit_omits_joining_and_serving_a_hidden_network(
    session: Session, scene: Scene, sign_in: SignIn
) -> None:
    reader = accounts.user(Role.ADMIN)
    holder = courses.actor_of(accounts.coordinator(), Role.COORDINATOR, Role.SENSITIVE)
    session.flush()
    before = rows(sign_in(reader).get("/audit?who=system").text)
    proposal = matching.proposal(scene.hidden, scene.person)
    service.send_requests(holder, [proposal.id])
    service.record_answer(holder, proposal.id, accepted=True, reason="", on=clock.today())
    page = sign_in(reader).get("/audit").text
    for verb in (
        "Said yes",
        "Asked a person to help",
        "Started an assignment",
        "started helping",
        "Recorded a call or letter",
    ):
        assert not [row for row in rows(page) if verb in row], verb
    assert before == rows(sign_in(reader).get("/audit?who=system").text)
