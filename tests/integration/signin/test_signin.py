"""Signing in over HTTP: links, passwords, second factors, and what outsiders cannot learn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.accounts import invitations
from app.accounts.models import User
from app.accounts.service import create_user, grant_role
from app.core import clock, encryption, links
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.permissions import Role
from app.messages.models import Message
from app.signin import credentials, passwords, sessions, sign_in_links
from tests.addresses import public_id
from tests.factories import accounts

PASSWORD = "otter lantern gravel"
pytestmark = pytest.mark.usefixtures("no_attempts")


@pytest.fixture
def champion(session: Session) -> User:
    user = create_user(SYSTEM, "ann@signin.example", "Ann Smith")
    grant_role(SYSTEM, user, Role.CHAMPION, clock.today())
    return user


@pytest.fixture
def coordinator(session: Session) -> User:
    user = create_user(SYSTEM, "cora@signin.example", "Cora Day")
    grant_role(SYSTEM, user, Role.COORDINATOR, clock.today())
    user.password_hash = passwords.hash_password(PASSWORD)
    session.flush()
    return user


def _link_of(session: Session, user: User) -> str:
    message = session.scalars(
        select(Message).where(Message.user_id == user.id).order_by(Message.id.desc())
    ).first()
    assert message is not None
    return links.token(sign_in_links.LINK, message.context["link"]["link_id"])


def test_a_link_signs_in_once_and_only_when_the_button_is_pressed(
    client: FlaskClient, session: Session, champion: User
) -> None:
    client.post("/sign-in", data={"email": "ANN@signin.example"})
    token = _link_of(session, champion)
    for _ in range(3):  # a mail scanner
        assert client.get(f"/sign-in/link/{token}").status_code == 200
        assert client.get("/me").status_code == 302
    assert client.post(f"/sign-in/link/{token}").status_code == 302
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] == public_id("users", champion.id)
    other = client.application.test_client()
    assert other.post(f"/sign-in/link/{token}").status_code == 410


def test_a_link_expires_after_thirty_minutes(
    client: FlaskClient, session: Session, champion: User
) -> None:
    client.post("/sign-in", data={"email": champion.email})
    token = _link_of(session, champion)
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        assert client.get(f"/sign-in/link/{token}").status_code == 410
        assert client.post(f"/sign-in/link/{token}").status_code == 410


def test_the_page_does_not_reveal_whether_an_address_is_known(
    client: FlaskClient, session: Session, champion: User
) -> None:
    pages = []
    for email in (champion.email, "nobody@signin.example"):
        reply = client.post("/sign-in", data={"email": email}, follow_redirects=True)
        pages.append(reply.text.replace(email, "ADDRESS"))
    counts = [page.count("ADDRESS") for page in pages]
    assert counts[0] == counts[1] > 0
    written = session.scalars(select(Message).order_by(Message.id)).all()
    assert [(message.address, message.letter) for message in written] == [
        (champion.email, "sign-in"),
        ("nobody@signin.example", "sign-in-none"),
    ]


def test_an_unknown_address_runs_the_same_statements(
    client: FlaskClient, session: Session, champion: User, coordinator: User, no_attempts: None
) -> None:
    def work(email: str) -> list[str]:
        done: list[str] = []

        def note(*args: Any) -> None:
            if "SAVEPOINT" not in args[2]:
                done.append(" ".join(args[2].split()[:3]))

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            client.post("/sign-in", data={"email": email})
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return done

    known = work(champion.email)
    assert any("INSERT INTO messages" in each for each in known)
    assert work("nobody@signin.example") == work(coordinator.email) == known


def test_staff_get_a_letter_that_says_how_they_sign_in(
    client: FlaskClient, session: Session, coordinator: User
) -> None:
    client.post("/sign-in", data={"email": coordinator.email})
    letter = session.scalars(select(Message).where(Message.user_id == coordinator.id)).one()
    assert (letter.letter, letter.context["why"]) == ("sign-in-none", "password")
    assert "link" not in letter.context


def _try_password(client: FlaskClient, email: str, password: str) -> Any:
    return client.post("/sign-in/staff", data={"email": email, "password": password})


def test_the_right_password_signs_staff_in(client: FlaskClient, coordinator: User) -> None:
    wrong = _try_password(client, coordinator.email, "not the password")
    assert wrong.status_code == 422
    assert str(credentials.WRONG_PASSWORD) in wrong.text
    assert coordinator.email in wrong.text  # the form keeps what was typed
    right = client.post(
        "/sign-in/staff?next=/applications",
        data={"email": coordinator.email, "password": PASSWORD},
    )
    assert right.headers["Location"] == "/applications"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\n//evil.example",
        "/\t/evil.example",
        "/people\\..\\evil",
        "//[",
    ],
)
def test_next_never_leaves_the_site(client: FlaskClient, coordinator: User, target: str) -> None:
    reply = client.post(
        "/sign-in/staff",
        query_string={"next": target},
        data={"email": coordinator.email, "password": PASSWORD},
    )
    assert reply.headers["Location"] == "/"


def test_a_code_is_required_and_works_once(
    client: FlaskClient, session: Session, coordinator: User, no_attempts: None
) -> None:
    secret = pyotp.random_base32()
    coordinator.totp_secret = encryption.encrypt("totp", secret.encode())
    coordinator.totp_confirmed_at = clock.now()
    session.flush()
    assert _try_password(client, coordinator.email, PASSWORD).headers["Location"] == "/sign-in/code"
    assert client.post("/sign-in/code", data={"code": "000000"}).status_code == 422
    code = pyotp.TOTP(secret).at(clock.now())
    assert client.post("/sign-in/code", data={"code": code}).status_code == 302
    other = client.application.test_client()
    _try_password(other, coordinator.email, PASSWORD)
    assert other.post("/sign-in/code", data={"code": code}).status_code == 422


def test_production_refuses_staff_without_a_second_factor(
    client: FlaskClient, coordinator: User, monkeypatch: pytest.MonkeyPatch, no_attempts: None
) -> None:
    monkeypatch.setattr(credentials, "_code_is_required", credentials._is_staff)
    reply = _try_password(client, coordinator.email, PASSWORD)
    assert reply.status_code == 422
    assert "second factor" in reply.text


def test_an_invitation_sets_password_and_second_factor(
    client: FlaskClient, session: Session
) -> None:
    user = accounts.user(Role.TRAINER, email="tess@signin.example")
    invitations.send_invitation(SYSTEM, user)
    message = session.scalars(select(Message).where(Message.user_id == user.id)).one()
    token = links.token(invitations.LINK, message.context["link"]["link_id"])
    page = client.get(f"/invitation/{token}")
    assert page.status_code == 200
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    with client.application.app_context():
        box = encryption.encrypt("invitation", secret.encode())
    form = {"password": PASSWORD, "secret": box, "code": pyotp.TOTP(secret).at(clock.now())}
    weak = client.post(f"/invitation/{token}", data=form | {"password": "password1234"})
    assert weak.status_code == 422
    assert client.post(f"/invitation/{token}", data=form).status_code == 302
    assert client.get(f"/invitation/{token}").status_code == 410
    session.refresh(user)
    assert user.totp_confirmed_at is not None
    assert passwords.password_matches(user.password_hash, PASSWORD)


def test_the_audit_records_who_signed_in_without_secrets(
    client: FlaskClient, session: Session, coordinator: User, no_attempts: None
) -> None:
    _try_password(client, coordinator.email, PASSWORD)
    rows = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == coordinator.id)).all()
    assert "user.sign-in" in {row.verb for row in rows}
    assert not any(coordinator.password_hash in str(row.changes) for row in rows)
    assert not any(coordinator.email in str(row.changes) for row in rows)


def test_an_expired_session_shows_what_was_typed(
    client: FlaskClient, coordinator: User, no_attempts: None
) -> None:
    _try_password(client, coordinator.email, PASSWORD)
    with clock.frozen(clock.now() + sessions.STAFF_LIFETIME + timedelta(minutes=1)):
        sent = {"what_for": "two hundred <careful> words", "csrf_token": "a-token"}
        reply = client.post("/needs/new", data=sent)
        assert reply.status_code == 401
        assert "two hundred &lt;careful&gt; words" in reply.text
        assert "a-token" not in reply.text
        assert "/sign-in/staff?next=/needs/new" in reply.text
        page = client.get("/people?q=Ann")
        assert page.headers["Location"] == "/sign-in/staff?next=/people?q%3DAnn"
        assert "You have been signed out" in client.get(page.headers["Location"]).text
        _try_password(client, coordinator.email, PASSWORD)
        assert client.get("/people").status_code == 200


def test_form_values_are_not_shown_to_a_visitor_without_a_session(client: FlaskClient) -> None:
    reply = client.post("/needs/new", data={"what_for": "planted words"}, follow_redirects=True)
    assert reply.status_code == 200 and reply.request.path == "/sign-in"
    assert "planted words" not in reply.text and "You have been signed out" not in reply.text


def test_signing_out_ends_the_session(client: FlaskClient, sign_in: Any, champion: User) -> None:
    signed_in = sign_in(champion)
    copied = signed_in.get_cookie("session").value
    thief = client.application.test_client()
    thief.set_cookie("session", copied)
    assert thief.get("/me").status_code == 404  # signed in, but not a registered person
    assert "on every other device" in client.post("/sign-out", follow_redirects=True).text
    for browser in (client, thief):
        assert "/sign-in" in browser.get("/me").headers["Location"]
    thief.post("/sign-out")  # a session that has ended signs nobody out
    sign_in(champion)
    thief.post("/sign-out")
    assert client.get("/me").status_code == 404
