"""Run supervisord for the processes of bin/run. It restarts processes that end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import xmlrpc.client
from collections.abc import Mapping, Sequence
from typing import Any

import specs
from datadir import DataFolder
from launch import end_with_parent
from leftovers import end_leftovers
from paths import SUPPORT, VENV_PYTHON
from say import Stop
from specs import Spec
from waiting import wait_until

CONFIGURATION = "supervisord.conf"
SPECIFICATIONS = "processes.json"
MAX_FAILURES = 3  # of one process before the first Ready
STOP_TIMEOUT = 12.5  # seconds for a clean stop, after which everything is killed

# Every path comes from the environment or is relative to the data folder, where supervisord
# runs. A path in this file would need three levels of quotes.
HEAD = """\
[supervisord]
nodaemon=true
silent=true
logfile=logs/supervisord.log
logfile_maxbytes=5MB
logfile_backups=2
pidfile=supervisord.pid
childlogdir=logs
umask=077
minfds=256
minprocs=32
{user}
[inet_http_server]
port=127.0.0.1:{port}
username=champion
password={password}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
# supervisord stops the members of a group together, and one group after another.
GROUP_PRIORITIES = {"servers": 10, "site": 30}  # the highest stops first
GROUP = """
[group:{name}]
programs={members}
priority={priority}
"""
PROGRAM = """
[program:{name}]
command=/bin/sh -c 'exec "$CHAMPION_PYTHON" "$CHAMPION_LAUNCH" processes.json {name}'
autostart=false
autorestart=true
startsecs=2
startretries=1000000
stopsignal={signal}
stopwaitsecs={stop_seconds}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile=logs/{name}.log
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=2
"""


class Transport(xmlrpc.client.Transport):
    """An XML-RPC transport with a timeout."""

    def make_connection(self, host: Any) -> Any:
        """Return a connection with a timeout of 20 seconds."""
        connection = super().make_connection(host)
        connection.timeout = 20
        return connection


class Supervisor:
    """A supervisord on one data folder."""

    def __init__(
        self, data: DataFolder, specs_to_run: Sequence[Spec], environ: Mapping[str, str]
    ) -> None:
        self.data = data
        self.specs_to_run = list(specs_to_run)
        self.environ = dict(environ) | {
            "CHAMPION_PYTHON": str(VENV_PYTHON),
            "CHAMPION_LAUNCH": str(SUPPORT / "launch.py"),
        }
        self.port = data.ports()["supervisor"]
        self.password = data.secrets()["supervisor"]
        self.process: subprocess.Popen[bytes] | None = None
        self.failures: dict[str, set[int]] = {}

    def write_configuration(self) -> None:
        """Write the configuration of supervisord and the specifications."""
        specs.write_specs(self.data.path / SPECIFICATIONS, self.specs_to_run)
        user = "user=root\n" if os.geteuid() == 0 else ""
        text = HEAD.format(user=user, port=self.port, password=self.password)
        for spec in self.specs_to_run:
            text += PROGRAM.format(
                name=spec.name, signal=spec.signal, stop_seconds=spec.stop_seconds
            )
        for name, priority in GROUP_PRIORITIES.items():
            if members := [spec.name for spec in self.specs_to_run if spec.group == name]:
                text += GROUP.format(name=name, members=",".join(members), priority=priority)
        path = self.data.path / CONFIGURATION
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)

    def open(self) -> None:
        """Start supervisord and wait until it accepts commands. It ends when this process ends."""
        self.write_configuration()
        own_pid = os.getpid()
        with (self.data.path / "logs" / "supervisord.err").open("wb") as errors:
            self.process = subprocess.Popen(
                [str(VENV_PYTHON), str(SUPPORT / "supervise.py"), "-c", CONFIGURATION],
                cwd=self.data.path,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
                preexec_fn=lambda: end_with_parent(own_pid, signal.SIGTERM),
            )
        wait_until(lambda: self.is_responding() or self.has_ended(), within=20, pause=0.05)
        if not self.is_responding():
            raise Stop(f"supervisord did not start (details: {errors.name}).")

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of supervisord and return the result."""
        address = f"http://champion:{self.password}@127.0.0.1:{self.port}/RPC2"
        with xmlrpc.client.ServerProxy(address, transport=Transport()) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)

    def is_responding(self) -> bool:
        """Return whether supervisord accepts commands."""
        try:
            return bool(self.call("getState")["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Error):
            return False

    def start(self, group: str) -> None:
        """Start all processes of a group. Do not wait for them."""
        if any(spec.group == group for spec in self.specs_to_run):
            self.call("startProcessGroup", group, False)

    def failing_process(self) -> str | None:
        """Return the name of a process that keeps ending after it starts, or None.

        Use it only before Ready.
        """
        for info in self.call("getAllProcessInfo"):
            if info["statename"] == "BACKOFF":
                start_times = self.failures.setdefault(info["name"], set())
                start_times.add(info["start"])
                if len(start_times) >= MAX_FAILURES:
                    return str(info["name"])
        return None

    def has_ended(self) -> bool:
        """Return whether supervisord was started and has ended."""
        return self.process is not None and self.process.poll() is not None

    def close(self) -> None:
        """Stop the site, and then the servers."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(timeout=STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        end_leftovers(self.data.path, timeout=1.5)
        self.process = None
