"""Changes between a request and its answer that make a person ineligible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates.models import Certificate
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Conflict
from app.matching import overview, service
from app.matching.models import Assignment, Need
from app.matching.types import Obstacle, ProposalState
from app.people.models import ExcludedArea, Person
from app.signin.sessions import actor_for_user
from tests.addresses import at
from tests.factories import accounts, matching, organisations, people

TODAY = clock.today()
Change = Callable[[Session, Person, Need], None]


def revoke_certificate(session: Session, person: Person, need: Need) -> None:
    made = select(Certificate).where(Certificate.person_id == person.id)
    for each in session.scalars(made):
        each.revoked_at, each.revoked_reason = clock.now(), "forged"


def expire_certificate(session: Session, person: Person, need: Need) -> None:
    made = select(Certificate).where(Certificate.person_id == person.id)
    for each in session.scalars(made):
        each.expires_on = TODAY - timedelta(days=1)


def record_absence(session: Session, person: Person, need: Need) -> None:
    people.absence(person, TODAY)


def record_suspension(session: Session, person: Person, need: Need) -> None:
    people.suspension(person, TODAY)


def rule_out_area(session: Session, person: Person, need: Need) -> None:
    session.add(ExcludedArea(person_id=person.id, area_id=need.area_id))


def block_creator(session: Session, person: Person, need: Need) -> None:
    people.block(person, user=session.get_one(User, need.made_by_user_id))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (revoke_certificate, Obstacle.CERTIFICATE),
        (expire_certificate, Obstacle.CERTIFICATE),
        (record_absence, Obstacle.AWAY),
        (record_suspension, Obstacle.PAUSED),
        (rule_out_area, Obstacle.UNAVAILABLE),
        (block_creator, Obstacle.UNAVAILABLE),
    ],
)
def test_a_person_no_longer_eligible_cannot_accept_and_staff_see_why(
    change: Change, why: Obstacle, session: Session
) -> None:
    need, person = matching.need(by=accounts.coordinator()), matching.candidate(matching.ward())
    proposal = matching.proposal(need, person, sent=True)
    change(session, person, need)
    session.flush()
    own = Actor(kind="user", person_id=person.id)
    with pytest.raises(Conflict, match="Thank you for saying yes"):
        service.accept_request(own, proposal.id, TODAY)
    staff = actor_for_user(accounts.coordinator().id)
    assert staff is not None
    with pytest.raises(Conflict, match="help here now"):
        service.record_answer(staff, proposal.id, accepted=True, reason="", on=TODAY)
    assert session.scalars(select(Assignment)).all() == []
    assert [each.obstacle for each in overview.need_page(staff, need.id, TODAY).asked] == [why]
    assert [each.obstacle for each in overview.answers_page(staff, TODAY).unanswered] == [why]
    assert service.decline_request(own, proposal.id, "") is ProposalState.DECLINED


def test_a_former_member_of_the_network_cannot_accept(session: Session) -> None:
    network = organisations.network()
    need, person = matching.need(network=network), matching.candidate(matching.ward())
    proposal = matching.proposal(need, person, sent=True)
    with pytest.raises(Conflict, match="Something has changed"):
        service.accept_request(Actor(kind="user", person_id=person.id), proposal.id, TODAY)


def test_the_pages_explain_why_a_person_cannot_accept(
    session: Session, client: FlaskClient, sign_in: Callable[[User], FlaskClient]
) -> None:
    need, person = (
        matching.need(),
        matching.candidate(matching.ward(), "Ann Smith", can_sign_in=True),
    )
    proposal = matching.proposal(need, person, sent=True)
    revoke_certificate(session, person, need)
    session.flush()
    sign_in(session.get_one(User, person.user_id))
    page = client.post(at(f"/requests/{proposal.id}"), data={"answer": "yes"})
    assert page.status_code == 422
    assert "you need an in-date certificate" in page.text
    sign_in(accounts.coordinator())
    for address in (
        at(f"/needs/{need.id}"),
        "/needs/answers",
        at(f"/needs/requests/{proposal.id}"),
    ):
        assert "does not have an in-date certificate" in client.get(address).text
