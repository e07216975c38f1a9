"""One code of the second factor, sent in several simultaneous transactions."""

from __future__ import annotations

import threading

import pyotp
import pytest
from flask import Flask

from app.accounts import queries
from app.core import audit, clock, encryption, ratelimit
from app.core.actor import PUBLIC, SYSTEM
from app.core.db import transaction
from app.core.errors import InvalidInput
from app.core.permissions import Role
from app.signin import credentials
from tests.factories import accounts

THIEVES = 6
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.mark.parametrize("last_step", [None, 1], ids=["first code", "later code"])
def test_only_one_of_several_simultaneous_attempts_succeeds(
    site: Flask, last_step: int | None
) -> None:
    with site.app_context(), transaction():
        audit.set_actor(SYSTEM)
        user = accounts.user(Role.ANALYST)
        user.totp_secret = encryption.encrypt("totp", SECRET.encode())
        user.totp_confirmed_at, user.totp_last_step = clock.now(), last_step
        user_id = user.id
    code = pyotp.TOTP(SECRET).at(clock.now())
    start = threading.Barrier(THIEVES)
    outcomes: list[str] = []

    def send() -> None:
        with site.app_context():
            try:
                with ratelimit.disable_limits(), transaction():
                    audit.set_actor(PUBLIC)
                    queries.user(user_id)  # load the user first, as a request does
                    start.wait(10)
                    credentials.sign_in_with_code(user_id, code)
                outcomes.append("in")
            except InvalidInput:
                outcomes.append("refused")

    threads = [threading.Thread(target=send) for _ in range(THIEVES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["in"] + ["refused"] * (THIEVES - 1)
