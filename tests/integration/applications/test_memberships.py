"""Joining a network that has an approver is an application to it, on every path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.applications import approval, merging
from app.core import clock
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.coverage import service as coverage
from app.organisations.models import Network, Organisation
from app.people.membership_models import MembershipApplication
from app.people.models import Membership, Person
from app.people.types import Basis
from app.signin.sessions import SessionUser
from tests.addresses import at
from tests.factories import accounts, certificates, organisations, people
from tests.integration.imports.lists import Imports, row
from tests.integration.people import letters
from tests.integration.people.private_words import open_private_word
from tests.telling import TOLD_BY_PHONE

ACCEPTED = "Accepted. This person is now a member of the network."


def text(reply: Any) -> str:
    return reply.get_data(as_text=True)


@pytest.fixture
def yana(session: Session) -> Network:
    return organisations.network("yana")


@pytest.fixture
def approver(session: Session, yana: Network) -> User:
    """A partner coordinator of YANA, whose agreement is in force."""
    organisation = session.get_one(Organisation, yana.approver_id)
    organisations.agreement(organisation, yana)
    return organisations.partner(organisation, name="Yan Approver")


def members(session: Session, network: Network) -> set[int]:
    rows = select(Membership.person_id).where(
        Membership.network_id == network.id, Membership.until_on.is_(None)
    )
    return set(session.scalars(rows))


def applications(session: Session, person: Person) -> list[MembershipApplication]:
    rows = select(MembershipApplication).where(MembershipApplication.person_id == person.id)
    return list(session.scalars(rows.order_by(MembershipApplication.id)))


def number_held(slug: str) -> int:
    found = coverage.report(SYSTEM, clock.today())
    return next(each["held"] for each in found["targets"] if each["slug"] == slug)


def trained_champion(session: Session) -> Person:
    """Return a champion who would count towards the 15 and the 100 as a member."""
    made = people.champion("Charlie Champion")
    people.presence(made, Basis.LIVES, district="E07000143")
    certificates.certificate(made)
    return made


def test_ticking_a_network_on_ones_own_page_is_an_application(
    session: Session, sign_in: Any, yana: Network, approver: User
) -> None:
    me = trained_champion(session)
    before = number_held("yana-15"), number_held("yana-100")
    page = sign_in(session.get_one(User, me.user_id))
    for _twice in range(2):
        reply = page.post("/me/networks", data={"networks": ["yana"]}, follow_redirects=True)
        assert "YANA (You Are Not Alone) will decide whether you can join #yanaarmy." in text(reply)
    assert "#yanaarmy (waiting for" in text(page.get("/me"))
    assert members(session, yana) == set()
    assert (number_held("yana-15"), number_held("yana-100")) == before
    (application,) = applications(session, me)
    page = sign_in(approver)
    assert "1 person has asked to join a network" in text(page.get("/"))
    assert "Charlie Champion" in text(page.get("/applications/networks"))
    assert page.get(at(f"/people/{me.id}")).status_code == 404
    for _twice in range(2):
        reply = page.post(
            at(f"/applications/networks/{application.id}/accept"), follow_redirects=True
        )
        assert ACCEPTED in text(reply)
    session.refresh(application)
    assert (application.accepted, application.decided_by_user_id) == (True, approver.id)
    assert members(session, yana) == {me.id}
    assert (number_held("yana-15"), number_held("yana-100")) == (before[0] + 1, before[1] + 1)
    assert page.get(at(f"/people/{me.id}")).status_code == 200
    (letter,) = letters.sent_to(session, me.contacts[0].point.value)
    assert letter.letter == "network-accepted"
    page = sign_in(session.get_one(User, me.user_id))
    assert "waiting for" not in text(page.get("/me"))
    page.post("/me/networks", data={"csrf_token": "off"})  # leaving is immediate
    assert members(session, yana) == set()


def test_declining_needs_a_reason_and_keeps_it_from_the_person(
    session: Session, sign_in: Any, yana: Network, approver: User
) -> None:
    me = trained_champion(session)
    sign_in(session.get_one(User, me.user_id)).post("/me/networks", data={"networks": ["yana"]})
    (application,) = applications(session, me)
    page, path = sign_in(approver), at(f"/applications/networks/{application.id}/decline")
    assert page.post(path, data={"reason": " "}).status_code == 422
    page.post(path, data={"reason": "Not in farming"})
    session.refresh(application)
    assert (application.accepted, application.reason) == (False, "Not in farming")
    late = page.post(at(f"/applications/networks/{application.id}/accept"), follow_redirects=True)
    assert "You have already decided on this application." in text(late)
    assert members(session, yana) == set()
    (letter,) = letters.sent_to(session, me.contacts[0].point.value)
    assert letter.letter == "network-declined"
    assert "farming" not in str(letter.context)
    page = sign_in(session.get_one(User, me.user_id))
    page.post("/me/networks", data={"networks": ["yana"]})  # they may apply again
    assert [each.accepted for each in applications(session, me)] == [False, None]


def test_withdrawing_is_immediate(
    session: Session, sign_in: Any, yana: Network, approver: User
) -> None:
    me = people.champion()
    page = sign_in(session.get_one(User, me.user_id))
    page.post("/me/networks", data={"networks": ["yana"]})
    page.post("/me/networks", data={"csrf_token": "off"})
    (application,) = applications(session, me)
    assert application.withdrawn_at is not None
    page = sign_in(approver)
    assert page.get(at(f"/applications/networks/{application.id}")).status_code == 404
    assert page.post(at(f"/applications/networks/{application.id}/accept")).status_code == 404
    assert members(session, yana) == set()


def test_staff_cannot_make_somebody_a_member(
    session: Session, sign_in: Any, yana: Network, approver: User
) -> None:
    one = people.person("Paula Person")
    page = sign_in(accounts.coordinator())
    page.post(at(f"/people/{one.id}/networks"), data={**TOLD_BY_PHONE, "networks": ["yana"]})
    (application,) = applications(session, one)
    assert members(session, yana) == set()
    assert "#yanaarmy (waiting for" in text(page.get(at(f"/people/{one.id}")))
    reply = page.get(at(f"/applications/networks/{application.id}"))
    assert "makes the decision on this application" in text(reply)
    assert "/accept" not in text(reply)
    reply = page.post(at(f"/applications/networks/{application.id}/accept"), follow_redirects=True)
    assert "makes the decision on this application" in text(reply)
    assert members(session, yana) == set()


@pytest.mark.parametrize("why", ["no agreement", "no coordinator", "blocked"])
def test_coordinators_decide_if_the_approver_cannot(
    session: Session, sign_in: Any, yana: Network, why: str
) -> None:
    organisation = session.get_one(Organisation, yana.approver_id)
    if why != "no coordinator":
        organisations.partner(organisation)
    one = people.champion("Paula Person")
    if why != "no agreement":
        organisations.agreement(organisation, yana)
    if why == "blocked":
        people.block(one, organisation=organisation)
    session.flush()
    page = sign_in(session.get_one(User, one.user_id))
    reply = page.post("/me/networks", data={"networks": ["yana"]}, follow_redirects=True)
    assert "The team will decide whether you can join #yanaarmy." in text(reply)
    (application,) = applications(session, one)
    page = sign_in(accounts.coordinator(sensitive=False))
    assert "1 person has asked to join a network" in text(page.get("/"))
    reply = page.post(at(f"/applications/networks/{application.id}/accept"), follow_redirects=True)
    assert ACCEPTED in text(reply)
    assert members(session, yana) == {one.id}


def test_importing_a_list_is_an_application_unless_the_approver_sent_it(
    app: Flask, session: Session, tmp_path: Path, yana: Network, approver: User
) -> None:
    imports = Imports(app, session, tmp_path)
    known = people.person("Known Already", email="known@example.org")
    imports.rows(row(1, name="New Here"), row(2, name="Known Already", email="known@example.org"))
    new = session.scalars(select(Person).where(Person.full_name == "New Here")).one()
    assert members(session, yana) == set()
    assert len(applications(session, new)) == len(applications(session, known)) == 1
    imports.rows(row(3, name="Sent By Yana"), options=["--sent-by", "YANA (You Are Not Alone)"])
    own = session.scalars(select(Person).where(Person.full_name == "Sent By Yana")).one()
    assert members(session, yana) == {own.id}


def test_merging_and_approving_do_not_bypass_the_approver(
    session: Session, yana: Network, approver: User
) -> None:
    other = organisations.organisation("Other Approver")
    second = organisations.network("second-network", approver=other)
    organisations.agreement(other, second)
    organisations.partner(other)
    applicant = people.applicant("Ann Applicant", networks=[yana, second])
    organisation = session.get_one(Organisation, yana.approver_id)
    organisations.agreement(organisation)
    record = people.person("Ann Recorded", organisations=[organisation])
    registered = people.applicant("Ann Recorded", networks=[yana, second])
    actor = actor_of(approver)
    approval.approve(actor, applicant.id)
    merging.merge_records(actor, record.id, registered.id)
    assert members(session, yana) == {applicant.id, record.id}
    assert members(session, second) == set()
    for one in (applicant, record):
        assert [each.network_id for each in applications(session, one)] == [second.id]


def actor_of(user: User) -> Any:
    roles = frozenset(grant.role for grant in user.grants)
    return SessionUser(user.id, user.name, roles).actor


def test_an_application_to_a_sensitive_network_reveals_nothing(
    session: Session, sign_in: Any
) -> None:
    leeway = organisations.network("domestic-abuse-support")
    organisation = session.get_one(Organisation, leeway.approver_id)
    organisations.agreement(organisation, leeway)
    organisations.partner(organisation).grants += accounts.user(Role.SENSITIVE).grants
    me = people.champion("Charlie Champion")
    page = sign_in(session.get_one(User, me.user_id))
    page.post("/me/networks", data={"networks": ["domestic-abuse-support"]})
    (application,) = applications(session, me)
    assert "waiting for" not in text(page.get("/me"))
    open_private_word(page)
    assert "Supporting survivors of domestic abuse (waiting for Leeway" in text(page.get("/me"))
    page = sign_in(accounts.coordinator(sensitive=False))
    assert "Charlie" not in text(page.get("/applications/networks"))
    assert "waiting for" not in text(page.get(at(f"/people/{me.id}")))
    assert page.get(at(f"/applications/networks/{application.id}")).status_code == 404
    assert page.post(at(f"/applications/networks/{application.id}/accept")).status_code == 404
    page = sign_in(accounts.user(Role.PARTNER, Role.SENSITIVE))
    assert "Charlie" not in text(page.get("/applications/networks"))
