"""Choose the account that runs PostgreSQL, which cannot run as root. Standard library only."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from say import Stop

CANDIDATES = ("nobody", "daemon")


@dataclass(frozen=True)
class Account:
    """A user account on this machine."""

    name: str
    uid: int
    gid: int


def account_for_servers(cluster: Path) -> Account | None:
    """Return the account for PostgreSQL, or None if this process is not root.

    An existing cluster is run by its owner. A new cluster is run by an unprivileged account that
    exists on every Unix system.
    """
    if os.geteuid() != 0:
        return None
    owner = cluster.stat().st_uid if cluster.exists() else 0
    if owner:
        try:
            entry = pwd.getpwuid(owner)
        except KeyError:
            raise Stop(
                f"{cluster} belongs to user number {owner}, who has no account on this machine."
            ) from None
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise Stop(
        "PostgreSQL refuses to run as root, and this machine has no account called "
        f"{' or '.join(CANDIDATES)}: run as an ordinary user, or set DATABASE_URL."
    )
