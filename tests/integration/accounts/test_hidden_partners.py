"""Administrators cannot tell which partner coordinators act for a sensitive network.

This concerns administrators without the permission for sensitive networks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import RoleGrant, User
from app.core import clock
from app.core.permissions import Role
from tests.addresses import at, public_id
from tests.factories import accounts, organisations

SignIn = Callable[[Any], FlaskClient]
PERMISSION = "Can see who chose a sensitive network"


@pytest.fixture
def partners(session: Session) -> tuple[User, User]:
    """Return partner coordinators of a hidden organisation and of a public one."""
    refuge = organisations.organisation("Harbour House")
    quiet = organisations.network("quiet-people", sensitive=True, approver=refuge)
    organisations.agreement(refuge, quiet)
    hidden = organisations.partner(refuge, name="Petra Partner", email="petra@harbour.example")
    hidden.grants += accounts.user(Role.SENSITIVE).grants
    farm = organisations.organisation("Farm Friends")
    organisations.agreement(farm, organisations.network("farm-people", approver=farm))
    known = organisations.partner(farm, name="Paul Partner", email="paul@farm.example")
    session.flush()
    return hidden, known


def lines_without_identity(page: str, user: User) -> list[str]:
    """Return the lines of a page, without the user's name and identifier."""
    text = page.replace(public_id("users", user.id), "…").replace(user.name, "…")
    return [line for line in text.splitlines() if "csrf_token" not in line]


def test_pages_of_hidden_and_public_partners_are_identical(
    session: Session, partners: tuple[User, User], sign_in: SignIn
) -> None:
    client = sign_in(accounts.user(Role.ADMIN))
    for suffix in ("", "/roles", "/deputy", "/start-over", "/deactivate"):
        pages = [
            lines_without_identity(
                client.get(f"/users/{public_id('users', each.id)}{suffix}").text, each
            )
            for each in partners
        ]
        assert pages[0] == pages[1], suffix


def test_the_list_and_its_search_hide_their_addresses(
    session: Session, partners: tuple[User, User], sign_in: SignIn
) -> None:
    client = sign_in(accounts.user(Role.ADMIN))
    page = client.get("/users?q=partner").text
    assert ("Petra Partner" in page, "Paul Partner" in page) == (True, True)
    for word in ("harbour.example", "farm.example", PERMISSION):
        assert word not in page, word
    assert "Petra Partner" not in client.get("/users?q=harbour").text
    holder = sign_in(accounts.user(Role.ADMIN, Role.COORDINATOR, Role.SENSITIVE))
    page = holder.get("/users?q=harbour").text
    assert ("petra@harbour.example" in page, PERMISSION in page) == (True, True)


def test_the_audit_log_hides_their_permission(
    session: Session, partners: tuple[User, User], sign_in: SignIn
) -> None:
    def rows(page: str) -> list[str]:
        return [re.sub(r"<[^>]+>|\s+", " ", row) for row in re.findall(r"<tr.*?</tr>", page, re.S)]

    subject = f"/audit?subject=user+{public_id('users', partners[0].id)}"
    shown = rows(sign_in(accounts.user(Role.ADMIN)).get(subject).text)
    assert [row for row in shown if "Partner coordinator" in row]
    assert not [row for row in shown if PERMISSION in row]
    holder = sign_in(accounts.user(Role.ADMIN, Role.COORDINATOR, Role.SENSITIVE))
    assert [row for row in rows(holder.get(subject).text) if PERMISSION in row]
    somebody = accounts.coordinator()  # for coordinators the permission reveals nothing
    subject = f"/audit?subject=user+{public_id('users', somebody.id)}"
    shown = rows(sign_in(accounts.user(Role.ADMIN)).get(subject).text)
    assert [row for row in shown if PERMISSION in row]


def test_a_future_permission_looks_absent(
    session: Session, partners: tuple[User, User], sign_in: SignIn
) -> None:
    partner = partners[0]
    begins = clock.today() + timedelta(days=9)
    to_come = RoleGrant(user_id=partner.id, role=Role.SENSITIVE, from_on=begins)
    session.add(to_come)
    session.flush()
    address = at(f"/users/{partner.id}/roles/{to_come.id}/cancel")
    assert sign_in(accounts.user(Role.ADMIN)).post(address).status_code == 404
    holder = accounts.user(Role.ADMIN, Role.COORDINATOR, Role.SENSITIVE)
    assert "Cancelled" in sign_in(holder).post(address, follow_redirects=True).text


def test_changing_other_roles_keeps_the_permission(
    session: Session, partners: tuple[User, User], sign_in: SignIn
) -> None:
    client = sign_in(accounts.user(Role.ADMIN))
    reply = client.post(
        f"/users/{public_id('users', partners[0].id)}/roles", data={"roles": ["analyst"]}
    )
    assert reply.status_code == 302
    roles = queries.roles_held(partners[0].id, clock.today())
    assert roles == {Role.PARTNER, Role.SENSITIVE, Role.ANALYST}
    assert client.get(at(f"/users/{partners[0].id}")).status_code == 200
