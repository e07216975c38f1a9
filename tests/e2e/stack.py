"""The real thing for browser tests: gunicorn, a Celery worker and a mail catcher of their own.

Each test process has its own database, its own Valkey database and its own ports, so that two run
side by side and neither meets a running `bin/run`.
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
from collections.abc import Iterator
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
AT_REST_WITHIN = 10  # seconds


class Letterbox:
    """A mail server's other end: keeps what it is sent, in order.

    hold: while it is set to an event, a letter that comes is kept in hand, neither taken nor
    refused, until the event is.
    """

    def __init__(self) -> None:
        self.letters: list[tuple[str, EmailMessage]] = []
        self.hold: threading.Event | None = None
        self._in_hand = threading.Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """One more letter."""
        hold = self.hold
        while hold is not None and not hold.is_set():
            self._in_hand.set()
            await asyncio.sleep(0.05)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        for recipient in envelope.rcpt_tos:
            self.letters.append((recipient, cast(EmailMessage, letter)))
        return "250 Taken"

    def to(self, address: str) -> list[EmailMessage]:
        """All letters to one address, oldest first."""
        return [letter for recipient, letter in self.letters if recipient == address]

    def wait_for(self, address: str, count: int = 1, within: float = 30) -> EmailMessage:
        """The `count`-th letter to an address, once it has come."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            if len(self.to(address)) >= count:
                return self.to(address)[count - 1]
            time.sleep(0.1)
        raise AssertionError(f"No letter number {count} came to {address} in {within} seconds.")

    def empty(self) -> None:
        """Forget what came, as a new letterbox would."""
        self.letters.clear()
        self.hold = None
        self._in_hand.clear()

    def wait_until_held(self, within: float = 30) -> None:
        """Until a letter is in hand."""
        assert self._in_hand.wait(within), f"No letter came in {within} seconds."

    @staticmethod
    def links(letter: EmailMessage) -> list[str]:
        """The addresses in a letter's plain text."""
        body = letter.get_body(("plain",))
        assert body is not None
        return re.findall(r"https?://\S+", cast(str, body.get_content()))


def free_port() -> int:
    """A port nobody listens on now."""
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
    log: Path  # what all its processes write
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> None:
        """Start (again) one process of the site."""
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
        """gunicorn, as bin/run starts it but with one process."""
        bind = self.url.removeprefix("http://")
        options = ["--bind", bind, "--worker-class", "gthread", "--workers", "1", "--threads", "4"]
        self.start("web", "gunicorn", *options, "--no-control-socket", "app:create_app()")

    def start_worker(self) -> None:
        """One Celery worker."""
        self.start(
            "worker", "celery", "--app", "tasks.celery_app", "--quiet", "worker",
            "--concurrency", "1", "--loglevel", "warning", "--without-mingle", "--without-gossip",
        )  # fmt: skip

    def start_what_is_missing(self) -> None:
        """Start what a test stopped, or what has died."""
        starters = {"web": self.start_web, "worker": self.start_worker}
        for name, start in starters.items():
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                start()
        self.wait()

    def begin_again(self) -> None:
        """A new database, an empty broker and no letters, without starting the processes again.

        The worker first finishes what it has in hand, so that nothing of the test before happens
        during the next one. A worker that does not come to rest is replaced.
        """
        valkey = Redis.from_url(self.environ["REDIS_URL"])
        if not _at_rest(valkey):
            self.stop("worker", signal.SIGKILL)
        recreate(self.database)
        valkey.flushdb()
        self.letterbox.empty()
        self.start_what_is_missing()

    def stop(self, name: str, how: int = signal.SIGTERM) -> None:
        """Stop one process and its children."""
        process = self.processes.pop(name)
        if process.poll() is None:
            os.killpg(process.pid, how)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def flask(self, *arguments: str) -> str:
        """A command of the command line; its standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app:create_app", *arguments],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def wait(self) -> None:
        """Until the site answers."""
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


def _at_rest(valkey: Redis) -> bool:
    """Whether the worker has nothing to do, or comes to have nothing soon."""
    until = time.monotonic() + AT_REST_WITHIN
    while time.monotonic() < until:
        if not valkey.llen("celery") and not valkey.hlen("unacked"):
            return True
        time.sleep(0.05)
    return False


def _redis_url(worker_id: str, *, second: bool) -> str:
    """A Valkey database of this process's own: tests use 0, browsers 8 and up.

    second: of a second site that runs beside the first.
    """
    number = 8 + int(re.sub(r"\D", "", worker_id) or 0) % 4 + 4 * second
    parts = urlsplit(os.environ["TEST_REDIS_URL"])
    return urlunsplit(parts._replace(path=f"/{number}"))


@contextmanager
def running_site(database: str, worker_id: str, *, second: bool = False) -> Iterator[Stack]:
    """A site on `database`, with worker and mail, until the end of the block."""
    letterbox = Letterbox()
    catcher = Controller(letterbox, hostname="127.0.0.1", port=free_port())
    catcher.start()
    port = free_port()
    settings = settings_for(database)
    environ = os.environ | {
        "APP_ENV": "demo",
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "MIGRATION_DATABASE_URL": settings.migration_database_url,
        "REDIS_URL": _redis_url(worker_id, second=second),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MAIL_URL": f"smtp://127.0.0.1:{catcher.port}",
        "DEMO_PASSWORD": "otter lantern gravel",
    }
    with ExitStack() as at_the_end:
        folder = at_the_end.enter_context(tempfile.TemporaryDirectory(prefix="champion-e2e-"))
        log = Path(folder) / "log"
        stack = Stack(f"http://127.0.0.1:{port}", database, environ, letterbox, log)
        at_the_end.callback(catcher.stop)
        Redis.from_url(environ["REDIS_URL"]).flushdb()  # what an earlier run left: tries, tasks
        stack.start_web()
        stack.start_worker()
        at_the_end.callback(lambda: [stack.stop(name) for name in list(stack.processes)])
        stack.wait()
        yield stack
