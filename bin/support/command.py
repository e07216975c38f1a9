"""bin/flask: the application's command line against the running bin/run of this clone.

Where none runs, its own servers are started for as long as the command takes. Only the command
itself writes on stdout.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path

import bootstrap
import frontend
from children import run_child
from datadir import DataFolder, read_json
from paths import DEFAULT_DATA, RUNS
from say import Stop, main, no_more_signals, say

START_PATIENCE = 300.0  # seconds for a bin/run that is starting, or another bin/flask


def work(arguments: list[str]) -> int:
    bootstrap.enter(tests=False)
    frontend.ensure(tests=False)
    import application

    command = application.flask_command(*arguments)
    data = running_folder()
    environ = environ_of(data) if data else None
    if environ is not None:
        full = application.application_environ(environ)
        os.execve(command[0], command, full)  # noqa: S606 - our own interpreter
    return with_own_servers(command)


def running_folder() -> DataFolder | None:
    """The data folder of this clone's bin/run; the latest where several run."""
    entries = []
    for entry in RUNS.glob("*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            entries.append((entry.stat().st_mtime, json.loads(entry.read_text())["data"]))
    for _, path in sorted(entries, reverse=True):
        data = DataFolder(Path(path))
        if data.user().get("url"):
            return data
    return None


def environ_of(data: DataFolder) -> dict[str, str] | None:
    """What the processes of the running bin/run have; waits for one that is still starting.

    None where it went away meanwhile.
    """
    give_up, told = time.monotonic() + START_PATIENCE, False
    while True:
        try:
            run = read_json(data.run_file)
        except PermissionError as problem:
            raise Stop(f"bin/run on {data.path} belongs to another user.") from problem
        if run.get("ready"):
            return dict(run["environ"])
        if not data.user():
            return None
        if time.monotonic() > give_up:
            raise Stop(f"bin/run on {data.path} does not become ready: see {data.path / 'logs'}.")
        if not told:
            told = True
            say("bin/run is starting or stopping; waiting for it.")
        time.sleep(0.2)


def with_own_servers(command: list[str]) -> int:
    """Servers, a database as bin/run's first start would make it, the command, and the end."""
    import application
    import servers
    import specs
    from leftovers import sweep

    data = DataFolder.open(DEFAULT_DATA)
    data.lock("bin/flask", None, patience=START_PATIENCE)
    try:
        sweep(data.path, patience=10)
        where = servers.addresses(data, 5000)
        servers.check_given(where)
        with servers.running(data, where, specs.Settings()):
            application.prepare(data, where, demo=None)
            return run_child(command, application.application_environ(where.environ))
    finally:
        with no_more_signals():
            data.unlock()


if __name__ == "__main__":
    main(work)
