"""Kill bin/run again and again while bin/flask commands are running.

The drill runs in a copy of this clone, so that the data folder of the clone is not changed. Several
shells run short commands, one after another without a pause. Each bin/run must become ready, even
if commands are using the data folder. A command uses the servers of bin/run, waits, or starts its
own servers. It must end without a traceback, and must fail only if its servers were killed. The
data folder must stay the same.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from datadir import port_is_free
from drill_letters import Result
from leftovers import end_leftovers
from paths import ROOT, STATIC, VENV
from say import say

SHELLS = 3
COMMAND = ("messages", "unsettled", "--json")
READY_WITHIN = 240  # seconds; the first start creates the database
TOGETHER = 10.0  # seconds that the site and the commands run before the site is killed
AFTER_KILL = 3.0  # seconds before the site is started again


class Drill:
    """A drill in a copy of this clone."""

    def __init__(self, *, kills: int) -> None:
        self._kills = kills
        self._clone = Path(tempfile.mkdtemp(prefix="champion-drill-"))
        self._data = self._clone / "var"
        self._port = next(port for port in range(18_600, 18_800) if port_is_free(port))
        self._over = threading.Event()
        self._killed_at: list[float] = []
        self._ended: Counter[str] = Counter()
        self._waits: list[float] = []
        self._problems: list[str] = []

    def run(self) -> Result:
        """Run the drill."""
        shells = [threading.Thread(target=self._run_commands) for _ in range(SHELLS)]
        try:
            copy_clone(self._clone)
            for shell in shells:
                shell.start()
            secrets = ""
            for number in range(self._kills + 1):
                site = self._start_site()
                kept = (self._data / "secrets.json").read_text()
                if secrets and kept != secrets:
                    self._problems.append("The data folder has been replaced.")
                secrets = kept
                time.sleep(TOGETHER)
                self._stop_site(
                    site, signal_sent=signal.SIGTERM if number == self._kills else signal.SIGKILL
                )
                say(f"bin/run has been ended {number + 1} times.")
        finally:
            self._over.set()
            for shell in shells:
                shell.join()
            end_leftovers(self._data, timeout=10)
            shutil.rmtree(self._clone, ignore_errors=True)
        counts: dict[str, float] = {
            "bin/run killed": self._kills,
            "commands": sum(self._ended.values()),
            **{f"commands that {how}": many for how, many in sorted(self._ended.items())},
            "seconds until ready, first start": round(self._waits[0], 1),
            "seconds until ready, slowest start after a kill": round(max(self._waits[1:]), 1),
        }
        return Result(counts, self._problems)

    def _start_site(self) -> subprocess.Popen[str]:
        """Start bin/run and wait until it prints that it is ready."""
        began = time.monotonic()
        site = subprocess.Popen(
            ["bin/run", "--no-demo", "--data", "var", "--port", str(self._port)],
            cwd=self._clone,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert site.stdout is not None  # noqa: S101 - tells the type
        if not site.stdout.readline().startswith("Ready"):
            self._problems.append(f"bin/run did not become ready and ended with {site.wait()}.")
        self._waits.append(time.monotonic() - began)
        if self._waits[-1] > READY_WITHIN:
            self._problems.append(f"bin/run was ready only after {self._waits[-1]:.0f} seconds.")
        return site

    def _stop_site(self, site: subprocess.Popen[str], *, signal_sent: signal.Signals) -> None:
        self._killed_at.append(time.monotonic())
        site.send_signal(signal_sent)
        code = site.wait()
        if signal_sent == signal.SIGTERM and code != 0:
            self._problems.append(f"bin/run ended with {code} when it was stopped.")
        time.sleep(AFTER_KILL)

    def _run_commands(self) -> None:
        """Run commands one after another."""
        while not self._over.is_set():
            began = time.monotonic()
            done = subprocess.run(
                ["bin/flask", *COMMAND], cwd=self._clone, capture_output=True, text=True
            )
            if "Traceback" in done.stderr:
                self._problems.append(f"A command ended with a traceback: {done.stderr[-300:]}")
            if done.returncode == 0:
                self._ended["succeeded"] += 1
            elif any(began < at for at in list(self._killed_at)):
                self._ended["failed because the site was killed"] += 1
            else:
                self._problems.append(f"A command failed: {done.stderr.strip()[-300:]}")


def copy_clone(to: Path) -> None:
    """Copy the files of this clone, with its environment and front end but without its data."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the git on PATH
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    for folder in (VENV, STATIC, ROOT / "assets" / "node_modules"):
        if folder.is_dir():
            target = to / folder.relative_to(ROOT)
            shutil.copytree(
                folder, target, symlinks=True, copy_function=link_or_copy, dirs_exist_ok=True
            )


def link_or_copy(source: str, target: str) -> None:
    """Make a hard link. If this is not possible, copy the file."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
