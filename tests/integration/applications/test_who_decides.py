"""Somebody can always decide, and a network can get an approver later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.organisations.models import Network, Organisation
from app.people.membership_models import MembershipApplication
from app.people.models import Membership, Person
from app.people.types import PersonState
from config import ROOT
from tests.addresses import at
from tests.factories import accounts, organisations, people

SignIn = Callable[[Any], FlaskClient]
QUEUE = "/applications/networks"
BRECKLAND = (ROOT / "app/programmes/breckland.toml").read_text(encoding="utf-8")
ACCEPTED = "Accepted. This person is now a member of the network."
FARMING = '[[networks]]\nslug = "farming"\n'


def text(reply: Any) -> str:
    return " ".join(reply.get_data(as_text=True).split())


def application_of(session: Session, person: Person) -> MembershipApplication:
    rows = select(MembershipApplication).where(MembershipApplication.person_id == person.id)
    return session.scalars(rows).one()


def members(session: Session, network: Network) -> set[int]:
    rows = select(Membership.person_id).where(
        Membership.network_id == network.id, Membership.until_on.is_(None)
    )
    return set(session.scalars(rows))


def choose_network(session: Session, sign_in: SignIn, person: Person, slug: str) -> FlaskClient:
    page = sign_in(session.get_one(User, person.user_id))
    page.post("/me/networks", data={"networks": [slug]})
    return page


@pytest.fixture
def yana(session: Session) -> Organisation:
    """YANA, with an agreement about its network."""
    network = organisations.network("yana")
    organisation = session.get_one(Organisation, network.approver_id)
    organisations.agreement(organisation, network)
    return organisation


def test_a_programme_file_gives_a_network_an_approver_later(
    app: Flask, session: Session, sign_in: SignIn, yana: Organisation, tmp_path: Path
) -> None:
    farming = organisations.network("farming")
    approver = organisations.partner(yana)
    organisations.agreement(yana, farming)
    member, new = people.champion("Mia Member"), people.champion("Nia New")
    choose_network(session, sign_in, member, "farming")
    assert members(session, farming) == {member.id}
    waiting = people.applicant("Walt Waiting", networks=[farming])
    file = tmp_path / "approver.toml"
    assert FARMING in BRECKLAND
    file.write_text(BRECKLAND.replace(FARMING, f'{FARMING}approver = "yana"\n'), encoding="utf-8")
    loaded = app.test_cli_runner().invoke(args=["programme", "load", str(file)])
    assert loaded.exit_code == 0, loaded.output
    session.expire_all()
    assert farming.approver_id == yana.id
    assert members(session, farming) == {member.id, waiting.id}
    page = choose_network(session, sign_in, member, "farming")  # nothing changes for a member
    assert "waiting for" not in text(page.get("/me"))
    page = choose_network(session, sign_in, new, "farming")
    assert "waiting for YANA" in text(page.get("/me"))
    assert members(session, farming) == {member.id, waiting.id}
    coordinator = sign_in(accounts.coordinator())
    coordinator.post(at(f"/applications/{waiting.id}/approve"))
    session.refresh(waiting)
    assert waiting.approved_at is None
    page = sign_in(approver)
    page.post(at(f"/applications/{waiting.id}/approve"))
    path = f"/applications/networks/{application_of(session, new).id}/accept"
    assert ACCEPTED in text(page.post(at(path), follow_redirects=True))
    assert members(session, farming) == {member.id, waiting.id, new.id}


def test_coordinators_decide_about_somebody_who_blocks_the_only_coordinator(
    session: Session, sign_in: SignIn, yana: Organisation
) -> None:
    network = organisations.network("yana")
    approver = organisations.partner(yana, name="Yan Approver")
    person = people.champion("Charlie Champion")
    people.block(person, user=approver)
    page = choose_network(session, sign_in, person, "yana")
    assert "waiting for the team" in text(page.get("/me"))
    application = application_of(session, person)
    partner = sign_in(approver)
    shown = text(partner.get(QUEUE))
    assert "Charlie Champion" not in shown
    assert partner.get(at(f"{QUEUE}/{application.id}")).status_code == 404
    assert "to decide" not in text(partner.get("/")).replace("Nothing to decide", "")
    for reader in (accounts.coordinator(sensitive=False), accounts.coordinator()):
        staff = sign_in(reader)
        assert "Charlie Champion" in text(staff.get(QUEUE))
        assert QUEUE in staff.get("/").text  # the home page lists it
    staff.post(at(f"{QUEUE}/{application.id}/accept"))
    assert members(session, network) == {person.id}


def test_another_coordinator_of_the_approver_decides_instead(
    session: Session, sign_in: SignIn, yana: Organisation
) -> None:
    blocked, other = organisations.partner(yana), organisations.partner(yana)
    person = people.champion("Charlie Champion")
    people.block(person, user=blocked)
    page = choose_network(session, sign_in, person, "yana")
    assert "waiting for YANA" in text(page.get("/me"))
    application = application_of(session, person)
    assert sign_in(blocked).get(at(f"{QUEUE}/{application.id}")).status_code == 404
    assert sign_in(other).get(at(f"{QUEUE}/{application.id}")).status_code == 200
    other.deactivated_at = clock.now()
    session.flush()
    staff = sign_in(accounts.coordinator())
    staff.post(at(f"{QUEUE}/{application.id}/accept"))
    session.refresh(application)
    assert application.accepted


def test_coordinators_decide_on_a_registration_of_somebody_who_blocks_the_only_coordinator(
    session: Session, sign_in: SignIn, yana: Organisation
) -> None:
    approver = organisations.partner(yana)
    network = organisations.network("yana")
    person = people.applicant("Ann Applicant", networks=[network])
    staff = sign_in(accounts.coordinator())
    path = at(f"/applications/{person.id}/approve")
    staff.post(path)
    session.refresh(person)
    assert person.approved_at is None
    people.block(person, user=approver)
    assert "Ann Applicant" in text(staff.get("/applications"))
    assert sign_in(approver).get(at(f"/applications/{person.id}")).status_code == 404
    sign_in(accounts.coordinator()).post(path)
    session.refresh(person)
    assert person.state(clock.today()) is PersonState.ACTIVE
    assert members(session, network) == {person.id}


def test_holders_of_the_permission_decide_for_a_sensitive_network(
    session: Session, sign_in: SignIn
) -> None:
    """Its only partner coordinator lacks the permission, and so cannot see the application."""
    leeway = organisations.network("domestic-abuse-support")
    organisation = session.get_one(Organisation, leeway.approver_id)
    organisations.agreement(organisation, leeway)
    approver = organisations.partner(organisation)
    person = people.champion("Charlie Champion", general=True)
    choose_network(session, sign_in, person, "domestic-abuse-support")
    application = application_of(session, person)
    page = at(f"{QUEUE}/{application.id}")
    assert sign_in(approver).get(page).status_code == 404
    assert sign_in(accounts.coordinator(sensitive=False)).get(page).status_code == 404
    staff = sign_in(accounts.coordinator())
    assert "Charlie Champion" in text(staff.get(QUEUE))
    staff.post(f"{page}/accept")
    session.refresh(application)
    assert application.accepted
