"""Guessing passwords and codes is slowed down, without locking out the owner or an office."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Thread
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock, encryption, links, ratelimit, throttling
from app.core.permissions import Role
from app.messages.models import Message
from app.messages.types import NOBODY
from app.signin import credentials, passwords, retry_links
from tests.factories import accounts

PASSWORD = "otter lantern gravel"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OFFICE, ELSEWHERE = "192.0.2.7", "198.51.100.9"
pytestmark = pytest.mark.usefixtures("no_attempts")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use cheap hashes and freeze the clock, so that a slow machine makes no difference."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
    passwords._dummy_hash.cache_clear()
    with clock.frozen(clock.now()):
        yield
    passwords._dummy_hash.cache_clear()


def _staff(name: str, *, code: bool = False) -> User:
    user = accounts.user(Role.ANALYST, email=f"{name}@guess.example", name=name)
    user.password_hash = passwords.hash_password(PASSWORD)
    if code:
        user.totp_secret = encryption.encrypt("totp", SECRET.encode())
        user.totp_confirmed_at = clock.now()
    return user


def _try_password(client: FlaskClient, email: str, password: str, source: str = OFFICE) -> Any:
    return client.post(
        "/sign-in/staff",
        data={"email": email, "password": password},
        environ_overrides={"REMOTE_ADDR": source},
    )


def _new_device(client: FlaskClient) -> FlaskClient:
    """Return a new browser."""
    return client.application.test_client()


def test_waits_grow_and_are_shown(client: FlaskClient, session: Session) -> None:
    user = _staff("ann")
    now = clock.now()
    seconds = []
    for number in range(18):
        with clock.frozen(now):
            reply = _try_password(client, user.email, "wrong", f"203.0.113.{number}")
            wait = int(reply.headers.get("Retry-After", "0"))
            assert reply.status_code == (429 if wait else 422)
            assert str(credentials.WRONG_PASSWORD) in reply.text
            assert user.email in reply.text  # the form keeps what was typed
            if wait > 1:
                early = _try_password(client, user.email, PASSWORD, f"203.0.113.{100 + number}")
                assert (early.status_code, str(credentials.WRONG_PASSWORD) in early.text) == (
                    429,
                    False,
                )
                assert f"Wait {throttling._format_duration(wait)}" in early.text
                assert "/sign-in/try-now" in early.text
        seconds.append(wait)
        now += timedelta(seconds=wait)
    assert seconds == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]
    with clock.frozen(now):
        assert _try_password(client, user.email, PASSWORD, "203.0.113.50").status_code == 302


def test_known_and_unknown_accounts_wait_equally(client: FlaskClient, session: Session) -> None:
    known = _staff("known")

    def answers(email: str, source: str) -> list[tuple[int, str | None, str]]:
        with clock.frozen(now):
            replies = [_try_password(client, email, "wrong", source) for _ in range(12)]
        return [
            (each.status_code, each.headers.get("Retry-After"), _without_request(each, email))
            for each in replies
        ]

    now = clock.now()
    assert answers(known.email, OFFICE) == answers("nobody@guess.example", ELSEWHERE)


def _without_request(reply: Any, email: str) -> str:
    page = reply.text.replace(email, "ADDRESS").replace(reply.headers["X-Request-ID"], "ID")
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def test_signing_in_does_not_allow_more_guesses_at_other_accounts(
    client: FlaskClient, session: Session
) -> None:
    own, others = _staff("own"), [_staff(f"other{number}") for number in range(24)]
    attacker = _new_device(client)
    outcomes = Counter[str]()
    for other in others * 3:
        assert _try_password(attacker, own.email, PASSWORD).status_code == 302
        attacker.post("/sign-out")
        reply = _try_password(attacker, other.email, "wrong")
        outcomes["judged" if reply.status_code == 422 else "slowed"] += 1
    assert outcomes == {
        "judged": throttling.SOURCE_FREE_ATTEMPTS,
        "slowed": 72 - throttling.SOURCE_FREE_ATTEMPTS,
    }
    # A slowed source has to wait before each attempt, even with the right password.
    refused = _try_password(attacker, others[0].email, PASSWORD)
    assert (refused.status_code, str(credentials.WRONG_PASSWORD) in refused.text) == (429, False)


def test_an_office_is_not_shut_out_by_one_attacker(client: FlaskClient, session: Session) -> None:
    office = [_staff(f"colleague{number}") for number in range(20)]
    for number in range(200):
        _try_password(client, f"somebody{number}@guess.example", "wrong")
    for _ in range(30):
        _try_password(client, office[0].email, "wrong", ELSEWHERE)
    for colleague in office[1:]:
        assert _try_password(_new_device(client), colleague.email, PASSWORD).status_code == 302
    assert _try_password(_new_device(client), office[0].email, PASSWORD).status_code == 429


@pytest.mark.parametrize("by", ["owner", "attacker"])
def test_one_typing_mistake_in_an_attacked_office_costs_seconds(
    client: FlaskClient, session: Session, by: str
) -> None:
    for number in range(200):
        _try_password(client, f"somebody{number}@guess.example", "wrong")
    user, owner = _staff("colleague"), _new_device(client)
    now, seconds = clock.now(), []
    for _ in range(8):
        with clock.frozen(now):
            wrong = _try_password(owner if by == "owner" else client, user.email, "wrong")
            seconds.append(int(wrong.headers["Retry-After"]))
            early = _try_password(owner, user.email, PASSWORD)
            assert (early.status_code, int(early.headers["Retry-After"])) == (429, seconds[-1])
        now += timedelta(seconds=seconds[-1])
    assert seconds == [2, 4, 8, 16, 32, 60, 60, 60]
    with clock.frozen(now):
        assert _try_password(owner, user.email, PASSWORD).status_code == 302


def test_the_owners_device_never_waits_for_an_attacker(
    client: FlaskClient, session: Session
) -> None:
    user = _staff("owner")
    device = _new_device(client)
    assert _try_password(device, user.email, PASSWORD).status_code == 302
    device.post("/sign-out")
    for _ in range(30):
        _try_password(client, user.email, "wrong")
    assert _try_password(client, user.email, PASSWORD).status_code == 429
    assert _try_password(device, user.email, PASSWORD).status_code == 302


def test_a_device_is_known_for_one_account_only_and_has_a_limit_too(
    client: FlaskClient, session: Session
) -> None:
    own, other = _staff("mine"), _staff("theirs")
    device = _new_device(client)
    assert _try_password(device, own.email, PASSWORD).status_code == 302
    device.post("/sign-out")
    for email in (other.email, own.email):
        replies = [_try_password(device, email, "wrong").status_code for _ in range(24)]
        assert replies.count(422) == throttling.FREE_ATTEMPTS - 1
    device.set_cookie("device", "made up")
    assert _try_password(device, other.email, PASSWORD).status_code == 429


def test_several_users_can_share_a_device(client: FlaskClient, session: Session) -> None:
    both = [_staff("early"), _staff("late")]
    device = _new_device(client)
    for user in both:
        assert _try_password(device, user.email, PASSWORD).status_code == 302
        device.post("/sign-out")
    for user in both:
        for _ in range(30):
            _try_password(client, user.email, "wrong", ELSEWHERE)
        assert _try_password(device, user.email, PASSWORD).status_code == 302


def _letter_to(session: Session, address: str) -> str:
    message = session.scalars(
        select(Message)
        .where(Message.letter == retry_links.LETTER, Message.address == address)
        .order_by(Message.id.desc())
    ).first()
    assert message is not None
    return links.token(retry_links.LINK, message.context["link"]["link_id"])


def test_a_link_by_email_allows_the_owner_to_try_immediately(
    client: FlaskClient, session: Session
) -> None:
    user = _staff("owner")
    for _ in range(30):
        _try_password(client, user.email, "wrong", ELSEWHERE)
    owner = _new_device(client)
    assert _try_password(owner, user.email, PASSWORD).status_code == 429
    reply = owner.post("/sign-in/try-now", data={"email": user.email}, follow_redirects=True)
    assert "Check your email" in reply.text
    token = _letter_to(session, user.email)
    for _ in range(3):  # a mail scanner
        assert _new_device(client).get(f"/sign-in/try-now/{token}").status_code == 200
    assert owner.post(f"/sign-in/try-now/{token}").status_code == 302
    assert owner.get("/users").status_code == 302  # the link signs nobody in
    assert _try_password(owner, user.email, PASSWORD).status_code == 302
    assert _new_device(client).post(f"/sign-in/try-now/{token}").status_code == 410
    assert _try_password(client, user.email, PASSWORD, ELSEWHERE).status_code == 429


def test_asking_for_the_link_does_not_reveal_whether_an_address_is_known(
    client: FlaskClient, session: Session
) -> None:
    user, champion = _staff("known"), accounts.user(Role.CHAMPION, email="c@guess.example")
    pages = []
    for email in (user.email, champion.email, "nobody@guess.example"):
        reply = client.post("/sign-in/try-now", data={"email": email}, follow_redirects=True)
        pages.append(reply.text.replace(email, "ADDRESS").split("<main")[1])
    assert pages[0] == pages[1] == pages[2]
    sent = session.scalars(select(Message).where(Message.letter == retry_links.LETTER)).all()
    assert [each.address for each in sent] == [user.email, NOBODY, NOBODY]
    assert client.get(f"/sign-in/try-now/{_letter_to(session, NOBODY)}").status_code == 410


def test_guessing_codes_is_slowed_without_shutting_out_the_owner(
    client: FlaskClient, session: Session
) -> None:
    user = _staff("coded", code=True)
    owner, thief = _new_device(client), _new_device(client)
    assert _try_password(owner, user.email, PASSWORD).headers["Location"] == "/sign-in/code"
    code = pyotp.TOTP(SECRET).at(clock.now())
    assert owner.post("/sign-in/code", data={"code": code}).status_code == 302
    owner.post("/sign-out")
    assert _try_password(thief, user.email, PASSWORD, ELSEWHERE).status_code == 302
    replies = [thief.post("/sign-in/code", data={"code": "000000"}) for _ in range(24)]
    assert [each.status_code for each in replies].count(422) == throttling.FREE_ATTEMPTS - 1
    assert "/sign-in/try-now" in replies[-1].text
    with clock.frozen(clock.now() + timedelta(seconds=60)):
        assert _try_password(owner, user.email, PASSWORD).status_code == 302
        code = pyotp.TOTP(SECRET).at(clock.now())
        assert owner.post("/sign-in/code", data={"code": code}).status_code == 302


def test_many_requests_for_links_shut_nobody_out(client: FlaskClient, session: Session) -> None:
    champion = accounts.user(Role.CHAMPION, email="colleague@guess.example")
    for number in range(throttling.PACE_FREE_REQUESTS):
        assert client.post("/sign-in", data={"email": f"{number}@x.example"}).status_code == 302
    assert "too many times" in client.post("/sign-in", data={"email": "1@x.example"}).text
    assert client.post("/sign-in", data={"email": champion.email}).status_code == 302
    assert session.scalars(select(Message).where(Message.user_id == champion.id)).all()


def test_all_addresses_of_an_ipv6_network_are_one_source() -> None:
    assert throttling.source_key("2001:db8:1:2::9") == throttling.source_key("2001:db8:1:2:ffff::1")
    assert throttling.source_key("2001:db8:1:2::9") != throttling.source_key("2001:db8:1:3::9")
    assert (
        throttling.source_key("::ffff:192.0.2.7")
        == throttling.source_key("192.0.2.7")
        == "192.0.2.7"
    )


def test_counters_contain_no_addresses(client: FlaskClient, session: Session, app: Flask) -> None:
    _try_password(client, "secret.name@guess.example", "wrong")
    with Redis.from_url(app.config["REDIS_URL"]) as valkey:
        kept = [key for key in valkey.scan_iter() if b"guess.example" in key or b"192.0" in key]
    assert kept == []


def test_sign_in_works_without_valkey(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = _staff("ann")
    unreachable = Redis.from_url("redis://127.0.0.1:1/0")
    monkeypatch.setattr(ratelimit, "client", lambda: unreachable)
    assert _try_password(client, user.email, "wrong").status_code == 422
    assert _try_password(client, user.email, PASSWORD).status_code == 302
    assert client.post("/sign-in/try-now", data={"email": user.email}).status_code == 302


def test_simultaneous_guesses_are_counted_one_by_one(app: Flask) -> None:
    def guess(number: int) -> str:
        with app.app_context():
            try:
                throttling.begin_attempt("password:together", f"203.0.113.{number}")
            except throttling.TooManyAttempts:
                return "has to wait"
            return "judged"

    with ThreadPoolExecutor(24) as threads:
        assert Counter(threads.map(guess, range(24)))["judged"] == throttling.FREE_ATTEMPTS


def test_an_office_can_sign_in_during_an_attack_from_the_same_address(app: Flask) -> None:
    """There are 20 correct and 200 wrong attempts at the same time, from one network address."""

    def act(number: int) -> str:
        with app.app_context():
            colleague = number % 11 == 0
            name = f"colleague{number}" if colleague else f"guess{number % 50}"
            try:
                attempt = throttling.begin_attempt(name, OFFICE)
            except throttling.TooManyAttempts:
                return "shut out" if colleague else "slowed"
            if colleague:
                attempt.mark_correct()
                return "in"
            return "judged"

    with ThreadPoolExecutor(16) as threads:
        outcomes = Counter(threads.map(act, range(220)))
    assert outcomes["in"] == 20
    assert outcomes["shut out"] == 0
    assert outcomes["judged"] <= 50 + throttling.SOURCE_FREE_ATTEMPTS


@pytest.fixture
def frozen_valkey(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A server that accepts connections and never answers, and how many it has accepted."""
    accepted: list[int] = []
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    kept.append(server.accept()[0])
                    accepted.append(len(kept))

        Thread(target=accept, daemon=True).start()
        store = Redis.from_url(
            f"redis://127.0.0.1:{server.getsockname()[1]}/0", socket_timeout=0.1, retry=None
        )
        monkeypatch.setattr(ratelimit, "client", lambda: store)
        yield accepted
        store.close()
        for each in kept:
            each.close()
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def test_a_frozen_valkey_is_asked_once_in_a_request(
    client: FlaskClient, session: Session, frozen_valkey: list[int]
) -> None:
    user = _staff("ann")
    assert _try_password(client, user.email, "wrong").status_code == 422
    assert len(frozen_valkey) == 1
    assert _try_password(client, user.email, PASSWORD).status_code == 302
    assert len(frozen_valkey) == 1
