"""Finds and ends processes that outlived an earlier start. Standard library only.

Every process started on a data folder has the folder's path in its environment. If no process holds
the folder's lock, any process with that path was left behind by a kill -9.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from say import Stop

MARK = "CHAMPION_DATA_FOLDER"
PROC = Path("/proc")


def marked_processes(data: Path) -> list[int]:
    """Return the ids of processes that carry the folder's mark, or none without /proc."""
    mark = f"{MARK}={data}".encode()
    found = []
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]


def end(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def sweep(data: Path, *, patience: float) -> bool:
    """End the processes left behind, by force after `patience` seconds.

    Returns whether there were any.
    """
    left = marked_processes(data)
    if not left:
        return False
    # On SIGTERM PostgreSQL waits for its last client. On SIGINT it shuts down at once, cleanly.
    postmasters = [pid for pid in left if is_postmaster(pid)]
    end([pid for pid in left if pid not in postmasters], signal.SIGTERM)
    end(postmasters, signal.SIGINT)
    give_up = time.monotonic() + patience
    while (left := marked_processes(data)) and time.monotonic() < give_up:
        time.sleep(0.1)
    give_up = time.monotonic() + 5
    while left := marked_processes(data):
        end(left, signal.SIGKILL)
        if time.monotonic() > give_up:
            raise Stop(f"Processes of an earlier start on {data} cannot be ended: {left}.")
        time.sleep(0.1)
    return True


def is_postmaster(pid: int) -> bool:
    with contextlib.suppress(OSError):
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        return words[0].endswith(b"postgres") and b"-D" in words
    return False
