"""Replace this process with one of our processes: launch.py SPECIFICATIONS NAME.

On Linux, the process ends when its parent ends for any reason. It gives up root if the
specification names another account. This account may not be able to reach its own data (for example
in a clone in /root). Root therefore opens the folder before it changes the account. The account
uses the open folder as /proc/self/fd/N, so no permissions have to be changed. Standard library
only.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
HOME_DESCRIPTOR = 50
HOME_THROUGH_DESCRIPTOR = f"/proc/self/fd/{HOME_DESCRIPTOR}"


def end_with_parent(parent: int, number: int) -> None:
    """Ask the kernel to send this signal to this process when `parent` ends. Linux only."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # the parent ended before the call
        raise SystemExit(1)


def switch_account(account: Mapping[str, Any], home: str) -> None:
    """Keep `home` open under a known file descriptor, then switch to `account` permanently."""
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    os.dup2(descriptor, HOME_DESCRIPTOR, inheritable=True)
    if descriptor != HOME_DESCRIPTOR:
        os.close(descriptor)
    os.chdir(HOME_THROUGH_DESCRIPTOR)
    os.setgroups([])
    os.setgid(account["gid"])
    os.setuid(account["uid"])


def main(specifications: str, name: str) -> None:
    """Replace this process with the process `name` in a file of specifications."""
    parent = os.getppid()
    spec = json.loads(Path(specifications).read_text())[name]
    environ = dict(os.environ)
    for key in spec["without"]:
        environ.pop(key, None)
    if spec["account"]:
        switch_account(spec["account"], spec["home"])
    elif spec["home"]:
        os.chdir(spec["home"])
    # A change of account clears this, so it comes last.
    end_with_parent(parent, signal.Signals[spec["orphaned"]])
    os.execve(spec["argv"][0], spec["argv"], environ)  # noqa: S606 - our own list of commands


if __name__ == "__main__":
    main(*sys.argv[1:])
