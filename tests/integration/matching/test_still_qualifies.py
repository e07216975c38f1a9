"""Whether somebody still qualifies is checked when they are asked and before a message is sent."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.actor import SYSTEM
from app.matching import service
from app.matching.models import Need, Proposal
from app.messages import outbox
from app.messages.models import Message
from app.people.models import Person
from tests.addresses import at, public_id
from tests.factories import accounts, matching
from tests.integration.matching.test_eligibility import (
    block_creator,
    expire_certificate,
    record_absence,
    record_suspension,
    revoke_certificate,
    rule_out_area,
)

TODAY = clock.today()
Change = Callable[[Session, Person, Need], None]
SignIn = Callable[[Any], FlaskClient]


def leave(session: Session, person: Person, need: Need) -> None:
    person.left_on = TODAY


def move_away(session: Session, person: Person, need: Need) -> None:
    person.reach_km = 1


def protect_without_ward(session: Session, person: Person, need: Need) -> None:
    for each in person.presences:
        each.until_on = TODAY - timedelta(days=1)


CHANGES = [
    (revoke_certificate, "the person has no certificate in date"),
    (expire_certificate, "the person has no certificate in date"),
    (record_absence, "the person is away"),
    (record_suspension, "the person is paused by us"),
    (leave, "the person left"),
    (move_away, "the person lives too far away"),
    (rule_out_area, "the person cannot help there now"),
    (block_creator, "the person cannot help there now"),
    (protect_without_ward, "the person cannot help there now"),
]


def add_need_and_person(**more: Any) -> tuple[Need, Person]:
    need = matching.need(matching.ward(), by=accounts.coordinator())
    return need, matching.candidate(matching.ward(east=5_000), "Ann Smith", **more)


@pytest.mark.parametrize("change", [each for each, _why in CHANGES if each is not leave])
def test_a_person_who_no_longer_qualifies_is_not_asked(
    change: Change, session: Session, sign_in: SignIn
) -> None:
    need, person = add_need_and_person()
    proposal = matching.proposal(need, person)
    change(session, person, need)
    session.flush()
    client = sign_in(accounts.coordinator())
    page = client.post(
        "/needs/ask", data={"proposal": public_id("proposals", proposal.id)}, follow_redirects=True
    )
    assert "We have not asked Ann Smith." in html.unescape(page.text)
    session.refresh(proposal)
    assert proposal.asked_at is None
    assert session.query(Message).count() == 0


def test_a_person_with_as_many_places_as_allowed_is_not_asked(
    session: Session, sign_in: SignIn
) -> None:
    need, person = add_need_and_person()
    proposal = matching.proposal(need, person)
    for _each in range(3):
        matching.assignment(matching.need(), person)
    client = sign_in(accounts.coordinator())
    sent = {"proposal": public_id("proposals", proposal.id)}
    page = client.post("/needs/ask", data=sent, follow_redirects=True)
    assert "already helps in the maximum number of places" in page.text


@pytest.mark.parametrize(("change", "why"), CHANGES)
def test_a_request_is_void_if_the_person_no_longer_qualifies_when_it_is_sent(
    change: Change, why: str, session: Session
) -> None:
    need, person = add_need_and_person()
    proposal = matching.proposal(need, person)
    assert service.send_requests(SYSTEM, [proposal.id]).people == 1
    change(session, person, need)
    session.commit()
    outbox.send_waiting(at_once=True)
    message = session.query(Message).filter_by(letter="request-to-serve").one()
    session.refresh(message)
    assert (message.sent_at, message.void_reason) == (None, why)
    proposal = session.get_one(Proposal, proposal.id, populate_existing=True)
    assert proposal.withdrawn_at is not None


def test_a_person_who_could_travel_further_can_say_so_and_accept(
    session: Session, sign_in: SignIn
) -> None:
    need, person = add_need_and_person(can_sign_in=True)
    proposal = matching.proposal(need, person, sent=True)
    person.reach_km = 1
    session.flush()
    client = sign_in(session.get_one(User, person.user_id))
    page = client.post(at(f"/requests/{proposal.id}"), data={"answer": "yes"})
    assert page.status_code == 422
    assert "further away than the distance you gave us" in page.text
    person.reach_km = 15
    session.flush()
    assert client.post(at(f"/requests/{proposal.id}"), data={"answer": "yes"}).status_code == 302
