"""Kill bin/run repeatedly while bin/flask commands are running.

The drill runs in a copy of this clone, so that the data folder of the clone is not changed. Several
shells run short commands, one after another without a pause. Each bin/run must become ready, even
if commands are using the data folder. A command uses the servers of bin/run, waits, or starts its
own servers. It must end without a traceback, and must fail only if its servers were killed. The
data folder must stay the same.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from datadir import port_is_free
from drill_letters import Result, missing_kills
from leftovers import end_leftovers
from paths import ROOT, STATIC, VENV
from say import say

SHELLS = 3
COMMAND = ("messages", "unsettled", "--json")
READY_TIMEOUT = 240.0  # seconds; the first start creates the database
COMMAND_TIMEOUT = 600.0  # seconds for a command, which may wait for bin/run or start servers
STOP_TIMEOUT = 60.0  # seconds
RUN_TIME = 10.0  # seconds that the site and the commands run before the site is killed
RESTART_DELAY = 3.0  # seconds before the site is started again


class Drill:
    """A drill in a copy of this clone."""

    def __init__(self, *, kills: int) -> None:
        self._kills, self._killed = kills, 0
        self._clone = Path(tempfile.mkdtemp(prefix="champion-drill-"))
        self._data = self._clone / "var"
        self._port = next(port for port in range(18_600, 18_800) if port_is_free(port))
        self._stopped = threading.Event()
        self._ended_at: list[float] = []  # times when bin/run was killed or stopped
        self._commands: Counter[str] = Counter()
        self._waits: list[float] = []
        self._problems: list[str] = []

    def run(self) -> Result:
        """Run the drill."""
        try:
            copy_clone(self._clone)
            with self._run_commands():
                self._run_site_repeatedly()
        finally:
            end_leftovers(self._data, timeout=10)
            shutil.rmtree(self._clone, ignore_errors=True)
        if not self._commands["succeeded"]:
            self._problems.append("No command succeeded, so this drill proves too little.")
        counts: dict[str, float] = {
            "bin/run killed": self._killed,
            "commands": sum(self._commands.values()),
            **{f"commands that {kind}": count for kind, count in sorted(self._commands.items())},
            "seconds until ready, first start": round(self._waits[0], 1),
        }
        if after_kills := self._waits[1:]:
            counts["seconds until ready, slowest start after a kill"] = round(max(after_kills), 1)
        return Result(counts, self._problems + missing_kills(self._killed, self._kills))

    def _run_site_repeatedly(self) -> None:
        """Start and kill bin/run repeatedly. Stop it cleanly at the end."""
        secrets = self._data / "secrets.json"
        before = ""
        for number in range(self._kills + 1):
            last = number == self._kills
            with self._start_site() as site:
                try:
                    self._wait_until_ready(site)
                    now = secrets.read_text() if secrets.exists() else ""
                    if before and now != before:
                        self._problems.append("The data folder has been replaced.")
                    before = now
                    time.sleep(RUN_TIME)
                    self._end_site(site, signal.SIGTERM if last else signal.SIGKILL)
                finally:
                    site.kill()  # does nothing if it has ended
            say(f"bin/run has been ended {number + 1} times.")
            time.sleep(RESTART_DELAY)

    def _start_site(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["bin/run", "--no-demo", "--data", "var", "--port", str(self._port)],
            cwd=self._clone,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _wait_until_ready(self, site: subprocess.Popen[str]) -> None:
        """Wait until bin/run prints that it is ready. Record a problem if it does not."""
        assert site.stdout is not None  # noqa: S101 - tells the type
        began = time.monotonic()
        has_printed, _, _ = select.select([site.stdout], [], [], READY_TIMEOUT)
        if not has_printed:
            self._problems.append(f"bin/run was not ready after {READY_TIMEOUT:g} seconds.")
        elif not site.stdout.readline().startswith("Ready"):
            self._problems.append("bin/run ended before it was ready.")
        self._waits.append(time.monotonic() - began)

    def _end_site(self, site: subprocess.Popen[str], number: signal.Signals) -> None:
        """Kill or stop bin/run, and count it if it was killed."""
        self._ended_at.append(time.monotonic())
        site.send_signal(number)
        try:
            code = site.wait(timeout=STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._problems.append(f"bin/run did not end within {STOP_TIMEOUT:g} seconds.")
            return
        self._killed += code == -signal.SIGKILL
        if number == signal.SIGTERM and code != 0:
            self._problems.append(f"bin/run ended with {code} when it was stopped.")

    @contextlib.contextmanager
    def _run_commands(self) -> Iterator[None]:
        """Run commands in several shells during the block, and wait until the last ones end."""
        shells = [threading.Thread(target=self._run_shell) for _ in range(SHELLS)]
        for shell in shells:
            shell.start()
        try:
            yield
        finally:
            self._stopped.set()
            for shell in shells:
                shell.join()

    def _run_shell(self) -> None:
        """Run commands one after another."""
        while not self._stopped.is_set():
            with tempfile.TemporaryFile("w+") as errors:
                self._run_command(errors)

    def _run_command(self, errors: IO[str]) -> None:
        """Run a command, and count it or record a problem. `errors` is a file for its errors."""
        began = time.monotonic()
        command = subprocess.Popen(
            ["bin/flask", *COMMAND], cwd=self._clone, stdout=subprocess.DEVNULL, stderr=errors
        )
        try:
            code = command.wait(timeout=COMMAND_TIMEOUT)
        except subprocess.TimeoutExpired:
            command.kill()
            command.wait()
            self._problems.append(f"A command did not end within {COMMAND_TIMEOUT:g} seconds.")
            return
        errors.seek(0)
        output = errors.read()
        if "Traceback" in output:
            self._problems.append(f"A command ended with a traceback: {output[-300:]}")
        if code == 0:
            self._commands["succeeded"] += 1
        elif any(began < at for at in list(self._ended_at)):
            self._commands["failed because the site was killed"] += 1
        else:
            self._problems.append(f"A command failed: {output.strip()[-300:]}")


def copy_clone(destination: Path) -> None:
    """Copy the files of this clone, with its environment and front end but without its data."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the git on PATH
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, destination / name)
    for folder in (VENV, STATIC, ROOT / "assets" / "node_modules"):
        if folder.is_dir():
            target = destination / folder.relative_to(ROOT)
            shutil.copytree(
                folder, target, symlinks=True, copy_function=link_or_copy, dirs_exist_ok=True
            )


def link_or_copy(source: str, target: str) -> None:
    """Make a hard link. If this is not possible, copy the file."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
