"""Start our own PostgreSQL, Valkey and mail catcher on a data folder."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import psycopg
import redis

import account
import cluster
import leftovers
import specs
from datadir import DataFolder
from paths import PROGRAMME
from say import Stop, ignore_signals
from specs import Settings, Spec, launcher
from waiting import wait_until

TIMEOUT = 60.0  # seconds to wait for a server to respond


@dataclass(frozen=True)
class Addresses:
    """The URLs and ports of the servers. `own_*` is whether this command starts the server."""

    environ: dict[str, str]
    admin_url: str
    own_database: bool
    own_broker: bool
    own_mail: bool


def server_addresses(
    data: DataFolder, public_port: int, given: Mapping[str, str] = os.environ
) -> Addresses:
    """Return the addresses of the servers, and the environment variables that contain them.

    Servers and URLs in `given` are used unchanged. config.py reads the variables.
    """
    keys, ports = data.secrets(), data.ports()
    database_url, redis_url, mail_url = (
        given.get(name, "").strip() for name in ("DATABASE_URL", "REDIS_URL", "MAIL_URL")
    )
    at = f"127.0.0.1:{ports['postgres']}"

    def role_url(role: str, database: str = cluster.DATABASE) -> str:
        return f"postgresql://{role}:{keys[role]}@{at}/{database}"

    environ = {
        "APP_ENV": "demo",
        "SECRET_KEY": given.get("SECRET_KEY") or keys["SECRET_KEY"],
        "DATABASE_URL": database_url or role_url("champion_app"),
        "REDIS_URL": redis_url or f"redis://:{keys['valkey']}@127.0.0.1:{ports['valkey']}/0",
        "PUBLIC_URL": given.get("PUBLIC_URL") or f"http://127.0.0.1:{public_port}",
        "MAIL_URL": mail_url or f"smtp://127.0.0.1:{ports['mail']}",
        "PROGRAMME": given.get("PROGRAMME") or str(PROGRAMME),
        "DEMO_PASSWORD": keys["demo"],
    }
    if database_url:
        owner = given.get("MIGRATION_DATABASE_URL") or database_url
    else:
        owner = role_url("champion_owner")
    return Addresses(
        environ=environ | {"MIGRATION_DATABASE_URL": owner},
        admin_url=role_url("postgres", "postgres"),
        own_database=not database_url,
        own_broker=not redis_url,
        own_mail=not mail_url,
    )


def prepare_own_servers(data: DataFolder, addresses: Addresses, settings: Settings) -> list[Spec]:
    """Prepare the files of our servers. Return the specifications for starting them."""
    ports, result = data.ports(), []
    if addresses.own_database:
        owner = account.account_for_servers(specs.postgres_home(data) / "cluster")
        binaries = cluster.binaries(data, owner)
        cluster.ensure_cluster(data, owner, binaries)
        cluster.clear_stale_pid(data)
        result.append(specs.postgres(data, ports["postgres"], owner, binaries, settings))
    if addresses.own_broker:
        prepare_valkey(data, ports["valkey"])
        result.append(specs.valkey(data))
    if addresses.own_mail:
        result.append(specs.mail(data, ports["mail"]))
    return result


def prepare_valkey(data: DataFolder, port: int) -> None:
    """Write the configuration of Valkey, with its password. Only its owner can read it.

    Valkey does not store anything on disk. Data that must not be lost is in the database.
    """
    home = data.path / "valkey"
    home.mkdir(exist_ok=True, mode=0o700)
    lines = [
        f"port {port}",
        "bind 127.0.0.1",
        "daemonize no",
        "set-proc-title no",  # a title would overwrite the mark that identifies leftovers
        f"requirepass {data.secrets()['valkey']}",
        'save ""',
        "appendonly no",
        "maxmemory 256mb",
        "maxmemory-policy noeviction",
        # At each start it warns about the kernel's overcommit setting, which only affects saving.
        "loglevel nothing",
    ]
    path = home / "valkey.conf"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")


def wait_for_servers(
    data: DataFolder, addresses: Addresses, find_ended: Callable[[], str | None]
) -> None:
    """Wait until our servers respond.

    `find_ended` returns the name of a server that has ended, or None.
    """
    probes: list[tuple[str, Callable[[], object]]] = []
    if addresses.own_database:
        probes.append(("postgres", lambda: psycopg.connect(addresses.admin_url).close()))
    if addresses.own_broker:
        probes.append(("valkey", lambda: ping(addresses.environ["REDIS_URL"])))
    if addresses.own_mail:
        port = data.ports()["mail"]
        probes.append(("mail", lambda: socket.create_connection(("127.0.0.1", port), 2).close()))
    for name, probe in probes:
        wait_until(partial(_responds_or_ended, probe, find_ended), within=TIMEOUT, pause=0.05)
        if not responds(probe):
            ended = find_ended()
            log = data.path / "logs" / f"{ended or name}.log"
            problem = "ended at once" if ended else "did not respond"
            raise Stop(f"{ended or name} {problem}: {cluster.last_line(log)} (details: {log}).")


def _responds_or_ended(probe: Callable[[], object], find_ended: Callable[[], str | None]) -> bool:
    return responds(probe) or find_ended() is not None


def check_external_servers(addresses: Addresses) -> None:
    """Raise Stop if a server in the environment variables does not respond."""
    try:
        if not addresses.own_database:
            for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL"):
                url = addresses.environ[name].replace("+psycopg", "", 1)
                psycopg.connect(url, connect_timeout=10).close()
        if not addresses.own_broker:
            name = "REDIS_URL"
            ping(addresses.environ[name])
    except (psycopg.Error, redis.RedisError, ValueError) as problem:
        reason = " ".join(str(problem).split())[:300].rstrip(".?")
        raise Stop(f"The server that {name} names cannot be used: {reason}.") from problem


def ping(url: str) -> None:
    """Check that a Valkey or Redis server responds. Raises RedisError if it does not."""
    client = redis.Redis.from_url(url, socket_timeout=2)
    try:
        client.ping()
    finally:
        client.close()


def responds(probe: Callable[[], object]) -> bool:
    """Return whether a probe succeeds."""
    try:
        probe()
    except (OSError, psycopg.OperationalError, redis.RedisError):
        return False
    return True


def provision(data: DataFolder, addresses: Addresses) -> None:
    """Create the roles and the database, unless the database is external."""
    if addresses.own_database:
        cluster.provision(addresses.admin_url, data.secrets())


@contextlib.contextmanager
def run_servers(data: DataFolder, addresses: Addresses, settings: Settings) -> Iterator[None]:
    """Run our servers within a block. bin/run uses a supervisor instead."""
    started: list[tuple[Spec, subprocess.Popen[bytes]]] = []
    try:
        server_specs = prepare_own_servers(data, addresses, settings)
        specifications = data.path / "processes.json"
        specs.write_specs(specifications, server_specs)
        environ = specs.process_environ(data, addresses.environ)
        for spec in server_specs:
            with (data.path / "logs" / f"{spec.name}.log").open("ab") as log:
                process = subprocess.Popen(
                    launcher(specifications, spec),
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C reaches only us, and we stop them cleanly
                )
            started.append((spec, process))
        wait_for_servers(
            data,
            addresses,
            lambda: next((s.name for s, p in started if p.poll() is not None), None),
        )
        provision(data, addresses)
        yield
    finally:
        with ignore_signals():
            stop(started)
            leftovers.end_leftovers(data.path, timeout=2)
            cluster.remove_copy(data)


def stop(started: list[tuple[Spec, subprocess.Popen[bytes]]]) -> None:
    """Stop processes, and kill those that do not end in time."""
    for spec, process in started:
        process.send_signal(signal.Signals[f"SIG{spec.signal}"])
    for spec, process in started:
        try:
            process.wait(timeout=spec.stop_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
