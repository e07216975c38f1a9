"""Managing users as an administrator: permissions, actions, and that champions stay hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import invitations, queries
from app.accounts.models import RoleGrant, User
from app.core import clock, links
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.messages.models import Message
from app.signin import passwords
from tests.addresses import at, public_id
from tests.factories import accounts
from tests.factories.accounts import LONG_AGO
from tests.integration.accounts import offer_steps

INVITATION_SENT = {"csrf_token": "a browser always sends one"}


def text_of(reply: Any) -> str:
    """Return the text of the page with single spaces."""
    return " ".join(reply.get_data(as_text=True).split())


def roles_of(user: User) -> set[Role]:
    """Return today's roles."""
    return set(queries.roles_held(user.id, clock.today()))


@pytest.fixture
def admin(session: Session) -> User:
    return accounts.user(Role.ADMIN, name="Ada Admin")


@pytest.fixture
def admin_client(admin: User, sign_in: Any) -> FlaskClient:
    client: FlaskClient = sign_in(admin)
    return client


def signed_in(client: FlaskClient, user: User) -> FlaskClient:
    """Return a new browser that is signed in as `user`."""
    other = client.application.test_client()
    with other.session_transaction() as cookie:
        cookie["_user_id"] = public_id("users", user.id)
        cookie["_fresh"] = True
        cookie["signed_in_at"] = clock.now().isoformat()
    return other


def invitation_token(session: Session, user: User) -> str:
    """Return the token of the newest invitation."""
    message = session.scalars(
        select(Message)
        .where(Message.user_id == user.id, Message.letter == "invitation")
        .order_by(Message.id.desc())
    ).first()
    assert message is not None
    return links.token(invitations.LINK, message.context["link"]["link_id"])


@pytest.mark.parametrize(
    "role",
    [Role.COORDINATOR, Role.TRAINER, Role.PARTNER, Role.ANALYST, Role.CHAMPION],
)
def test_only_administrators_can_open_the_pages(session: Session, sign_in: Any, role: Role) -> None:
    other = accounts.user(Role.TRAINER)
    path = at(f"/users/{other.id}")
    client = sign_in(accounts.user(role))
    for page in ("/users", "/users/new", path, f"{path}/roles", "/audit"):
        assert client.get(page).status_code == 404, page
    for verb in ("roles", "invite", "start-over", "deactivate", "bring-back"):
        assert client.post(f"{path}/{verb}").status_code == 404, verb
    assert client.post("/users/new", data={"name": "A", "email": "a@b.example"}).status_code == 404
    assert "Users" not in text_of(client.get("/"))
    assert (other.deactivated_at, roles_of(other)) == (None, {Role.TRAINER})


def test_the_list_names_no_champion(session: Session, admin_client: FlaskClient) -> None:
    champion = accounts.user(Role.CHAMPION, name="Zora Champion")
    both = accounts.user(Role.TRAINER, Role.CHAMPION, name="Zed Both")
    page = text_of(admin_client.get("/users?q=z"))
    assert "Zed Both" in page
    assert "Zora" not in page
    assert "Zora" not in text_of(admin_client.get("/users?q=z&gone=y"))
    for path in ("", "/roles", "/start-over", "/deactivate"):
        assert admin_client.get(at(f"/users/{champion.id}{path}")).status_code == 404
    for path in ("/invite", "/start-over", "/deactivate", "/bring-back", "/roles"):
        reply = admin_client.post(at(f"/users/{champion.id}{path}"), data={"roles": "trainer"})
        assert reply.status_code == 404
    assert admin_client.get(at("/users/987654321")).status_code == 404
    page = text_of(admin_client.get(at(f"/users/{both.id}")))
    assert "Trainer" in page
    assert ">Champion<" not in page


def test_the_list_is_filtered_and_paged(session: Session, admin_client: FlaskClient) -> None:
    for number in range(27):
        accounts.user(Role.TRAINER, name=f"Pager {number:02}")
    former_user = accounts.user(Role.TRAINER, name="Pager Gone", until_on=LONG_AGO)
    first = text_of(admin_client.get("/users?q=pager"))
    assert ("Pager 00" in first, "Pager 24" in first, "Pager 25" in first) == (True, True, False)
    after = first.partition('class="app-paging__older" href="')[2].partition('"')[0]
    second = text_of(admin_client.get(after.replace("&amp;", "&")))
    assert ("Pager 24" in second, "Pager 26" in second, former_user.name in second) == (
        False,
        True,
        False,
    )
    assert former_user.name in text_of(admin_client.get("/users?q=pager+gone&gone=y"))
    assert "No role today" in text_of(admin_client.get("/users?q=pager+gone&gone=y"))
    assert "No users found" in text_of(admin_client.get("/users?q=nobody+of+this+name"))
    for nonsense in ("nonsense", "WzEsMl0", "WyJhIiwgImIiXQ"):
        assert admin_client.get(f"/users?after={nonsense}").status_code == 200


def test_the_list_shows_the_state_of_an_account(
    session: Session, admin_client: FlaskClient
) -> None:
    someone = accounts.user(Role.TRAINER, name="Sam Steps")
    assert "Not set up yet" in text_of(admin_client.get("/users?q=sam+steps"))
    someone.password_hash = "not a real one"
    assert "No second factor" in text_of(admin_client.get("/users?q=sam+steps"))
    someone.totp_confirmed_at = clock.now()
    assert "Set up" in text_of(admin_client.get("/users?q=sam+steps"))
    someone.deactivated_at = clock.now()
    assert "Sam Steps" not in text_of(admin_client.get("/users?q=sam+steps"))
    assert "Deactivated" in text_of(admin_client.get("/users?q=sam+steps&gone=y"))


# --- inviting ---


def test_an_administrator_can_invite_somebody(session: Session, admin_client: FlaskClient) -> None:
    reply = admin_client.post(
        "/users/new",
        data={"name": "New Trainer", "email": "NEW@users.example", "roles": ["trainer", "analyst"]},
        follow_redirects=True,
    )
    page = text_of(reply)
    assert "We have emailed the invitation" in page
    assert ("New Trainer" in page, "Analyst" in page) == (True, True)
    assert queries.user_by_email("new@users.example") is None
    assert offer_steps.accept(admin_client, session, "NEW@users.example").status_code == 302
    user = queries.user_by_email("new@users.example")
    assert user is not None
    assert roles_of(user) == {Role.ANALYST}
    offer_steps.agree()
    assert roles_of(user) == {Role.TRAINER, Role.ANALYST}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"email": "x@users.example", "roles": "trainer"}, "Enter their full name"),
        ({"name": "Kept Name", "roles": "trainer"}, "Enter their email address"),
        ({"name": "Kept Name", "email": "nonsense", "roles": "trainer"}, "email address"),
        ({"name": "Kept Name", "email": "x@users.example"}, "Choose at least one role"),
        (
            {"name": "Kept Name", "email": "x@users.example", "roles": "sensitive"},
            "Choose one of these roles too",
        ),
        (
            {"name": "Kept Name", "email": "x@users.example", "roles": "partner"},
            "Choose one of the answers",
        ),
        (
            {"name": "Kept Name", "email": "x@users.example", "roles": "queen"},
            "Choose one of the answers",
        ),
    ],
)
def test_invalid_input_gets_an_error_message_and_is_kept(
    session: Session, admin_client: FlaskClient, data: dict[str, str], message: str
) -> None:
    reply = admin_client.post("/users/new", data=data)
    page = text_of(reply)
    assert (reply.status_code, message in page) == (422, True)
    assert ("Kept Name" in page) == ("name" in data)
    assert queries.user_by_email("x@users.example") is None


@pytest.mark.parametrize("role", [Role.TRAINER, Role.CHAMPION])
def test_an_address_in_use_gets_the_same_response(
    session: Session, admin_client: FlaskClient, role: Role
) -> None:
    known = accounts.user(role, email="known@users.example", name="Secret Name")
    reply = admin_client.post(
        "/users/new",
        data={"name": "Name At Work", "email": "KNOWN@users.example", "roles": "admin"},
        follow_redirects=True,
    )
    page = text_of(reply)
    assert ("We have emailed the invitation" in page, "Name At Work" in page) == (True, True)
    assert ("Secret Name" in page) == (role is Role.TRAINER)  # only in the list of users
    assert roles_of(known) == {role}


# --- roles ---


def test_changing_roles_keeps_their_history(session: Session, admin_client: FlaskClient) -> None:
    user = accounts.user(Role.TRAINER, name="Rae Roles")
    path = at(f"/users/{user.id}/roles")
    page = text_of(admin_client.get(path))
    assert 'value="trainer" checked' in page
    data = {"roles": ["coordinator", "sensitive"]}
    page = text_of(admin_client.post(path, data=data, follow_redirects=True))
    assert (
        "Nobody can approve or refuse one of the roles" in page
    )  # there is only one administrator
    assert roles_of(user) == set()  # removed roles end immediately
    offer_steps.agree()
    page = text_of(admin_client.get(at(f"/users/{user.id}")))
    assert "Can see who chose a sensitive network" in page
    assert roles_of(user) == {Role.COORDINATOR, Role.SENSITIVE}
    ended = session.scalars(
        select(RoleGrant).where(RoleGrant.user_id == user.id, RoleGrant.role == Role.TRAINER)
    ).one()
    assert ended.until_on == clock.today() - timedelta(days=1)
    assert "1 April 2019" in page
    admin_client.post(path, data={"roles": "trainer"})
    offer_steps.agree()
    assert roles_of(user) == {Role.TRAINER}
    assert queries.roles_held(user.id, LONG_AGO) == {Role.TRAINER}
    verbs = session.scalars(
        select(AuditEntry.verb).where(AuditEntry.subject_type == "role_grants").distinct()
    )
    assert {"user.grant", "user.end-role"} <= set(verbs)


def test_a_role_taken_away_closes_its_pages_immediately(
    session: Session, admin_client: FlaskClient
) -> None:
    user = accounts.user(Role.COORDINATOR)
    user_client = signed_in(admin_client, user)
    assert user_client.get("/people").status_code == 200
    admin_client.post(at(f"/users/{user.id}/roles"), data={"roles": "analyst"})
    assert user_client.get("/people").status_code == 404
    assert user_client.get("/coverage").status_code == 200


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ([], "Choose at least one role"),
        (["sensitive"], "Choose one of these roles too"),
        (["trainer", "partner"], "Choose one of the answers"),
    ],
)
def test_invalid_roles_are_refused(
    session: Session, admin_client: FlaskClient, roles: list[str], message: str
) -> None:
    user = accounts.user(Role.TRAINER)
    reply = admin_client.post(
        at(f"/users/{user.id}/roles"), data={"roles": roles} | INVITATION_SENT
    )
    assert (reply.status_code, message in text_of(reply)) == (422, True)
    assert roles_of(user) == {Role.TRAINER}


def test_a_partner_coordinator_keeps_that_role(session: Session, admin_client: FlaskClient) -> None:
    user = accounts.user(Role.PARTNER)
    path = at(f"/users/{user.id}/roles")
    assert "The user will still be a partner coordinator" in text_of(admin_client.get(path))
    admin_client.post(path, data={"roles": "analyst"})
    assert roles_of(user) == {Role.PARTNER, Role.ANALYST}
    admin_client.post(path, data=INVITATION_SENT)
    assert roles_of(user) == {Role.PARTNER}


# --- accounts ---


def test_an_invitation_can_be_sent_again(session: Session, admin_client: FlaskClient) -> None:
    user = accounts.user(Role.TRAINER, email="again@users.example")
    invitations.send_invitation(SYSTEM, user)
    before = invitation_token(session, user)
    assert "Send the invitation again" in text_of(admin_client.get(at(f"/users/{user.id}")))
    admin_client.post(at(f"/users/{user.id}/invite"))
    assert admin_client.get(f"/invitation/{before}").status_code == 410
    assert admin_client.get(f"/invitation/{invitation_token(session, user)}").status_code == 200
    user.password_hash = passwords.hash_password("otter lantern gravel")
    assert admin_client.post(at(f"/users/{user.id}/invite")).status_code == 409


def test_the_sign_in_can_be_reset_after_a_lost_phone(
    session: Session, admin_client: FlaskClient
) -> None:
    user = accounts.user(Role.COORDINATOR)
    user.password_hash, user.totp_secret = "hash", "JBSWY3DP"
    user.totp_confirmed_at, user.totp_last_step = clock.now(), 1
    user_client = signed_in(admin_client, user)
    assert user_client.get("/people").status_code == 200
    path = at(f"/users/{user.id}/start-over")
    assert "sign the user out on all devices" in text_of(admin_client.get(path))
    assert user.password_hash == "hash"
    admin_client.post(path)
    kept = (user.password_hash, user.totp_secret, user.totp_confirmed_at, user.totp_last_step)
    assert kept == (None, None, None, None)
    assert user_client.get("/people").status_code == 302
    assert admin_client.get(f"/invitation/{invitation_token(session, user)}").status_code == 200
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "user.start-over")).one()
    assert "JBSWY3DP" not in str(entry.changes)


def test_an_account_can_be_deactivated_and_reactivated(
    session: Session, admin_client: FlaskClient
) -> None:
    user = accounts.user(Role.COORDINATOR, email="gone@users.example")
    invitations.send_invitation(SYSTEM, user)
    user_client, token = signed_in(admin_client, user), invitation_token(session, user)
    assert user_client.get("/people").status_code == 200
    path = at(f"/users/{user.id}/deactivate")
    assert "will not be able to sign in" in text_of(admin_client.get(path))
    assert user.deactivated_at is None
    page = text_of(admin_client.post(path, follow_redirects=True))
    assert ("Reactivate" in page, "Change roles" in page) == (True, False)
    assert user_client.get("/people").status_code == 302
    assert admin_client.get(f"/invitation/{token}").status_code == 410
    first = user.deactivated_at
    admin_client.post(path)
    assert user.deactivated_at == first
    reply = admin_client.post(at(f"/users/{user.id}/roles"), data={"roles": "analyst"})
    assert (reply.status_code, "Reactivate it first" in text_of(reply)) == (422, True)
    admin_client.post(at(f"/users/{user.id}/bring-back"))
    assert (user.deactivated_at, roles_of(user)) == (None, {Role.COORDINATOR})
    assert user_client.get("/people").status_code == 302  # earlier sessions stay ended
    assert admin_client.get(f"/invitation/{token}").status_code == 410
    verbs = session.scalars(
        select(AuditEntry.verb)
        .where(AuditEntry.subject_type == "users", AuditEntry.subject_id == user.id)
        .order_by(AuditEntry.id.desc())
        .limit(2)
    ).all()
    assert verbs == ["user.bring-back", "user.deactivate"]


def test_administrators_cannot_lock_themselves_out(
    session: Session, admin_client: FlaskClient, admin: User
) -> None:
    other = accounts.user(Role.ADMIN)
    reply = admin_client.post(at(f"/users/{admin.id}/roles"), data={"roles": "trainer"})
    assert (reply.status_code, "You cannot remove your own" in text_of(reply)) == (422, True)
    reply = admin_client.post(at(f"/users/{admin.id}/deactivate"))
    assert (reply.status_code, "You cannot deactivate" in text_of(reply)) == (422, True)
    assert at(f"/users/{admin.id}/deactivate") not in text_of(
        admin_client.get(at(f"/users/{admin.id}"))
    )
    assert (admin.deactivated_at, roles_of(admin)) == (None, {Role.ADMIN})
    admin_client.post(at(f"/users/{other.id}/deactivate"))
    assert other.deactivated_at is not None
