"""bin/flask: run the application's command line on the servers of this clone's bin/run.

If bin/run is not running, temporary servers are started for the command. If bin/run is started
while commands are waiting, it gets the data folder next, and the commands use its servers. Only the
command itself writes to stdout.
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
from datadir import DataFolder, FolderInUse, read_json
from paths import DEFAULT_DATA, RUNS
from say import Stop, ignore_signals, main, say

START_TIMEOUT = 300.0  # seconds to wait for a starting bin/run, or another bin/flask


def run_command(arguments: list[str]) -> int:
    """Run bin/flask with these arguments. Return the exit code."""
    bootstrap.enter(tests=False)
    frontend.ensure(tests=False)
    import application

    command = application.flask_command(*arguments)
    while True:
        data = running_folder()
        environ = running_environ(data) if data else None
        if environ is not None:
            full_environ = application.application_environ(environ)
            os.execve(command[0], command, full_environ)  # noqa: S606 - our own interpreter
        try:
            return run_with_own_servers(command)
        except FolderInUse:  # a bin/run took the folder while the command waited for it
            if running_folder() is None:
                raise  # it belongs to another clone


def running_folder() -> DataFolder | None:
    """Return the data folder of this clone's latest running bin/run, or None."""
    entries = []
    for entry in RUNS.glob("*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            entries.append((entry.stat().st_mtime, json.loads(entry.read_text())["data"]))
    for _, path in sorted(entries, reverse=True):
        data = DataFolder(Path(path))
        if data.using_process().get("url"):
            return data
    return None


def running_environ(data: DataFolder) -> dict[str, str] | None:
    """Return the environment of the running bin/run, or None if it has ended.

    If bin/run is still starting, wait for it.
    """
    deadline, announced = time.monotonic() + START_TIMEOUT, False
    while True:
        try:
            run = read_json(data.run_file)
        except PermissionError as problem:
            raise Stop(f"bin/run on {data.path} belongs to another user.") from problem
        if run.get("ready"):
            return dict(run["environ"])
        if not data.using_process():
            return None
        if time.monotonic() > deadline:
            raise Stop(f"bin/run on {data.path} did not become ready. See {data.path / 'logs'}.")
        if not announced:
            announced = True
            say("bin/run is starting or stopping. Waiting for it.")
        time.sleep(0.2)


def run_with_own_servers(command: list[str]) -> int:
    """Start and prepare servers, run the command on them, and stop them. Return the exit code."""
    import application
    import servers
    import specs
    from leftovers import end_leftovers

    data = DataFolder.open(DEFAULT_DATA)
    data.lock("bin/flask", None, timeout=START_TIMEOUT)
    try:
        end_leftovers(data.path, timeout=10)
        addresses = servers.server_addresses(data, 5000)
        servers.check_external_servers(addresses)
        with servers.run_servers(data, addresses, specs.Settings()):
            application.prepare(data, addresses, demo=None)
            return run_child(command, application.application_environ(addresses.environ))
    finally:
        with ignore_signals():
            data.unlock()


if __name__ == "__main__":
    main(run_command)
