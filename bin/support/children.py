"""Run a child process that receives our signals and ends when we do."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from launch import end_with_parent
from say import Interrupted, ignore_signals

TIMEOUT = 10  # seconds for the child to clean up after a signal


def run_child(
    command: list[str],
    environ: Mapping[str, str],
    *,
    cwd: Path | None = None,
    stdin: int | None = None,
) -> int:
    """Run a command and pass signals on to it.

    Return the exit code in the form that a shell uses.
    """
    own_pid = os.getpid()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environ,
        stdin=stdin,
        preexec_fn=lambda: end_with_parent(own_pid, signal.SIGTERM),
    )
    try:
        code = process.wait()
    except Interrupted as stopped:
        with ignore_signals():
            process.send_signal(stopped.number)
            try:
                process.wait(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        raise
    return 128 - code if code < 0 else code
