"""Running one command that belongs to ours: it hears of our signals and never outlives us."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from launch import die_with
from say import Interrupted, no_more_signals

PATIENCE = 10  # seconds for it to tidy up after a signal


def run_child(
    command: list[str],
    environ: Mapping[str, str],
    *,
    cwd: Path | None = None,
    stdin: int | None = None,
) -> int:
    """The command's exit code, as a shell would say it. A signal is passed on and waited for."""
    us = os.getpid()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environ,
        stdin=stdin,
        preexec_fn=lambda: die_with(us, signal.SIGTERM),
    )
    try:
        code = process.wait()
    except Interrupted as stopped:
        with no_more_signals():
            process.send_signal(stopped.number)
            try:
                process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        raise
    return 128 - code if code < 0 else code
