"""What each process receives in its command and environment, and what it must not receive."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import benchmarks
import datadir
import servers
import specs
from account import Account
from datadir import DataFolder
from supervision import GROUP_PRIORITIES, STOP_TIMEOUT, Supervisor

AWKWARD = 'it\'s 100% "mine"; a b'


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    monkeypatch.setattr(datadir, "port_is_free", lambda _port: True)
    return DataFolder.open(tmp_path / AWKWARD)


def everything(data: DataFolder) -> list[specs.Spec]:
    database = specs.postgres(data, 20000, None, Path("/wheel"), specs.Settings())
    return [database, specs.valkey(data), specs.mail(data, 20001), *specs.application(5000)]


def test_no_other_user_can_read_a_password(data: DataFolder) -> None:
    for spec in everything(data):
        for secret in data.secrets().values():
            assert secret not in " ".join(spec.argv)


def test_servers_do_not_get_the_applications_secrets(data: DataFolder) -> None:
    for spec in everything(data):
        gets_secrets = spec.name in ("web", "worker", "scheduler")
        assert ("SECRET_KEY" not in spec.without) == gets_secrets


def test_the_supervisors_configuration_contains_no_path(data: DataFolder) -> None:
    supervisor = Supervisor(data, everything(data), {})
    supervisor.write_configuration()
    text = (data.path / "supervisord.conf").read_text()
    assert str(data.path) not in text
    assert AWKWARD not in text
    written = json.loads((data.path / "processes.json").read_text())
    assert written.keys() == {"postgres", "valkey", "mail", "web", "worker", "scheduler"}


def test_the_application_stops_before_the_servers(data: DataFolder) -> None:
    groups = {spec.name: spec.group for spec in everything(data)}
    for part in ("web", "worker", "scheduler"):
        for server in ("postgres", "valkey", "mail"):
            assert GROUP_PRIORITIES[groups[part]] > GROUP_PRIORITIES[groups[server]]


def test_an_ordered_stop_fits_its_time_limit(data: DataFolder) -> None:
    slowest: dict[str, int] = {}
    for spec in everything(data):
        slowest[spec.group] = max(slowest.get(spec.group, 0), spec.stop_seconds)
    assert sum(slowest.values()) < STOP_TIMEOUT < 15


def test_an_account_that_cannot_reach_the_path_gets_a_descriptor(data: DataFolder) -> None:
    nobody = Account("nobody", 65534, 65534)
    spec = specs.postgres(data, 20000, nobody, Path("/wheel"), specs.Settings())
    assert not any(str(data.path) in word for word in spec.argv)
    assert spec.home == str(data.path / "postgres")


def test_servers_named_in_the_environment_are_used(data: DataFolder) -> None:
    environ = {"DATABASE_URL": "postgresql://a:b@db/x", "REDIS_URL": "redis://cache/1"}
    addresses = servers.server_addresses(data, 5000, environ)
    assert addresses.environ["DATABASE_URL"] == environ["DATABASE_URL"]
    assert addresses.environ["MIGRATION_DATABASE_URL"] == environ["DATABASE_URL"]
    assert addresses.environ["REDIS_URL"] == environ["REDIS_URL"]
    assert (addresses.own_database, addresses.own_broker, addresses.own_mail) == (
        False,
        False,
        True,
    )


def test_our_own_servers_need_passwords_and_use_loopback_only(data: DataFolder) -> None:
    addresses = servers.server_addresses(data, 5000, {})
    keys = data.secrets()
    assert f"champion_app:{keys['champion_app']}@127.0.0.1:" in addresses.environ["DATABASE_URL"]
    assert "champion_owner:" in addresses.environ["MIGRATION_DATABASE_URL"]
    assert keys["valkey"] in addresses.environ["REDIS_URL"]
    servers.prepare_valkey(data, 20002)
    configuration = (data.path / "valkey" / "valkey.conf").read_text()
    assert "bind 127.0.0.1\n" in configuration
    assert f"requirepass {keys['valkey']}\n" in configuration


def test_benchmark_results_are_printed_as_a_table() -> None:
    lines = [
        {"name": "matching", "figure": 7.25, "limit": 6.4, "ratio": 1.133, "unit": "s"},
        {"name": "registration", "figure": 1234.5, "limit": None, "ratio": 0.8, "unit": "req/s"},
    ]
    assert benchmarks.format_table(lines).splitlines() == [
        "name          figure  limit  ratio  unit",
        "matching      7.250   6.400  1.133  s",
        "registration  1,234          0.800  req/s",
    ]
