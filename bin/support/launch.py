"""Replaces itself with one of our processes: launch.py SPECIFICATIONS NAME.

Between the fork and the exec it makes sure that the process ends when its parent dies, for whatever
reason (Linux), and gives up root where the specification says so. The account may not be able to
reach its own data (for example a clone in /root). No folder is made accessible for that. Instead
root opens the folder, and the account reaches it through the descriptor, as /proc/self/fd/N.
Standard library only.
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


def die_with(parent: int, number: int) -> None:
    """Have the kernel send this process `number` when `parent` dies. Only on Linux."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # it died before the call
        raise SystemExit(1)


def become(account: Mapping[str, Any], home: str) -> None:
    """Keep `home` open under a known descriptor, then switch to `account` for good."""
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    os.dup2(descriptor, HOME_DESCRIPTOR, inheritable=True)
    if descriptor != HOME_DESCRIPTOR:
        os.close(descriptor)
    os.chdir(HOME_THROUGH_DESCRIPTOR)
    os.setgroups([])
    os.setgid(account["gid"])
    os.setuid(account["uid"])


def main(specifications: str, name: str) -> None:
    parent = os.getppid()
    spec = json.loads(Path(specifications).read_text())[name]
    environ = dict(os.environ)
    for key in spec["without"]:
        environ.pop(key, None)
    if spec["account"]:
        become(spec["account"], spec["home"])
    elif spec["home"]:
        os.chdir(spec["home"])
    # A change of account clears this, so it comes last.
    die_with(parent, signal.Signals[spec["orphaned"]])
    os.execve(spec["argv"][0], spec["argv"], environ)  # noqa: S606 - our own list of commands


if __name__ == "__main__":
    main(*sys.argv[1:])
