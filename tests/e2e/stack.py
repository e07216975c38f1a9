"""Real processes for browser tests: gunicorn, a Celery worker and a mail server.

Each test process has its own database, Valkey database and ports, so that several can run at the
same time, next to a running `bin/run`.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from aiosmtpd.controller import Controller
from redis import Redis

from config import ROOT
from tests.databases import recreate, settings_for

START_WITHIN = 60  # seconds
IDLE_WITHIN = 10  # seconds


class Letterbox:
    """The handler of a mail server, which keeps the letters it receives in order.

    While `hold` is an event that is not set, the handler neither accepts nor refuses a letter.
    """

    def __init__(self) -> None:
        self.letters: list[tuple[str, EmailMessage]] = []
        self.hold: threading.Event | None = None
        self._is_holding = threading.Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Store a letter for each of its recipients."""
        hold = self.hold
        while hold is not None and not hold.is_set():
            self._is_holding.set()
            await asyncio.sleep(0.05)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        for recipient in envelope.rcpt_tos:
            self.letters.append((recipient, cast(EmailMessage, letter)))
        return "250 Taken"

    def to(self, address: str) -> list[EmailMessage]:
        """Return all letters to an address, oldest first."""
        return [letter for recipient, letter in self.letters if recipient == address]

    def wait_for(self, address: str, count: int = 1, within: float = 30) -> EmailMessage:
        """Wait until `count` letters to an address have arrived, and return the last of these."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            if len(self.to(address)) >= count:
                return self.to(address)[count - 1]
            time.sleep(0.1)
        raise AssertionError(f"No letter number {count} came to {address} in {within} seconds.")

    def empty(self) -> None:
        """Delete all letters and stop holding."""
        self.letters.clear()
        self.hold = None
        self._is_holding.clear()

    def wait_until_held(self, within: float = 30) -> None:
        """Wait until the handler is holding a letter."""
        assert self._is_holding.wait(within), f"No letter came in {within} seconds."

    @staticmethod
    def links(letter: EmailMessage) -> list[str]:
        """Return the URLs in a letter's plain text."""
        body = letter.get_body(("plain",))
        assert body is not None
        return re.findall(r"https?://\S+", cast(str, body.get_content()))


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """A running site."""

    url: str
    database: str
    environ: dict[str, str]
    letterbox: Letterbox
    log: Path  # the output of all processes
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> None:
        """Start or restart a process of the site."""
        with self.log.open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start_web(self) -> None:
        """Start gunicorn as bin/run does, but with one worker."""
        bind = self.url.removeprefix("http://")
        options = ["--bind", bind, "--worker-class", "gthread", "--workers", "1", "--threads", "4"]
        self.start("web", "gunicorn", *options, "--no-control-socket", "app:create_app()")

    def start_worker(self) -> None:
        """Start a Celery worker with one child."""
        self.start(
            "worker", "celery", "--app", "tasks.celery_app", "--quiet", "worker",
            "--concurrency", "1", "--loglevel", "warning", "--without-mingle", "--without-gossip",
        )  # fmt: skip

    def start_missing_processes(self) -> None:
        """Start every process that has died or that a test has stopped."""
        starters = {"web": self.start_web, "worker": self.start_worker}
        for name, start in starters.items():
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                start()
        self.wait_until_ready()

    def reset(self) -> None:
        """Replace the database, empty the broker and delete all letters.

        The processes keep running. The worker finishes its current task first, so that nothing from
        one test happens during the next. A worker that does not become idle is replaced.
        """
        valkey = Redis.from_url(self.environ["REDIS_URL"])
        if not _worker_is_idle(valkey):
            self.stop("worker", signal.SIGKILL)
        recreate(self.database)
        valkey.flushdb()
        self.letterbox.empty()
        self.start_missing_processes()

    def stop(self, name: str, how: int = signal.SIGTERM) -> None:
        """Stop a process and its children."""
        process = self.processes.pop(name)
        if process.poll() is None:
            os.killpg(process.pid, how)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def flask(self, *arguments: str) -> str:
        """Run a command of the application and return its standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app:create_app", *arguments],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def wait_until_ready(self) -> None:
        """Wait until the site answers."""
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as reply:
                    if reply.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(
            f"The site did not answer within {START_WITHIN} seconds:\n{self.log.read_text()}"
        )


def _worker_is_idle(valkey: Redis) -> bool:
    """Return whether the worker has no tasks, or finishes them within IDLE_WITHIN seconds."""
    until = time.monotonic() + IDLE_WITHIN
    while time.monotonic() < until:
        if not valkey.llen("celery") and not valkey.hlen("unacked"):
            return True
        time.sleep(0.05)
    return False


def _redis_url(worker_id: str, *, second: bool) -> str:
    """Return the URL of a separate Valkey database for this test process.

    Tests without a browser use database 0, and browser tests use 8 and above. `second` is for
    another site that runs at the same time.
    """
    number = 8 + int(re.sub(r"\D", "", worker_id) or 0) % 4 + 4 * second
    parts = urlsplit(os.environ["TEST_REDIS_URL"])
    return urlunsplit(parts._replace(path=f"/{number}"))


@contextmanager
def running_site(
    database: str,
    worker_id: str,
    *,
    second: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """Yield a site on `database` with a worker and a mail server, and stop it at the end.

    `settings` are environment variables of its processes.
    """
    letterbox = Letterbox()
    catcher = Controller(letterbox, hostname="127.0.0.1", port=free_port())
    catcher.start()
    port = free_port()
    defaults = settings_for(database)
    environ = os.environ | {
        "APP_ENV": "demo",
        "SECRET_KEY": defaults.secret_key,
        "DATABASE_URL": defaults.database_url,
        "MIGRATION_DATABASE_URL": defaults.migration_database_url,
        "REDIS_URL": _redis_url(worker_id, second=second),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MAIL_URL": f"smtp://127.0.0.1:{catcher.port}",
        "DEMO_PASSWORD": "otter lantern gravel",
        **(settings or {}),
    }
    with ExitStack() as at_the_end:
        folder = at_the_end.enter_context(tempfile.TemporaryDirectory(prefix="champion-e2e-"))
        log = Path(folder) / "log"
        stack = Stack(f"http://127.0.0.1:{port}", database, environ, letterbox, log)
        at_the_end.callback(catcher.stop)
        Redis.from_url(environ["REDIS_URL"]).flushdb()  # attempts and tasks of an earlier run
        stack.start_web()
        stack.start_worker()
        at_the_end.callback(lambda: [stack.stop(name) for name in list(stack.processes)])
        stack.wait_until_ready()
        yield stack
