"""File locks (flock) that are released when the process ends. Standard library only."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from say import say

# Descriptors of locks that this process holds through wait_for_lock. A child that inherits them
# keeps the lock until it ends, even if this process is killed first.
held_descriptors: set[int] = set()


def try_lock(path: Path) -> int | None:
    """Return an open file descriptor that holds the lock, or None if another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_locked(path: Path) -> bool:
    """Return whether a running process holds the lock.

    Return False if the file cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def wait_for_lock(path: Path, waiting: str) -> Iterator[None]:
    """Hold the lock within a block. If another process holds it, print `waiting` and wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = try_lock(path)
    if descriptor is None:
        say(waiting)
    while descriptor is None:
        time.sleep(0.3)
        descriptor = try_lock(path)
    held_descriptors.add(descriptor)
    try:
        yield
    finally:
        held_descriptors.discard(descriptor)
        os.close(descriptor)
