"""A role that reads people or grants roles needs a second person, or 24 hours, on every path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import powers, queries
from app.accounts.models import Offer, RoleRequest, User
from app.core import clock
from app.core.actor import SYSTEM
from app.core.permissions import NEEDS_SECOND_PERSON, Role
from app.messages.models import Message
from tasks.schedule import TIMETABLE
from tests.addresses import at
from tests.factories import accounts, organisations
from tests.integration.accounts import offer_steps

DAY = powers.WAIT + timedelta(minutes=1)


def _roles(user: User) -> frozenset[Role]:
    return queries.roles_held(user.id, clock.today())


def _request_roles(
    client: FlaskClient, user: User, *roles: Role, why: str = "Jo is leaving"
) -> Any:
    data = {"roles": [role.value for role in roles], "why": why}
    return client.post(at(f"/users/{user.id}/roles"), data=data, follow_redirects=True)


def _request(session: Session, user: User, role: Role | None = None) -> RoleRequest:
    query = select(RoleRequest).where(RoleRequest.user_id == user.id)
    if role is not None:
        query = query.where(RoleRequest.role == role)
    return session.scalars(query.order_by(RoleRequest.id.desc()).limit(1)).one()


def _recipients(session: Session, letter: str) -> set[str]:
    return set(session.scalars(select(Message.address).where(Message.letter == letter)))


@pytest.fixture
def admin(session: Session) -> User:
    return accounts.user(Role.ADMIN, name="Ada Min", email="ada@second.example")


@pytest.fixture
def holder(session: Session) -> User:
    """Return a user with every power except an administrator's."""
    return accounts.coordinator(name="Cora Holder", email="cora@second.example")


def test_which_roles_need_a_second_person() -> None:
    assert frozenset(Role) - NEEDS_SECOND_PERSON == {Role.CHAMPION, Role.ANALYST}


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.TRAINER, Role.ADMIN])
def test_an_administrator_alone_cannot_give_a_power(
    client: FlaskClient, sign_in: Any, session: Session, admin: User, holder: User, role: Role
) -> None:
    second = accounts.user(Role.ADMIN, name="Second Admin", email="second@second.example")
    user = accounts.user(Role.ANALYST, name="New Power")
    page = _request_roles(sign_in(admin), user, Role.ANALYST, role).text
    assert "when a second person approves it" in page
    assert "Waiting for approval by a second person" in page
    assert _roles(user) == {Role.ANALYST}
    decides = second if role is Role.ADMIN else holder
    assert _recipients(session, powers.ROLE_REQUESTED) == {decides.email}
    request = _request(session, user)
    own = client.post(at(f"/roles/{request.id}/agree"), follow_redirects=True)
    assert _roles(user) == {Role.ANALYST}
    assert own.status_code in (200, 404)
    sign_in(decides)
    assert "Approve or refuse 1 role" in client.get("/").text
    shown = client.get(at(f"/roles/{request.id}")).text
    for fact in ("New Power", "Ada Min", "Jo is leaving", user.email):
        assert fact in shown
    client.post(at(f"/roles/{request.id}/agree"))
    assert _roles(user) == {Role.ANALYST, role}
    assert _recipients(session, powers.ROLE_DECIDED) == {user.email, admin.email}
    assert client.post(at(f"/roles/{request.id}/agree"), follow_redirects=True).status_code == 200


def test_a_decided_request_looks_absent_to_other_readers(
    client: FlaskClient, sign_in: Any, session: Session, admin: User, holder: User
) -> None:
    user = accounts.user(Role.ANALYST)
    _request_roles(sign_in(admin), user, Role.ANALYST, Role.COORDINATOR)
    request = _request(session, user)
    client.post(at(f"/roles/{request.id}/refuse"))
    sign_in(accounts.user(Role.SAFEGUARDING))
    for verb in ("agree", "refuse"):
        decided, absent = (
            client.post(at(f"/roles/{number}/{verb}")) for number in (request.id, 987_654)
        )
        assert decided.status_code == absent.status_code == 404


def test_another_administrator_decides_about_a_power_without_holders(
    client: FlaskClient, sign_in: Any, session: Session, admin: User
) -> None:
    second = accounts.user(Role.ADMIN, name="Second Admin", email="second@second.example")
    user = accounts.user(Role.ANALYST, name="First Lead")
    _request_roles(sign_in(admin), user, Role.ANALYST, Role.SAFEGUARDING)
    assert _recipients(session, powers.ROLE_REQUESTED) == {second.email}
    request = _request(session, user)
    client.post(at(f"/roles/{request.id}/agree"))
    assert _roles(user) == {Role.ANALYST}
    sign_in(second)
    assert client.get(at(f"/roles/{request.id}")).status_code == 200
    client.post(at(f"/roles/{request.id}/agree"))
    assert _roles(user) == {Role.ANALYST, Role.SAFEGUARDING}


def test_a_role_starts_after_24_hours_unless_a_holder_refuses(
    client: FlaskClient, sign_in: Any, session: Session, admin: User, holder: User
) -> None:
    waiting, refused = accounts.user(Role.ANALYST), accounts.user(Role.ANALYST)
    sign_in(admin)
    for user in (waiting, refused):
        _request_roles(client, user, Role.ANALYST, Role.COORDINATOR)
    with clock.frozen(clock.now() + powers.WAIT - timedelta(minutes=1)):
        _run_task()
        assert _roles(waiting) == {Role.ANALYST}
    sign_in(holder)
    client.post(at(f"/roles/{_request(session, refused).id}/refuse"))
    with clock.frozen(clock.now() + DAY):
        _run_task()
        _run_task()
        assert _roles(waiting) == {Role.ANALYST, Role.COORDINATOR}
        assert _roles(refused) == {Role.ANALYST}


def _run_task() -> None:
    """Run the scheduled task in the test's transaction."""
    powers.grant_due_roles(clock.today())


def test_the_task_that_starts_roles_is_in_the_timetable() -> None:
    assert "roles.settle" in {entry["task"] for entry in TIMETABLE.values()}


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ANALYST])
def test_users_cannot_give_themselves_a_role(
    sign_in: Any, session: Session, admin: User, holder: User, role: Role
) -> None:
    page = _request_roles(sign_in(admin), admin, Role.ADMIN, role)
    assert page.status_code == 422
    assert "You cannot give yourself a role" in page.text
    with clock.frozen(clock.now() + DAY):
        _run_task()
        assert _roles(admin) == {Role.ADMIN}


def test_the_sensitive_permission_needs_a_holder_of_it(
    client: FlaskClient, sign_in: Any, session: Session, admin: User, holder: User
) -> None:
    without = accounts.coordinator(sensitive=False, email="without@second.example")
    user = accounts.coordinator(sensitive=False)
    _request_roles(sign_in(admin), user, Role.COORDINATOR, Role.SENSITIVE)
    request = _request(session, user)
    assert _recipients(session, powers.ROLE_REQUESTED) == {holder.email}
    sign_in(without)
    assert client.get(at(f"/roles/{request.id}")).status_code == 404
    assert client.post(at(f"/roles/{request.id}/agree")).status_code == 404
    assert client.post(at(f"/roles/{request.id}/refuse")).status_code == 404
    assert user.name not in client.get("/roles").text
    sign_in(user)  # a coordinator, but the role is for them
    assert client.post(at(f"/roles/{request.id}/agree")).status_code == 404
    sign_in(holder)
    client.post(at(f"/roles/{request.id}/agree"))
    assert Role.SENSITIVE in _roles(user)


def _record_invitations(session: Session, *users: User) -> None:
    """Record that each of these users invited the next."""
    for inviter, invited in zip(users, users[1:], strict=False):
        now = clock.now()
        session.add(
            Offer(
                email=invited.email, name=invited.name, roles=["admin"], asked_at=now,
                asked_by_user_id=inviter.id, expires_at=now, accepted_at=now, user_id=invited.id,
            )
        )  # fmt: skip
    session.flush()


@pytest.mark.parametrize("chain", [(0, 1), (1, 0), (0, 2, 1), (2, 0, 3, 1)])
def test_nobody_can_agree_through_a_related_account(
    client: FlaskClient, sign_in: Any, session: Session, admin: User, chain: Sequence[int]
) -> None:
    """One invited the other, or one person invited both, directly or through other accounts."""
    people = [
        admin,
        accounts.user(Role.ADMIN),
        accounts.user(Role.ADMIN),
        accounts.user(Role.ADMIN),
    ]
    if chain == (2, 0, 3, 1):
        _record_invitations(session, people[2], people[0])
        _record_invitations(session, people[2], people[3], people[1])
    else:
        _record_invitations(session, *(people[place] for place in chain))
    user = accounts.user(Role.ANALYST)
    _request_roles(sign_in(admin), user, Role.ANALYST, Role.ADMIN)
    request = _request(session, user)
    sign_in(people[1])
    assert "invited" in client.get(at(f"/roles/{request.id}")).text
    assert "Approve</button>" not in client.get(at(f"/roles/{request.id}")).text
    client.post(at(f"/roles/{request.id}/agree"))
    assert _roles(user) == {Role.ANALYST}
    independent = accounts.user(Role.ADMIN)
    sign_in(independent)
    client.post(at(f"/roles/{request.id}/agree"))
    assert Role.ADMIN in _roles(user)


def test_a_role_from_an_accepted_invitation_waits_too(
    client: FlaskClient, sign_in: Any, session: Session, admin: User, holder: User
) -> None:
    data = {"name": "New Coordinator", "email": "new@second.example", "roles": ["coordinator"]}
    sign_in(admin).post("/users/new", data=data | {"why": "We are growing"})
    assert offer_steps.accept(client, session, "new@second.example").status_code == 302
    user = queries.user_by_email("new@second.example")
    assert user is not None
    assert _roles(user) == frozenset()
    assert client.get("/people").status_code == 404
    request = _request(session, user)
    assert (request.why, request.asked_by_user_id) == ("We are growing", admin.id)
    sign_in(holder)
    client.post(at(f"/roles/{request.id}/agree"))
    assert _roles(user) == {Role.COORDINATOR}


def test_a_partner_coordinator_waits_for_a_second_coordinator(
    client: FlaskClient, sign_in: Any, session: Session, holder: User
) -> None:
    group = organisations.organisation(name="Otter Trust")
    other = accounts.coordinator(sensitive=False, email="other@second.example")
    new = {"name": "Pat Ner", "email": "pat@second.example"}
    sign_in(holder).post(at(f"/organisations/{group.id}/coordinators/new"), data=new)
    assert offer_steps.accept(client, session, "pat@second.example").status_code == 302
    user = queries.user_by_email("pat@second.example")
    assert user is not None
    assert _roles(user) == frozenset()
    assert "Otter Trust" in (_request(session, user).why or "")
    sign_in(holder)
    client.post(at(f"/roles/{_request(session, user).id}/agree"))
    assert _roles(user) == frozenset()
    sign_in(other)
    client.post(at(f"/roles/{_request(session, user).id}/agree"))
    assert _roles(user) == {Role.PARTNER}
    assert "Tess Rowe" in client.get(at(f"/organisations/{group.id}")).text


def test_a_request_ends_when_either_account_is_deactivated(
    sign_in: Any, session: Session, admin: User, holder: User
) -> None:
    first, second = accounts.user(Role.ANALYST), accounts.user(Role.ANALYST)
    for user in (first, second):
        _request_roles(sign_in(admin), user, Role.ANALYST, Role.COORDINATOR)
    first.deactivated_at = clock.now()
    with clock.frozen(clock.now() + DAY):
        _run_task()
        assert (_roles(first), Role.COORDINATOR in _roles(second)) == ({Role.ANALYST}, True)
    third = accounts.user(Role.ANALYST)
    _request_roles(sign_in(admin), third, Role.ANALYST, Role.COORDINATOR)
    admin.deactivated_at = clock.now()
    with clock.frozen(clock.now() + DAY):
        _run_task()
        assert _roles(third) == {Role.ANALYST}


def test_saving_twice_makes_one_request_and_unticking_withdraws_it(
    sign_in: Any, session: Session, admin: User, holder: User
) -> None:
    user = accounts.user(Role.ANALYST)
    client = sign_in(admin)
    for _ in range(2):
        _request_roles(client, user, Role.ANALYST, Role.TRAINER)
    assert len(queries.open_requests(user.id)) == 1
    assert 'value="trainer" checked' in client.get(at(f"/users/{user.id}/roles")).text
    _request_roles(client, user, Role.ANALYST)
    assert queries.open_requests(user.id) == []


def test_taking_a_role_away_takes_effect_immediately(
    client: FlaskClient, sign_in: Any, session: Session, admin: User
) -> None:
    user = accounts.user(Role.ANALYST, Role.COORDINATOR)
    _request_roles(sign_in(admin), user, Role.ANALYST)
    assert _roles(user) == {Role.ANALYST}


def test_a_deputy_is_agreed_in_advance_and_ends_automatically(
    client: FlaskClient, sign_in: Any, session: Session, admin: User, holder: User
) -> None:
    user = accounts.user(Role.ANALYST, name="Dee Puty")
    first, last = clock.today() + timedelta(days=10), clock.today() + timedelta(days=20)
    reply = sign_in(admin).post(at(f"/users/{user.id}/deputy"), data=_dates(first, last))
    assert reply.status_code == 302
    sign_in(holder)
    client.post(at(f"/roles/{_request(session, user).id}/agree"))
    assert [
        queries.roles_held(user.id, first + timedelta(days=each)) for each in (-1, 0, 10, 11)
    ] == [
        {Role.ANALYST},
        {Role.ANALYST, Role.COORDINATOR},
        {Role.ANALYST, Role.COORDINATOR},
        {Role.ANALYST},
    ]
    page = sign_in(admin).get(at(f"/users/{user.id}")).text
    assert "Dee Puty" in page


def _dates(first: date, last: date) -> dict[str, str]:
    found = {"role": "coordinator", "why": "Holidays"}
    for name, day in (("from_on", first), ("until_on", last)):
        parts = {"day": day.day, "month": day.month, "year": day.year}
        found |= {f"{name}-{part}": str(value) for part, value in parts.items()}
    return found


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [(-1, 5, "today or later"), (5, 4, "the same as or after the first day")],
)
def test_invalid_dates_of_a_deputy_are_refused(
    sign_in: Any, session: Session, admin: User, first: int, last: int, message: str
) -> None:
    user, today = accounts.user(Role.ANALYST), clock.today()
    days = _dates(today + timedelta(days=first), today + timedelta(days=last))
    reply = sign_in(admin).post(at(f"/users/{user.id}/deputy"), data=days)
    assert (reply.status_code, message in reply.text) == (422, True)
    assert "Holidays" in reply.text


def test_the_command_line_gives_a_role_immediately_and_tells_its_holders(
    app: Flask, session: Session, admin: User, holder: User
) -> None:
    user = accounts.user(Role.ANALYST, email="found@second.example")
    session.commit()
    words = ["accounts", "grant", user.email, "--role", "coordinator", "--json"]
    done = app.test_cli_runner().invoke(args=words)
    assert done.exit_code == 0, done.output
    assert '"coordinator"' in done.stdout
    assert _roles(user) == {Role.ANALYST, Role.COORDINATOR}
    assert _recipients(session, powers.ROLE_GRANTED) == {holder.email}


def test_a_single_sign_on_claim_only_makes_a_request(
    client: FlaskClient, sign_in: Any, session: Session, admin: User, holder: User
) -> None:
    user = accounts.user(Role.ANALYST)
    claimed = frozenset({Role.COORDINATOR, Role.CHAMPION, Role.ANALYST})
    powers.request_claimed_roles(user, claimed, clock.today())
    powers.request_claimed_roles(user, claimed, clock.today())
    assert len(queries.open_requests(user.id)) == 1
    with clock.frozen(clock.now() + 10 * DAY):
        _run_task()
        assert _roles(user) == {Role.ANALYST}
    sign_in(holder)
    client.post(at(f"/roles/{_request(session, user).id}/agree"))
    assert Role.COORDINATOR in _roles(user)


@pytest.mark.parametrize("role", [Role.CHAMPION, Role.TRAINER, Role.PARTNER, Role.ANALYST])
def test_readers_who_decide_nothing_find_no_requests(
    client: FlaskClient, sign_in: Any, session: Session, admin: User, holder: User, role: Role
) -> None:
    user = accounts.user(Role.ANALYST)
    _request_roles(sign_in(admin), user, Role.ANALYST, Role.TRAINER)
    request = _request(session, user)
    sign_in(accounts.user(role))
    for reply in (
        client.get("/roles"),
        client.get(at(f"/roles/{request.id}")),
        client.post(at(f"/roles/{request.id}/agree")),
        client.post(at(f"/roles/{request.id}/refuse")),
        client.post(at(f"/users/{user.id}/deputy")),
    ):
        assert reply.status_code == 404
    assert _roles(user) == {Role.ANALYST}


def test_holders_are_told_about_a_reactivated_account(
    sign_in: Any, session: Session, admin: User, holder: User
) -> None:
    user = accounts.user(Role.COORDINATOR)
    user.deactivated_at = clock.now()
    sign_in(admin).post(at(f"/users/{user.id}/bring-back"))
    assert _recipients(session, powers.ROLE_GRANTED) == {holder.email}
    assert SYSTEM.kind == "system"


def test_pressing_a_button_twice_leads_to_the_same_page(
    client: FlaskClient, sign_in: Any, session: Session, admin: User, holder: User
) -> None:
    for name, decision in (("Nell New", "agree"), ("Rufus New", "refuse")):
        user = accounts.user(Role.ANALYST, name=name)
        _request_roles(sign_in(admin), user, Role.ANALYST, Role.COORDINATOR)
        address = at(f"/roles/{_request(session, user).id}/{decision}")
        sign_in(holder)
        presses = [client.post(address, data={"csrf_token": name}) for _ in range(2)]
        assert [(each.status_code, each.location) for each in presses] == [(302, "/roles")] * 2


def test_only_a_role_that_has_not_started_can_be_cancelled(
    client: FlaskClient, sign_in: Any, session: Session, admin: User, holder: User
) -> None:
    user = accounts.user(Role.ANALYST, name="Dee Puty")
    first, last = clock.today() + timedelta(days=10), clock.today() + timedelta(days=20)
    sign_in(admin).post(at(f"/users/{user.id}/deputy"), data=_dates(first, last))
    sign_in(holder)
    client.post(at(f"/roles/{_request(session, user).id}/agree"))
    session.refresh(user)
    to_come, started = sorted(user.grants, key=lambda each: each.role is Role.ANALYST)
    page = sign_in(admin).get(at(f"/users/{user.id}")).text
    cancel = at(f"/users/{user.id}/roles/{to_come.id}/cancel")
    assert cancel in page
    running = at(f"/users/{user.id}/roles/{started.id}/cancel")
    assert running not in page
    assert "has started" in client.post(running, follow_redirects=True).text
    assert client.post(at(f"/users/{admin.id}/roles/{to_come.id}/cancel")).status_code == 404
    assert sign_in(holder).post(cancel).status_code == 404
    assert "Cancelled" in sign_in(admin).post(cancel, follow_redirects=True).text
    assert queries.roles_held(user.id, first) == {Role.ANALYST}


def test_a_lead_may_be_given_the_permission_for_sensitive_networks(
    session: Session, sign_in: Any, admin: User, holder: User
) -> None:
    lead = accounts.user(Role.SAFEGUARDING, name="Lee Lead", email="lee@second.example")
    _request_roles(sign_in(admin), lead, Role.SAFEGUARDING, Role.SENSITIVE)
    assert _request(session, lead, Role.SENSITIVE) is not None
    assert _roles(lead) == {Role.SAFEGUARDING}
