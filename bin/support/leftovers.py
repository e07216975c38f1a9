"""Processes of an earlier start that outlived it. Standard library only.

Every process that we start on a data folder carries the folder's path in its environment. When
nobody holds the folder's lock, whoever still carries it was left behind by a kill -9.
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


def carriers(data: Path) -> list[int]:
    """Process ids that carry the folder's mark; empty where the system has no /proc."""
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
    """End what was left behind: asked first, and forced after `patience` seconds.

    Returns whether there was anything.
    """
    left = carriers(data)
    if not left:
        return False
    # A postmaster takes SIGTERM as "when the last client has gone"; SIGINT means now, in order.
    postmasters = [pid for pid in left if is_postmaster(pid)]
    end([pid for pid in left if pid not in postmasters], signal.SIGTERM)
    end(postmasters, signal.SIGINT)
    give_up = time.monotonic() + patience
    while (left := carriers(data)) and time.monotonic() < give_up:
        time.sleep(0.1)
    give_up = time.monotonic() + 5
    while left := carriers(data):
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
