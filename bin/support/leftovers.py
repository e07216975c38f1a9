"""Find and end processes that are left over from an earlier start. Standard library only.

The path of the data folder is in the environment of every process that was started on it. If no
process holds the folder's lock, a process with this path was left behind after a kill -9.
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


def leftover_processes(data: Path) -> list[int]:
    """Return the IDs of processes with the folder's path. Without /proc, the list is empty."""
    mark = f"{MARK}={data}".encode()
    found = []
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]


def send_signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def end_leftovers(data: Path, *, timeout: float) -> bool:
    """End left-over processes, and kill them after `timeout` seconds.

    Return whether there were any.
    """
    left = leftover_processes(data)
    if not left:
        return False
    # On SIGTERM PostgreSQL waits for its last client. On SIGINT it shuts down at once, cleanly.
    postmasters = [pid for pid in left if is_postmaster(pid)]
    send_signal([pid for pid in left if pid not in postmasters], signal.SIGTERM)
    send_signal(postmasters, signal.SIGINT)
    give_up = time.monotonic() + timeout
    while (left := leftover_processes(data)) and time.monotonic() < give_up:
        time.sleep(0.1)
    give_up = time.monotonic() + 5
    while left := leftover_processes(data):
        send_signal(left, signal.SIGKILL)
        if time.monotonic() > give_up:
            raise Stop(f"Processes of an earlier start on {data} cannot be ended: {left}.")
        time.sleep(0.1)
    return True


def is_postmaster(pid: int) -> bool:
    with contextlib.suppress(OSError):
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        return words[0].endswith(b"postgres") and b"-D" in words
    return False
