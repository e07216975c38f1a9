"""The audit log does not reveal the people of a hidden organisation through its coordinators."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.permissions import Role
from app.organisations.models import Network
from app.people.models import Person
from tests.addresses import at, public_id
from tests.factories import accounts, organisations, people

SignIn = Callable[[User], FlaskClient]


@pytest.fixture
def sensitive_network(session: Session) -> Network:
    """Create a sensitive network whose people Harbour House approves."""
    refuge = organisations.organisation("Harbour House")
    network = organisations.network("quiet-people", sensitive=True, approver=refuge)
    organisations.agreement(refuge, network)
    petra = organisations.partner(refuge, name="Petra Partner", email="petra@harbour.example")
    petra.grants += accounts.user(Role.SENSITIVE).grants
    session.flush()
    session.info["petra"] = petra
    return network


def rows(page: str) -> list[str]:
    return [re.sub(r"<[^>]+>|\s+", " ", row) for row in re.findall(r"<tr.*?</tr>", page, re.S)]


def person_opened_by_petra(session: Session, sign_in: SignIn, network: Network) -> Person:
    """Create a person whose record Petra has opened."""
    member = people.person("Mina Member", networks=[network])
    client = sign_in(session.info["petra"])
    assert client.get(at(f"/people/{member.id}")).status_code == 200
    return member


def test_records_opened_by_a_hidden_coordinator_are_not_shown(
    session: Session, sensitive_network: Network, sign_in: SignIn
) -> None:
    member = person_opened_by_petra(session, sign_in, sensitive_network)
    person, petra = public_id("people", member.id), public_id("users", session.info["petra"].id)
    admin = sign_in(accounts.user(Role.ADMIN))
    for query in ("", f"?who={petra}", f"?subject=person+{person}"):
        shown = rows(admin.get(f"/audit{query}").text)
        assert not any("Opened a record" in row for row in shown), query
    other = people.person("Olga Open")
    sign_in(accounts.coordinator(sensitive=False)).get(at(f"/people/{other.id}"))
    shown = rows(sign_in(accounts.user(Role.ADMIN)).get("/audit").text)
    assert any("Opened a record" in row for row in shown)


def test_readers_with_the_permission_see_the_entries(
    session: Session, sensitive_network: Network, sign_in: SignIn
) -> None:
    person_opened_by_petra(session, sign_in, sensitive_network)
    holder = sign_in(accounts.user(Role.ADMIN, Role.COORDINATOR, Role.SENSITIVE))
    assert any(
        "Petra" in row and "Opened a record" in row for row in rows(holder.get("/audit").text)
    )
