"""In production, a missing or weak setting stops the start with a sentence that names it."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from config import SettingsError, read_settings

GOOD = {
    "SECRET_KEY": "k" * 64,
    "DATABASE_URL": "postgres://app@db/champion",
    "REDIS_URL": "redis://broker/0",
    "PUBLIC_URL": "https://champions.example/",
    "MAIL_URL": "smtp://mail:25",
}


def test_production_is_the_default() -> None:
    settings = read_settings(GOOD)
    assert settings.is_production
    assert settings.is_secure
    assert settings.public_url == "https://champions.example"
    assert settings.database_url == "postgresql+psycopg://app@db/champion"
    assert settings.migration_database_url == settings.database_url


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ("a,b", {"host": "a,b"}),
        ("a:5432,b:5433", {"host": "a,b", "port": "5432,5433"}),
        ("a,b:5433", {"host": "a,b", "port": ",5433"}),
        ("[2001:db8::1]:5432,[2001:db8::2]:5432", {"host": "2001:db8::1,2001:db8::2"}),
    ],
)
def test_a_database_may_have_several_hosts(hosts: str, expected: dict[str, str]) -> None:
    """PostgreSQL's own form of the URL is what operators of a standby server write."""
    database_url = f"postgresql://app:p%40w@{hosts}/champion?target_session_attrs=read-write"
    url = make_url(read_settings(GOOD | {"DATABASE_URL": database_url}).database_url)
    _positional, connecting = PGDialect_psycopg().create_connect_args(url)
    assert (
        connecting.items()
        >= {
            "user": "app",
            "password": "p@w",
            "dbname": "champion",
            "target_session_attrs": "read-write",
            **expected,
        }.items()
    )


@pytest.mark.parametrize(
    "hosts", ["a,b", "a,b/", "a,/champion", "a,b:x/champion", "[x],b/champion"]
)
def test_an_invalid_list_of_hosts_stops_the_start(hosts: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL must be like"):
        read_settings(GOOD | {"DATABASE_URL": f"postgresql://{hosts}"})


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("PUBLIC_URL", "http://champions.example"),
        ("DATABASE_URL", "mysql://x"),
        ("APP_ENV", "staging"),
        ("DRILL_CLOCK", "clock"),
    ],
)
def test_a_weak_or_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings(GOOD | {name: value})


def test_the_demo_password_is_ignored_in_production() -> None:
    assert read_settings(GOOD | {"DEMO_PASSWORD": "x"}).demo_password == ""
    assert read_settings({"APP_ENV": "demo", "DEMO_PASSWORD": "x"}).demo_password == "x"
