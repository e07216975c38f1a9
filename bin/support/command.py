"""bin/flask: runs the application's command line on the servers of this clone's bin/run.

If bin/run is not running, servers are started for the duration of the command. A bin/run that
starts then is next, and commands that wait for the data folder use its servers. Only the command
itself writes to stdout.
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
from datadir import DataFolder, InUse, read_json
from paths import DEFAULT_DATA, RUNS
from say import Stop, ignore_signals, main, say

START_PATIENCE = 300.0  # seconds to wait for a starting bin/run, or another bin/flask


def work(arguments: list[str]) -> int:
    """Run bin/flask with these arguments, and return its exit code."""
    bootstrap.enter(tests=False)
    frontend.ensure(tests=False)
    import application

    command = application.flask_command(*arguments)
    while True:
        data = running_folder()
        environ = environ_of(data) if data else None
        if environ is not None:
            full = application.application_environ(environ)
            os.execve(command[0], command, full)  # noqa: S606 - our own interpreter
        try:
            return with_own_servers(command)
        except InUse:  # a bin/run took the folder while the command waited for it
            if running_folder() is None:
                raise  # it belongs to another clone


def running_folder() -> DataFolder | None:
    """Return the data folder of this clone's bin/run, the latest if several run, or None."""
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
    """Return the environment of the running bin/run, or None if it has ended.

    Waits for one that is still starting.
    """
    give_up, announced = time.monotonic() + START_PATIENCE, False
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
            raise Stop(f"bin/run on {data.path} did not become ready. See {data.path / 'logs'}.")
        if not announced:
            announced = True
            say("bin/run is starting or stopping. Waiting for it.")
        time.sleep(0.2)


def with_own_servers(command: list[str]) -> int:
    """Run the command on servers that are started, prepared and stopped for it."""
    import application
    import servers
    import specs
    from leftovers import sweep

    data = DataFolder.open(DEFAULT_DATA)
    data.lock("bin/flask", None, patience=START_PATIENCE)
    try:
        sweep(data.path, patience=10)
        where = servers.addresses(data, 5000)
        servers.check_external_servers(where)
        with servers.running(data, where, specs.Settings()):
            application.prepare(data, where, demo=None)
            return run_child(command, application.application_environ(where.environ))
    finally:
        with ignore_signals():
            data.unlock()


if __name__ == "__main__":
    main(work)
