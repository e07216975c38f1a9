"""Find and end processes that are left over from an earlier start. Standard library only.

The path of the data folder is in the environment of every process that was started on it. If no
process holds the folder's lock, a process with this path was left behind after a kill -9.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from say import Stop
from waiting import wait_until

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
    """Send a signal to processes. Processes that have ended are ignored."""
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
    wait_until(lambda: not leftover_processes(data), within=timeout)
    if not wait_until(lambda: not _kill_leftovers(data), within=5):
        left = leftover_processes(data)
        raise Stop(f"Processes of an earlier start on {data} cannot be ended: {left}.")
    return True


def _kill_leftovers(data: Path) -> list[int]:
    left = leftover_processes(data)
    send_signal(left, signal.SIGKILL)
    return left


def is_postmaster(pid: int) -> bool:
    """Return whether a process is the main process of a PostgreSQL server."""
    with contextlib.suppress(OSError):
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        return words[0].endswith(b"postgres") and b"-D" in words
    return False
