"""Run the application's command line from any folder, and prepare databases."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping

from cluster import last_line
from datadir import DataFolder
from paths import ROOT, SUPPORT, VENV_PYTHON, clean_environ
from say import Stop, say
from servers import Addresses


def flask_command(*arguments: str) -> list[str]:
    """Return the command that runs the application's command line with these arguments."""
    return [str(VENV_PYTHON), str(SUPPORT / "flask_main.py"), *arguments]


def code_digest() -> str:
    """Return a hash of all files that affect how a database is prepared."""
    total = hashlib.sha256()
    paths = [ROOT / "config.py"]
    for folder, pattern in (("app", "*.py"), ("app", "*.toml"), ("migrations", "*.py")):
        paths += (ROOT / folder).rglob(pattern)
    for path in sorted(paths):
        total.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def prepare(data: DataFolder, addresses: Addresses, *, demo: bool | None) -> bool:
    """Migrate the database, load the programme and add the fictional people if required.

    Return whether the folder has fictional people. If `demo` is None, the choice of the first start
    is kept. The default is to add people. A folder that was already prepared by the same code is
    skipped. An external database is prepared at every start.
    """
    state = data.state()
    with_people = bool(state.get("demo", demo is None or demo))
    target = hashlib.sha256(addresses.environ["MIGRATION_DATABASE_URL"].encode()).hexdigest()
    database = "" if addresses.own_database else target
    digest = f"{code_digest()} {addresses.environ['PROGRAMME']} {database}"
    if addresses.own_database and state.get("prepared") == digest:
        return with_people
    run_step("Updating the database.", data, addresses.environ, "db", "upgrade")
    programme = addresses.environ["PROGRAMME"]
    run_step("Loading the programme.", data, addresses.environ, "programme", "load", programme)
    if with_people and state.get("people") != target:
        run_step("Adding the fictional people.", data, addresses.environ, "demo", "load")
        data.update_state(people=target)
    data.update_state(prepared=digest, demo=with_people)
    return with_people


def run_step(message: str, data: DataFolder, environ: Mapping[str, str], *arguments: str) -> None:
    """Run a command of the application.

    Raises Stop with the command's last line of output if it fails.
    """
    say(message)
    log = data.path / "logs" / f"{arguments[0]}.log"
    with log.open("w") as output:
        code = subprocess.run(
            flask_command(*arguments),
            cwd=ROOT,
            env=application_environ(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        ).returncode
    if code:
        name = " ".join(arguments[:2])
        raise Stop(f"“{name}” failed: {last_line(log)} (details: {log}).")


def application_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables for a command of the application."""
    return clean_environ() | dict(environ)
