"""“Your sign-in”: what staff can change after reauthentication, and letters about it."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import notifications
from app.accounts.models import RecoveryCode, User
from app.core import clock, encryption, programme
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.messages.models import Message
from app.signin import passwords, recovery_codes
from tests.factories import accounts

PASSWORD, NEW = "otter lantern gravel", "heron saucepan gravel"
SECRET, OTHER = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"
PAGES = ("password", "second-factor", "recovery-codes")
pytestmark = pytest.mark.usefixtures("no_attempts")


@pytest.fixture
def user(session: Session, monkeypatch: pytest.MonkeyPatch) -> User:
    """Return a coordinator who signs in with a password and a code. Hashes are cheap here."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
    made = accounts.user(Role.COORDINATOR, email="cora@own.example", name="Cora Day")
    made.password_hash = passwords.hash_password(PASSWORD)
    made.totp_secret = encryption.encrypt("totp", SECRET.encode())
    made.totp_confirmed_at = clock.now()
    session.flush()
    return made


def _code(secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def _password(client: FlaskClient, user: User, password: str = PASSWORD) -> Any:
    return client.post("/sign-in/staff", data={"email": user.email, "password": password})


def _sign_in(client: FlaskClient, user: User, code: str | None = None) -> Any:
    _password(client, user)
    return client.post("/sign-in/code", data={"code": code or _code()})


def _letter_count(session: Session, user: User) -> int:
    query = select(Message).where(
        Message.letter == notifications.LETTER, Message.user_id == user.id
    )
    return len(session.scalars(query).all())


def _verbs(session: Session, user: User) -> set[str]:
    query = select(AuditEntry.verb).where(
        AuditEntry.subject_type == "users", AuditEntry.subject_id == user.id
    )
    return set(session.scalars(query))


def _reauthenticate(client: FlaskClient, password: str = PASSWORD, code: str | None = None) -> Any:
    data = {"password": password, "code": code or _code()}
    return client.post("/your-sign-in/prove?next=/your-sign-in/password", data=data)


@pytest.mark.parametrize("page", PAGES)
def test_each_change_needs_recent_reauthentication(
    client: FlaskClient, sign_in: Any, user: User, page: str
) -> None:
    signed_in = sign_in(user)
    with signed_in.session_transaction() as cookie:
        del cookie["proved_at"]
    for reply in (
        signed_in.get(f"/your-sign-in/{page}"),
        signed_in.post(f"/your-sign-in/{page}", data={"password": NEW}),
    ):
        assert reply.headers["Location"] == f"/your-sign-in/prove?next=/your-sign-in/{page}"
    assert signed_in.get("/your-sign-in/prove").status_code == 200
    for wrong in ({"password": "wrong", "code": _code()}, {"password": PASSWORD, "code": "000000"}):
        assert signed_in.post("/your-sign-in/prove", data=wrong).status_code == 422
    assert signed_in.get(f"/your-sign-in/{page}").status_code == 302
    assert _reauthenticate(signed_in).headers["Location"] == "/your-sign-in/password"
    assert signed_in.get(f"/your-sign-in/{page}").status_code == 200
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert signed_in.get(f"/your-sign-in/{page}").status_code == 302


def test_signing_in_counts_as_reauthentication(client: FlaskClient, user: User) -> None:
    _sign_in(client, user)
    assert client.get("/your-sign-in/password").status_code == 200


def test_the_password_can_be_changed(client: FlaskClient, session: Session, user: User) -> None:
    other = client.application.test_client()
    _sign_in(other, user)
    with clock.frozen(clock.now() + timedelta(seconds=60)):
        _sign_in(client, user)
        for weak in ("short", "Breckland2026!", PASSWORD):
            page = client.post("/your-sign-in/password", data={"password": weak})
            assert (page.status_code, _letter_count(session, user)) == (422, 0)
        reply = client.post("/your-sign-in/password", data={"password": NEW}, follow_redirects=True)
        assert "Your password has been changed" in reply.text
        assert client.get("/your-sign-in").status_code == 200  # this device stays signed in
        assert other.get("/your-sign-in").status_code == 302  # the other one does not
        assert _letter_count(session, user) == 1
        assert "user.change-password" in _verbs(session, user)
        client.post("/sign-out")
        assert _password(client, user).status_code == 422
        assert _password(client, user, NEW).status_code == 302


def test_the_second_factor_can_be_changed(
    client: FlaskClient, session: Session, user: User
) -> None:
    _sign_in(client, user)
    codes = _make_codes(client)
    page = client.get("/your-sign-in/second-factor").text
    found = re.search(r'name="secret"[^>]*value="([^"]+)"', page)
    assert found is not None
    box = html.unescape(found.group(1))
    assert encryption.decrypt("second factor", box) != SECRET.encode()
    box = encryption.encrypt("second factor", OTHER.encode())
    wrong = client.post("/your-sign-in/second-factor", data={"secret": box, "code": "000000"})
    assert wrong.status_code == 422
    reply = client.post("/your-sign-in/second-factor", data={"secret": box, "code": _code(OTHER)})
    assert reply.status_code == 302
    assert _letter_count(session, user) == 2
    client.post("/sign-out")
    with clock.frozen(clock.now() + timedelta(seconds=60)):
        assert _sign_in(client, user, _code(SECRET)).status_code == 422
        assert _sign_in(client, user, codes[0]).status_code == 422
        assert _sign_in(client, user, _code(OTHER)).status_code == 302


def test_a_second_factor_can_be_added_for_the_first_time(
    client: FlaskClient, session: Session, user: User
) -> None:
    user.totp_secret = user.totp_confirmed_at = None
    _signed_in(client, user)
    page = client.get("/your-sign-in/second-factor").text
    assert "Add a second factor" in page
    assert "stop working" not in page
    data = {"secret": encryption.encrypt("second factor", OTHER.encode()), "code": _code(OTHER)}
    reply = client.post("/your-sign-in/second-factor", data=data, follow_redirects=True)
    assert "Your second factor is set up" in reply.text


def test_a_secret_that_the_page_did_not_offer_is_refused(
    client: FlaskClient, session: Session, user: User
) -> None:
    _sign_in(client, user)
    kept = user.totp_secret
    data = {"secret": OTHER, "code": _code(OTHER)}
    assert client.post("/your-sign-in/second-factor", data=data).status_code == 200
    session.refresh(user)
    assert user.totp_secret == kept


def _make_codes(client: FlaskClient) -> list[str]:
    page = client.post("/your-sign-in/recovery-codes")
    assert page.headers["Cache-Control"] == "no-store"
    return re.findall(r"<code>([0-9A-Z-]{19})</code>", page.text)


def test_recovery_codes_are_shown_once_stored_hashed_and_work_once(
    client: FlaskClient, session: Session, user: User
) -> None:
    assert "no recovery codes" in _signed_in(client, user).get("/your-sign-in").text
    codes = _make_codes(client)
    assert len(set(codes)) == recovery_codes.COUNT
    kept = session.scalars(select(RecoveryCode.code_hash)).all()
    assert not any(code.replace("-", "") in str(kept) for code in codes)
    assert codes[0] not in client.get("/your-sign-in/recovery-codes").text
    assert "10 codes left" in client.get("/your-sign-in").text
    client.post("/sign-out")
    assert _sign_in(client, user, codes[0].lower().replace("-", " ")).status_code == 302
    assert "9 codes left" in client.get("/your-sign-in").text
    assert "Password and recovery code" in client.get("/your-sign-in").text
    client.post("/sign-out")
    assert _sign_in(client, user, codes[0]).status_code == 422
    assert _sign_in(client, user, "AAAA-AAAA-AAAA-AAAA").status_code == 422
    assert _letter_count(session, user) == 2  # codes made, and one used


def _signed_in(client: FlaskClient, user: User) -> FlaskClient:
    _sign_in(client, user)
    return client


def test_new_codes_replace_the_old_ones(client: FlaskClient, session: Session, user: User) -> None:
    old = _make_codes(_signed_in(client, user))
    new = _make_codes(client)
    client.post("/sign-out")
    assert _sign_in(client, user, old[3]).status_code == 422
    assert _sign_in(client, user, new[3]).status_code == 302


def test_another_users_code_does_not_work(
    client: FlaskClient, session: Session, user: User
) -> None:
    codes = _make_codes(_signed_in(client, user))
    client.post("/sign-out")
    other = accounts.user(Role.TRAINER)
    other.password_hash, other.totp_secret = user.password_hash, user.totp_secret
    other.totp_confirmed_at = clock.now()
    assert _sign_in(client, other, codes[0]).status_code == 422


def test_codes_can_be_saved_as_a_file(client: FlaskClient, user: User) -> None:
    page = _signed_in(client, user).post("/your-sign-in/recovery-codes").text
    codes = re.findall(r"<code>([0-9A-Z-]{19})</code>", page)
    box = re.search(r'name="codes" value="([^"]+)"', page)
    assert box is not None
    sent = {"codes": html.unescape(box.group(1))}
    file = client.post("/your-sign-in/recovery-codes/file", data=sent)
    assert "attachment" in file.headers["Content-Disposition"]
    assert all(code in file.text for code in codes)
    late = client.post("/your-sign-in/recovery-codes/file", data={"codes": "made up"})
    assert late.status_code == 302


def test_all_other_devices_can_be_signed_out(client: FlaskClient, user: User) -> None:
    other = client.application.test_client()
    _sign_in(other, user)
    with clock.frozen(clock.now() + timedelta(seconds=60)):
        _sign_in(client, user)
        reply = client.post("/your-sign-in/sign-out-elsewhere", follow_redirects=True)
        assert "You have been signed out of all your other devices" in reply.text
        assert other.get("/your-sign-in").status_code == 302


def test_without_a_second_factor_only_the_password_is_required(
    client: FlaskClient, session: Session, sign_in: Any, user: User
) -> None:
    user.totp_secret = user.totp_confirmed_at = None
    signed_in = sign_in(user)
    assert "no second factor" in signed_in.get("/your-sign-in").text
    assert "Code from your app" not in signed_in.get("/your-sign-in/prove").text
    reply = signed_in.post("/your-sign-in/prove", data={"password": PASSWORD})
    assert reply.headers["Location"] == "/your-sign-in"
    assert signed_in.post("/your-sign-in/recovery-codes").status_code == 422


@pytest.mark.parametrize("role", sorted(Role))
def test_who_can_open_the_page(
    client: FlaskClient, sign_in: Any, session: Session, role: Role
) -> None:
    """Champions have no password. The sensitive permission alone does not make a user staff."""
    expected = 404 if role in (Role.CHAMPION, Role.SENSITIVE) else 200
    assert sign_in(accounts.user(role)).get("/your-sign-in").status_code == expected


def test_staff_are_signed_out_after_half_an_hour_of_inactivity(
    client: FlaskClient, session: Session, user: User
) -> None:
    now = clock.now()
    _sign_in(client, user)
    for minutes in (20, 40, 60, 80):
        with clock.frozen(now + timedelta(minutes=minutes)):
            assert client.get("/people").status_code == 200
    with clock.frozen(now + timedelta(minutes=111)):
        sent = client.post("/needs/new", data={"what_for": "two hundred careful words"})
        assert sent.status_code == 401
        assert "two hundred careful words" in sent.text
        assert "/sign-in/staff" in client.get("/people").headers["Location"]


def test_the_programme_sets_the_idle_time(
    client: FlaskClient, session: Session, user: User
) -> None:
    loaded = programme.current()
    assert loaded is not None
    loaded.settings = loaded.settings | {"staff_idle_minutes": 10}
    now = clock.now()
    _sign_in(client, user)
    with clock.frozen(now + timedelta(minutes=9)):
        assert client.get("/people").status_code == 200
    with clock.frozen(now + timedelta(minutes=20)):
        assert client.get("/people").status_code == 302


def test_champions_stay_signed_in(client: FlaskClient, session: Session, sign_in: Any) -> None:
    champion = sign_in(accounts.user(Role.CHAMPION))
    with clock.frozen(clock.now() + timedelta(hours=5)):
        assert champion.get("/me").status_code == 404  # signed in, but not a registered person
