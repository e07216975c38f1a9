"""A data folder, which holds everything that is kept between runs.

    champion.json     marks the folder as ours, and contains how it was prepared
    secrets.json      created once, mode 0600
    ports.json        loopback ports of its servers, chosen once
    run.lock          held (flock) by the bin/run or bin/flask that uses the folder
    run.wanted        held (flock) by a bin/run that waits for run.lock
    run.json          the process that uses the folder, mode 0600
    postgres/ valkey/ mail/ logs/ uploads/

Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import random
import secrets
import socket
import string
import time
from pathlib import Path
from typing import Any

from filelock import is_locked, try_lock
from paths import RUNS
from say import Stop, say

SERVERS = ("postgres", "valkey", "mail", "supervisor")
# Above the well-known ports and below those that systems use for outgoing connections.
PORTS = range(20_000, 32_000)
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no characters that look alike


def write_json(path: Path, content: Any) -> None:
    """Replace a JSON file atomically. Only its owner can read it."""
    unfinished = path.with_name(path.name + ".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file, or an empty dict if the file does not exist."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as problem:
        raise Stop(f"{path} is damaged: {problem}.") from problem
    return dict(content)


def port_is_free(port: int) -> bool:
    """Return whether a server could listen on this loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class FolderInUse(Stop):
    """Raised if a bin/run is already using the folder."""


class DataFolder:
    """A data folder on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.marker = path / "champion.json"
        self.lock_file = path / "run.lock"
        self.wanted_file = path / "run.wanted"
        self.run_file = path / "run.json"
        self._lock: int | None = None

    @classmethod
    def open(cls, path: Path) -> DataFolder:
        """Create the folder if necessary, mark it and return it.

        Raises Stop if this fails, or if the folder has another owner.
        """
        try:
            path = path.resolve()
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder = cls(path)
            if not folder.marker.exists():
                if any(entry.name != folder.marker.name + ".new" for entry in path.iterdir()):
                    raise Stop(
                        f"{path} already contains other files. Choose an empty folder for --data, "
                        "or one that an earlier start made."
                    )
                write_json(folder.marker, {})
            check_owner(folder.marker)
            (path / "logs").mkdir(exist_ok=True, mode=0o700)
            (path / "mail").mkdir(exist_ok=True, mode=0o700)
            (path / "logs" / ".writable").write_bytes(b"")
        except OSError as problem:
            raise Stop(f"The data folder {path} cannot be used: {problem.strerror}.") from problem
        return folder

    # --- the process that uses it ------------------------------------------------------------

    def using_process(self) -> dict[str, Any]:
        """Return the details of the process that uses the folder, or an empty dict."""
        if not is_locked(self.lock_file):
            return {}
        try:
            return dict(json.loads(self.lock_file.read_text()))
        except (OSError, ValueError):
            return {"command": "another command", "pid": None}

    def lock(self, command: str, url: str | None, *, timeout: float) -> None:
        """Lock the folder for this process.

        If a bin/flask is using the folder, wait until it has finished. Raises FolderInUse if a
        bin/run is using the folder, and Stop after `timeout` seconds. A bin/run, which passes a
        `url`, takes precedence over waiting bin/flask commands.
        """
        self._lock = self._wait_for_lock(url, time.monotonic() + timeout)
        if url:
            self._register()
        self._write_process(command, url)

    def _wait_for_lock(self, url: str | None, deadline: float) -> int:
        waiting_lock: int | None = None
        announced = False
        try:
            while True:
                if url and waiting_lock is None:
                    waiting_lock = try_lock(self.wanted_file)
                is_next = url is not None or not is_locked(self.wanted_file)
                descriptor = try_lock(self.lock_file) if is_next else None
                if descriptor is not None:
                    return descriptor
                user = self.using_process()
                if user.get("url"):
                    raise FolderInUse(in_use_message(self.path, user))
                if time.monotonic() > deadline:
                    raise Stop(in_use_message(self.path, user))
                if not announced:
                    announced = True
                    other = user.get("command", "another command")
                    say(f"Waiting for {other} to finish." if is_next else "Waiting for bin/run.")
                time.sleep(0.2)
        finally:
            if waiting_lock is not None:
                os.close(waiting_lock)

    def _register(self) -> None:
        """Record that this clone's bin/run uses the folder."""
        try:
            RUNS.mkdir(exist_ok=True)
            write_json(self.registration_path(), {"data": str(self.path)})
        except OSError as problem:
            raise Stop(f"{RUNS} cannot be written: {problem.strerror}.") from problem

    def mark_ending(self, command: str) -> None:
        """Record that this process is about to end, so that other commands wait until it has."""
        self.run_file.unlink(missing_ok=True)
        self._write_process(command, None)

    def _write_process(self, command: str, url: str | None) -> None:
        if self._lock is not None:
            details = {"command": command, "pid": os.getpid(), "url": url}
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, json.dumps(details).encode(), 0)

    def unlock(self) -> None:
        """Release the lock, and delete the records of this process."""
        self.run_file.unlink(missing_ok=True)
        self.registration_path().unlink(missing_ok=True)
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def registration_path(self) -> Path:
        """Return the path of the file that registers this folder with the clone."""
        name = hashlib.sha256(str(self.path).encode()).hexdigest()[:16]
        return RUNS / f"{name}.json"

    # --- contents ----------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return the stored facts about how the folder was prepared."""
        return read_json(self.marker)

    def update_state(self, **facts: Any) -> None:
        """Store facts about how the folder was prepared. Other facts are kept."""
        write_json(self.marker, self.state() | facts)

    def secrets(self) -> dict[str, str]:
        """Return the passwords and keys. They are created on the first call and stored."""
        path = self.path / "secrets.json"
        stored = {key: str(value) for key, value in read_json(path).items()}
        generated = {"SECRET_KEY": secrets.token_hex(32), "demo": generate_password()}
        generated |= {
            name: secrets.token_hex(20)
            for name in ("postgres", "champion_owner", "champion_app", "valkey", "supervisor")
        }
        if generated.keys() - stored.keys():
            stored = generated | stored
            write_json(path, stored)
        return stored

    def ports(self) -> dict[str, int]:
        """Return the loopback ports of the servers.

        A stored port is replaced if another program uses it.
        """
        path = self.path / "ports.json"
        stored = {key: int(value) for key, value in read_json(path).items()}
        chosen: dict[str, int] = {}
        for name in SERVERS:
            port = stored.get(name)
            while port is None or port in chosen.values() or not port_is_free(port):
                port = random.choice(PORTS)  # noqa: S311 - a number, not a secret
            chosen[name] = port
        if chosen != stored:
            write_json(path, chosen)
        return chosen


def check_owner(marker: Path) -> None:
    """Raise Stop if another user owns the folder.

    Root could use the folder, but its owner could no longer use it afterwards.
    """
    owner = marker.stat().st_uid
    if owner != os.geteuid():
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = f"user number {owner}"
        raise Stop(
            f"The data folder {marker.parent} belongs to {name}. Start it as that user, or choose "
            "another folder with --data."
        )


def in_use_message(path: Path, user: dict[str, Any]) -> str:
    """Return a sentence that explains which process is using a folder."""
    command, pid, url = user.get("command", "Another command"), user.get("pid"), user.get("url")
    where = f" at {url}" if url else ""
    return (
        f"{command} (process {pid}) is already using {path}{where}. "
        "Stop it first, or choose another folder with --data."
    )


def generate_password() -> str:
    """Return a password of eighteen readable characters in three groups (about 89 bits)."""
    groups = ["".join(secrets.choice(READABLE) for _ in range(6)) for _ in range(3)]
    if not any(character in string.digits for character in "".join(groups)):
        return generate_password()
    return "-".join(groups)
