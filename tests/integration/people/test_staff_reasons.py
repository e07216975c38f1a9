"""Text by staff with the permission for sensitive networks is shown only to others with it.

This applies on every page and to text about any person.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.applications import approval
from app.core import clock
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.matching import service
from tests.addresses import at, public_id
from tests.factories import accounts, certificates, courses, matching, people

SignIn = Callable[[Any], FlaskClient]
WORDS = "Wenceslas wants her back at the refuge"


@pytest.fixture(params=[True, False], ids=["holder", "other"])
def writer(request: pytest.FixtureRequest, session: Session) -> tuple[User, bool]:
    """Return a writer, and whether they may know about sensitive networks."""
    return accounts.coordinator(sensitive=request.param, name="Wanda Writer"), request.param


def read(sign_in: SignIn, address: str) -> tuple[bool, bool]:
    """Return whether readers with and without the permission find the words."""
    found = []
    for sensitive in (True, False):
        reply = sign_in(accounts.coordinator(sensitive=sensitive)).get(address)
        assert reply.status_code == 200
        found.append("Wenceslas" in reply.text)
    return found[0], found[1]


def test_outcome_of_a_call(session: Session, sign_in: SignIn, writer: tuple[User, bool]) -> None:
    user, knows = writer
    home = matching.ward(east=5_000)
    person = matching.candidate(home, "Cally Callan", email=None, phone="+447700900321")
    proposal = matching.proposal(matching.need(matching.ward()), person)
    assert service.send_requests(SYSTEM, [proposal.id]).by_hand == 1
    page = sign_in(user).get("/reminders").text
    address = page.partition('href="/reminders/contacts/')[2].partition('"')[0]
    reply = sign_in(user).post(f"/reminders/contacts/{address}", data={"outcome": WORDS})
    assert reply.status_code == 302
    assert read(sign_in, at(f"/people/{person.id}")) == (True, not knows)
    page = sign_in(accounts.coordinator(sensitive=False)).get(at(f"/people/{person.id}")).text
    assert "Called" in page


def test_reason_for_leaving(session: Session, sign_in: SignIn, writer: tuple[User, bool]) -> None:
    user, knows = writer
    person = people.person("Lea Leaves")
    address = f"/people/{public_id('people', person.id)}"
    assert sign_in(user).post(f"{address}/remove", data={"reason": WORDS}).status_code == 302
    assert read(sign_in, address) == (True, not knows)


def test_reason_for_declining(session: Session, sign_in: SignIn, writer: tuple[User, bool]) -> None:
    user, knows = writer
    person = people.applicant("Tia Turned")
    actor = courses.actor_of(user, *coordinator_roles(knows))
    approval.decline(actor, person.id, WORDS)
    for address in (f"/people/{person.id}", f"/applications/{person.id}"):
        assert read(sign_in, at(address)) == (True, not knows)


def coordinator_roles(knows: bool) -> tuple[Role, ...]:
    """Return the roles of a coordinator."""
    return (Role.COORDINATOR, Role.SENSITIVE) if knows else (Role.COORDINATOR,)


def test_reason_for_revoking_or_moving_a_certificate(
    session: Session, sign_in: SignIn, writer: tuple[User, bool]
) -> None:
    user, knows = writer
    person = people.person("Rea Revoked")
    made = certificates.certificate(person, awarded_on=clock.today() - timedelta(days=90))
    address = f"/certificates/{public_id('certificates', made.id)}"
    data = {"days": "10", "reason": WORDS}
    assert sign_in(user).post(f"{address}/adjust", data=data).status_code == 302
    assert read(sign_in, address) == (True, not knows)
    data = {"reason": WORDS}
    assert sign_in(user).post(f"{address}/revoke", data=data).status_code == 302
    for each in (address, at(f"/people/{person.id}")):
        assert read(sign_in, each) == (True, not knows)


def test_reason_for_saying_no(session: Session, sign_in: SignIn, writer: tuple[User, bool]) -> None:
    user, knows = writer
    need = matching.need()
    proposal = matching.proposal(need, people.person("Noa Nosaid"), sent=True)
    reply = sign_in(user).post(
        f"/needs/requests/{public_id('proposals', proposal.id)}",
        data={"answer": "no", "reason": WORDS},
    )
    assert reply.status_code == 302
    for address in (at(f"/needs/{need.id}"), "/needs/answers"):
        assert read(sign_in, address) == (True, not knows)


def test_persons_own_words_are_shown_to_the_whole_team(session: Session, sign_in: SignIn) -> None:
    person = people.champion("Ona Own")
    user = session.get_one(User, person.user_id)
    reply = sign_in(user).post("/me/leave", data={"reason": WORDS, "sure": "y", "confirm": "y"})
    assert reply.status_code in (200, 302)
    session.refresh(person)
    assert person.left_on is not None
    assert read(sign_in, at(f"/people/{person.id}")) == (True, True)
