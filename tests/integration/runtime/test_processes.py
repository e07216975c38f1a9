"""Processes end with their parent, leftovers are ended, ports are chosen, and roles are limited."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

import leftovers
import run
import specs
from datadir import DataFolder, port_is_free
from say import Stop
from tests.support_scripts import SUPPORT

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the kernel's part of it exists on Linux only"
)
SLEEPER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")


def has_ended(pid: int) -> bool:
    """Return whether the process has ended, even if its parent has not waited for it."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


@linux
def test_a_process_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "processes.json"
    specs.write_specs(file, [specs.Spec("sleeper", SLEEPER)])
    starter = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)\n"
        "p.stdout.readline(); print(p.pid, flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", starter, sys.executable]
    command += [str(SUPPORT / "launch.py"), str(file), "sleeper"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    give_up = time.monotonic() + 10
    while not has_ended(child) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert has_ended(child)


@pytest.fixture
def leftover_process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    environ = os.environ | {leftovers.MARK: str(tmp_path)}
    with subprocess.Popen(SLEEPER, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


@linux
def test_only_leftovers_of_this_folder_are_ended(
    tmp_path: Path, leftover_process: subprocess.Popen[str]
) -> None:
    assert leftovers.leftover_processes(tmp_path) == [leftover_process.pid]
    assert not leftovers.end_leftovers(tmp_path / "other", timeout=0)
    assert leftover_process.poll() is None
    assert leftovers.end_leftovers(tmp_path, timeout=5)
    assert leftover_process.wait(timeout=5) == -signal.SIGTERM


def test_a_port_in_use_is_replaced_and_the_others_are_kept(tmp_path: Path) -> None:
    data = DataFolder.open(tmp_path / "data")
    before = data.ports()
    with socket.socket() as intruder:
        intruder.bind(("127.0.0.1", before["valkey"]))
        intruder.listen()
        after = DataFolder.open(data.path).ports()
    assert after["valkey"] != before["valkey"]
    assert {k: v for k, v in after.items() if k != "valkey"} == {
        k: v for k, v in before.items() if k != "valkey"
    }


def test_a_port_in_use_is_reported_before_anything_is_created(tmp_path: Path) -> None:
    with socket.socket() as intruder:
        intruder.bind(("127.0.0.1", 0))
        intruder.listen()
        port = intruder.getsockname()[1]
        assert not port_is_free(port)
        with pytest.raises(Stop, match=f"Port {port} is in use by another program"):
            run.check_before_install(tmp_path / "data", port)
    assert not (tmp_path / "data").exists()


def test_the_applications_role_is_neither_superuser_nor_owner(database: str) -> None:
    url = make_url(os.environ["TEST_DATABASE_URL"]).set(database=database)
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        user = connection.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls "
            "FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert user == ("champion_app", False, False, False, False)
        owned = connection.execute(
            "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user"
        ).fetchone()
        assert owned == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id int)")


def test_the_application_can_use_what_a_migration_creates() -> None:
    """`provision` ran for bin/test's own database. Its rights include new tables and sequences."""
    with psycopg.connect(os.environ["TEST_OWNER_DATABASE_URL"], autocommit=True) as owner:
        name = sql.Identifier(f"made_{os.getpid()}")
        make = "CREATE TABLE {} (id int GENERATED ALWAYS AS IDENTITY, word citext)"
        owner.execute(sql.SQL(make).format(name))
        try:
            with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as user:
                insert = "INSERT INTO {} (word) VALUES ('One') RETURNING word = 'oNE'"
                assert user.execute(sql.SQL(insert).format(name)).fetchone() == (True,)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    user.execute(sql.SQL("DROP TABLE {}").format(name))
        finally:
            owner.execute(sql.SQL("DROP TABLE {}").format(name))
