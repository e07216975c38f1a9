"""No process writes personal data to a log, whatever goes wrong (DESIGN 4.12).

Database triggers raise errors that quote canary values, as PostgreSQL does for a violated
constraint. Real processes run into them, and then every log is searched for the canaries.
"""

from __future__ import annotations

import json
import os
import re
import smtplib
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.accounts.service import create_user
from app.core import audit, jobs
from app.core.actor import SYSTEM
from app.core.db import transaction
from app.messages import service
from app.messages.types import Channel, NewMessage, Recipient
from config import ROOT
from tests.factories.messages import free_port
from tests.integration.tasks.machine import Machine, wait_for
from tests.support_scripts import SUPPORT

CANARIES = ("canary", "quetzalcoatl", "07700 900123", "07700900123", "ip24 1jd", "ip241jd")
MAILBOX = "canary@example.org"
RAISE_ERRORS = """
CREATE FUNCTION quote_canaries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'unique_violation',
    MESSAGE = 'canary@example.org of Quetzalcoatl is taken',
    DETAIL = 'Key (email)=(canary@example.org) already exists.',
    HINT = 'Ring Quetzalcoatl on 07700 900123 at IP24 1JD.',
    CONSTRAINT = 'uq_planted';
END $$
"""
TABLES = ("heartbeats", "messages", "jobs", "users", "people", "submissions", "certificates")


def leaked(text: str) -> list[str]:
    """Return the lines of a log that contain a canary."""
    lines = text.lower().splitlines()
    return [line for line in lines if any(canary in line for canary in CANARIES)]


@pytest.fixture
def planted(machine: Machine) -> Iterator[Machine]:
    """A machine with waiting work, and a database whose errors quote canaries at every write."""
    with machine.site.app_context(), transaction():
        audit.set_actor(SYSTEM)
        create_user(SYSTEM, MAILBOX, "Quetzalcoatl Canary")
        service.post_all(
            [
                NewMessage(
                    "sign-in",
                    Recipient(Channel.EMAIL, MAILBOX, "Quetzalcoatl Canary"),
                    "test:canary",
                    {"link": {"endpoint": "accounts.sign_in"}},
                )
            ]
        )
        jobs.start_job(SYSTEM, "matching", name="Quetzalcoatl")
    url = make_url(os.environ["TEST_ADMIN_DATABASE_URL"]).set(
        database=make_url(machine.environ["DATABASE_URL"]).database, drivername="postgresql"
    )
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as owner:
        owner.execute(RAISE_ERRORS)
        for table in TABLES:
            owner.execute(
                f"CREATE TRIGGER planted BEFORE INSERT OR UPDATE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION quote_canaries()"
            )
    yield machine


def server_log() -> Path:
    """Return PostgreSQL's log."""
    return Path(os.environ["TEST_DATA_DIR"]) / "logs" / "postgres.log"


def test_worker_and_scheduler_write_no_canary(planted: Machine) -> None:
    before = server_log().stat().st_size
    for name in ("worker", "scheduler"):
        planted.start(name)
    wait_for(lambda: "heartbeat not recorded" in planted.log("scheduler"), "the scheduler fails")
    for task in ("messages.s", "jobs.s", "heartbeat.beat"):
        wait_for(lambda task=task: f"task={task}" in planted.log("worker"), f"{task} fails")
    for name in ("worker", "scheduler"):
        planted.stop(name)
        assert "SQLSTATE 23505" in planted.log(name)
        assert "name=uq_planted" in planted.log(name)
        assert leaked(planted.log(name)) == []
    assert leaked(server_log().read_bytes()[before:].decode()) == []


def command(machine: Machine, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process."""
    return subprocess.run(
        [sys.executable, str(ROOT / "bin/support/flask_main.py"), *arguments],
        env=machine.environ,
        cwd=machine.logs,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line_writes_no_canary(planted: Machine) -> None:
    before = server_log().stat().st_size
    people = planted.logs / "list.csv"
    people.write_text(
        "Name,Email,Phone,Postcode\n"
        "Quetzalcoatl Canary,second.canary@example.org,07700 900123,IP24 1JD\n"
    )
    for arguments in (
        (
            "accounts",
            "invite",
            "third.canary@example.org",
            "--name",
            "Quetzal",
            "--role",
            "analyst",
        ),
        ("people", "import", people.name),
    ):
        done = command(planted, *arguments)
        assert done.returncode != 0
        assert "SQLSTATE 23505" in done.stderr
        assert leaked(done.stdout + done.stderr) == []
    assert leaked(server_log().read_bytes()[before:].decode()) == []


# An import copies its rows into a temporary table, so the trigger is added when that is created.
REFUSE_ROWS = """
CREATE FUNCTION refuse_canaries() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass('pg_temp.incoming_postcodes') IS NOT NULL THEN
    ALTER TABLE pg_temp.incoming_postcodes
      ADD CONSTRAINT uq_planted CHECK (postcode <> 'IP241JD');
  END IF;
END $$;
CREATE EVENT TRIGGER planted ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
  EXECUTE FUNCTION refuse_canaries()
"""


def test_an_import_that_fails_in_the_middle_of_a_copy_writes_no_canary(machine: Machine) -> None:
    url = make_url(os.environ["TEST_ADMIN_DATABASE_URL"]).set(
        database=make_url(machine.environ["DATABASE_URL"]).database, drivername="postgresql"
    )
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as owner:
        owner.execute(REFUSE_ROWS)
    before = server_log().stat().st_size
    (machine.logs / "nspl.csv").write_text(
        "pcds,doterm,lad25cd,wd25cd,lsoa21cd,east1m,north1m\n"
        "IP24 1JD,,E07000143,E05010261,E01026466,587083,283849\n"
    )
    done = command(machine, "geography", "import", "nspl.csv")
    assert done.returncode != 0
    assert "SQLSTATE 23514" in done.stderr
    assert leaked(done.stdout + done.stderr) == []
    assert leaked(server_log().read_bytes()[before:].decode()) == []


def test_the_mail_catcher_writes_no_canary(tmp_path: Path) -> None:
    folder, log = tmp_path / "mail", tmp_path / "mail.log"
    argv = [sys.executable, str(SUPPORT / "mail_catcher.py"), str(folder), "0"]
    letter = f"To: {MAILBOX}\r\nSubject: Quetzalcoatl\r\n\r\nRing 07700 900123\r\n".encode()
    with (
        log.open("ab") as output,
        subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=output, text=True) as process,
    ):
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with smtplib.SMTP("127.0.0.1", port) as smtp:
            smtp.sendmail(MAILBOX, [MAILBOX], letter)
            smtp.docmd("VRFY Quetzalcoatl Canary <canary@example.org>")
            smtp.docmd("MAIL FROM:<canary@example.org")
        for each in folder.iterdir():
            each.unlink()
        folder.rmdir()
        with smtplib.SMTP("127.0.0.1", port) as smtp, pytest.raises(smtplib.SMTPDataError):
            smtp.sendmail(MAILBOX, [MAILBOX], letter)
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.recv(200)
            connection.sendall(b"EHLO x\r\nMAIL FROM:<canary@\xff\xfe.org> QUETZALCOATL\r\n")
            connection.recv(2000)
            connection.sendall(b"quetzalcoatl" * 2000 + b"\r\n")
        process.terminate()
        output_text = process.stdout.read()
    assert leaked(output_text + log.read_text()) == []


class Site:
    """gunicorn, started as bin/run does, and a browser."""

    def __init__(self, machine: Machine) -> None:
        self.port, self.log = free_port(), machine.logs / "web.log"
        sys.path.insert(0, str(ROOT / "bin/support"))
        try:
            from specs import application  # the command that bin/run uses
        finally:
            sys.path.pop(0)
        argv = [sys.executable, *application(self.port)[0].argv[1:]]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                argv, cwd=ROOT, env=machine.environ, stdout=output, stderr=subprocess.STDOUT
            )
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._browser = urllib.request.build_opener(cookies)
        wait_for(self.answers, "the site answers")

    def answers(self) -> bool:
        """Return whether gunicorn accepts connections."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def open(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str]:
        """Open a page, and return its status and text."""
        body = urllib.parse.urlencode(data).encode() if data else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body)
        try:
            with self._browser.open(request) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def send(self, raw: bytes) -> None:
        """Send bytes that are not a valid request."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(raw)
            connection.recv(1000)

    def stop(self) -> str:
        """Stop it and return its log."""
        self.process.terminate()
        self.process.wait(timeout=15)
        return self.log.read_text()


def test_the_web_writes_no_canary(planted: Machine) -> None:
    before = server_log().stat().st_size
    site = Site(planted)
    try:
        _, page = site.open("/sign-in")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token
        status, page = site.open("/sign-in", {"csrf_token": token[1], "email": MAILBOX})
        assert status == 500
        assert leaked(page) == []
        site.open("/sign-in?next=/people?q=quetzalcoatl")
        site.send(b"GET /people?q=quetzalcoatl HTTP/9.9\r\n\r\n")
        site.send(b"GET / HTTP/1.1\r\nHost: x\r\nBad Canary: quetzalcoatl\r\n\r\n")
    finally:
        log = site.stop()
    assert "request failed" in log
    assert "SQLSTATE 23505" in log
    assert "Invalid request" in log
    assert leaked(log) == []
    assert leaked(server_log().read_bytes()[before:].decode()) == []


def test_production_logs_are_json_without_canaries() -> None:
    code = (
        "import logging\n"
        "from app.core import logs\n"
        "logs.configure(as_json=True)\n"
        "def fails(secret):\n"
        "    raise ValueError(secret)\n"
        "try:\n"
        "    fails('quetzal' + 'coatl')\n"
        "except ValueError:\n"
        "    logging.getLogger('library').exception('mail to %s', MAIL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"MAIL = {MAILBOX!r}\n{code}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    written = json.loads(done.stderr)
    assert written["event"] == "mail to (email address)"
    assert written["exception"].endswith("ValueError")
    assert "in fails" in written["exception"]
    assert leaked(done.stderr) == []
