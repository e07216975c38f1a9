"""Nobody can gain a power by taking it from all its holders.

Users get a letter when they lose a role.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import approvers, powers, queries
from app.accounts.models import RoleRequest, User
from app.core import clock
from app.core.permissions import Role
from app.messages.models import Message
from tests.addresses import at
from tests.factories import accounts

DAY = powers.WAIT + timedelta(minutes=1)


@pytest.fixture
def admin(session: Session) -> User:
    return accounts.user(Role.ADMIN, name="Ada Min", email="ada@losing.example")


def _coordinator(name: str, *, sensitive: bool = True) -> User:
    user = accounts.coordinator(name=name, email=f"{name}@losing.example", sensitive=sensitive)
    for grant in user.grants:
        grant.from_on = clock.today() - timedelta(days=90)
    return user


def _change(client: FlaskClient, user: User, *roles: Role) -> Any:
    data = {"roles": [role.value for role in roles], "why": "Jo is leaving"}
    return client.post(at(f"/users/{user.id}/roles"), data=data, follow_redirects=True)


def _recipients(session: Session, letter: str) -> set[str]:
    return set(session.scalars(select(Message.address).where(Message.letter == letter)))


def _request(session: Session, user: User) -> RoleRequest:
    return session.scalars(select(RoleRequest).where(RoleRequest.user_id == user.id)).one()


def _has_role(user: User, role: Role) -> bool:
    return role in queries.roles_held(user.id, clock.today())


def _starts_after(user: User, role: Role, after: timedelta = DAY) -> bool:
    with clock.frozen(clock.now() + after):
        powers.grant_due_roles(clock.today())
        return _has_role(user, role)


@pytest.mark.parametrize("how", ["role", "account"])
def test_a_user_who_loses_a_role_and_its_other_holders_are_told(
    session: Session, sign_in: Any, admin: User, how: str
) -> None:
    cora, dora = _coordinator("cora"), _coordinator("dora")
    _coordinator("without", sensitive=False)
    client = sign_in(admin)
    if how == "role":
        _change(client, cora, Role.COORDINATOR)
        assert _recipients(session, powers.ROLE_LOST) == {cora.email, dora.email}
    else:
        client.post(at(f"/users/{cora.id}/deactivate"))
        assert _recipients(session, powers.ROLE_LOST) >= {cora.email, dora.email}
    letters = session.scalars(select(Message).where(Message.letter == powers.ROLE_LOST)).all()
    assert {each.context["own"] for each in letters if each.address == cora.email} == {True}


def test_the_last_holder_can_refuse_after_losing_the_role(
    session: Session, sign_in: Any, admin: User
) -> None:
    cora, ally = _coordinator("cora"), _coordinator("ally", sensitive=False)
    second = accounts.user(Role.ADMIN, email="second@losing.example")
    client = sign_in(admin)
    _change(client, cora, Role.COORDINATOR)
    page = _change(client, ally, Role.COORDINATOR, Role.SENSITIVE).text
    assert "Nobody can approve or refuse" not in page
    assert "We have emailed everybody who can refuse it" in page
    assert _recipients(session, powers.ROLE_REQUESTED) == {cora.email}
    request = _request(session, ally)
    assert sign_in(second).get(at(f"/roles/{request.id}")).status_code == 404
    client = sign_in(cora)
    shown = client.get(at(f"/roles/{request.id}")).text
    assert "refuse the request but not approve it" in shown
    assert "Approve</button>" not in shown
    client.post(at(f"/roles/{request.id}/agree"))
    assert not _has_role(ally, Role.SENSITIVE)
    client.post(at(f"/roles/{request.id}/refuse"))
    session.refresh(request)
    assert request.given is False
    assert not _starts_after(ally, Role.SENSITIVE)


def test_a_role_starts_after_24_hours_if_the_last_holder_does_not_refuse(
    session: Session, sign_in: Any, admin: User
) -> None:
    cora, ally = _coordinator("cora"), _coordinator("ally", sensitive=False)
    client = sign_in(admin)
    _change(client, cora, Role.COORDINATOR)
    _change(client, ally, Role.COORDINATOR, Role.SENSITIVE)
    assert _starts_after(ally, Role.SENSITIVE)


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_role_does_not_start_by_itself_if_nobody_can_refuse(
    session: Session, sign_in: Any, admin: User, order: str
) -> None:
    cora, ally = _coordinator("cora"), _coordinator("ally", sensitive=False)
    accounts.user(Role.ADMIN, email="second@losing.example")
    client = sign_in(admin)
    if order == "after":
        _change(client, ally, Role.COORDINATOR, Role.SENSITIVE)
    client.post(at(f"/users/{cora.id}/deactivate"))
    if order == "before":
        page = _change(client, ally, Role.COORDINATOR, Role.SENSITIVE).text
        assert "Nobody can approve or refuse one of the roles at the moment" in page
        assert _recipients(session, powers.ROLE_REQUESTED) == set()
        assert (
            "only if somebody approves"
            in client.get(at(f"/roles/{_request(session, ally).id}")).text
        )
    assert not _starts_after(ally, Role.SENSITIVE)
    client.post(at(f"/users/{cora.id}/bring-back"))
    assert not _starts_after(ally, Role.SENSITIVE)  # she got no letter in time, or it was refused


def test_after_a_month_administrators_decide_about_a_power_without_holders(
    session: Session, sign_in: Any, admin: User
) -> None:
    cora, ally = _coordinator("cora"), _coordinator("ally", sensitive=False)
    second = accounts.user(Role.ADMIN, email="second@losing.example")
    _change(sign_in(admin), cora, Role.COORDINATOR)
    with clock.frozen(clock.now() + approvers.RECENT + timedelta(days=2)):
        _change(sign_in(admin), ally, Role.COORDINATOR, Role.SENSITIVE)
        assert _recipients(session, powers.ROLE_REQUESTED) == {second.email}
        sign_in(second).post(at(f"/roles/{_request(session, ally).id}/agree"))
        assert _has_role(ally, Role.SENSITIVE)


def test_a_partner_with_the_permission_cannot_decide_about_coordinators(
    session: Session, sign_in: Any, admin: User
) -> None:
    cora, ally = _coordinator("cora"), _coordinator("ally", sensitive=False)
    partner = accounts.user(Role.PARTNER, Role.SENSITIVE, email="partner@losing.example")
    _change(sign_in(admin), ally, Role.COORDINATOR, Role.SENSITIVE)
    assert _recipients(session, powers.ROLE_REQUESTED) == {cora.email}
    address = at(f"/roles/{_request(session, ally).id}")
    client = sign_in(partner)
    assert client.get(address).status_code == 404
    for verb in ("agree", "refuse"):
        assert client.post(f"{address}/{verb}").status_code == 404
    assert not _has_role(ally, Role.SENSITIVE)
    assert "Can see who chose a sensitive network" not in client.get("/roles").text
