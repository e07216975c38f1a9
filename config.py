"""Settings, which are read from environment variables only.

This module imports nothing else from the project. In production, the application does not start if
a setting is missing or weak. The error message names the setting.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

ENVIRONMENTS = ("production", "demo", "test")
SHORTEST_SECRET = 32  # characters; secrets.token_hex(32) makes 64
ROOT = Path(__file__).resolve().parent
_HOST = re.compile(
    r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s\[\]:]+))(?::(?P<port>[0-9]{1,5}))?"
)


class SettingsError(Exception):
    """A setting is missing or weak. The message is a sentence that names the setting."""


@dataclass(frozen=True)
class Settings:
    """The settings of a process.

    `database_url` connects as the application's role, which is neither a superuser nor the owner of
    the tables. `migration_database_url` connects as the owner of the tables, and is only used by
    migrations. `watched_folders` are on the disks that need at least `least_free_mb` megabytes of
    free space.
    """

    app_env: str
    secret_key: str
    database_url: str
    migration_database_url: str
    redis_url: str
    public_url: str
    mail_url: str
    notify_api_key: str
    programme: Path
    demo_password: str
    metrics_from: frozenset[str]
    watched_folders: tuple[Path, ...]
    least_free_mb: int

    @property
    def is_production(self) -> bool:
        """Return whether this is a production site."""
        return self.app_env == "production"

    @property
    def is_secure(self) -> bool:
        """Return whether the site uses HTTPS, and therefore Secure cookies and HSTS."""
        return urlsplit(self.public_url).scheme == "https"


def psycopg_url(url: str) -> str:
    """Return a PostgreSQL URL in the form that SQLAlchemy uses for psycopg 3.

    Raises SettingsError if the URL has another scheme.
    """
    for scheme in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + _hosts_as_query(url.removeprefix(scheme))
    raise SettingsError("DATABASE_URL must begin with postgresql://.")


def _hosts_as_query(rest: str) -> str:
    """Move the hosts to the query string if there are several, as SQLAlchemy expects.

    `rest` is a URL without its scheme. In PostgreSQL's own format,
    `user:password@a:5432,b:5432/name?…`, the hosts come before the name of the database. Raises
    SettingsError if a host is not valid or the name of the database is missing.
    """
    place, slash, path = rest.partition("/")
    account, at, listed = place.rpartition("@")
    if "," not in listed:
        return rest
    name, _mark, query = path.partition("?")
    hosts = [_HOST.fullmatch(each) for each in listed.split(",")]
    if not name or not all(hosts):
        raise SettingsError(
            "DATABASE_URL must be like postgresql://user:password@host1:5432,host2:5432/name."
        )
    found = [host for host in hosts if host]
    host_parameters = {
        "host": ",".join(host["address"] or host["name"] for host in found),
        "port": ",".join(host["port"] or "" for host in found),
    }
    return f"{account}{at}{slash}{name}?{urlencode(host_parameters)}{'&' + query if query else ''}"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in `environ`.

    Raises SettingsError if a setting is missing or not valid.
    """
    env = environ.get("APP_ENV") or "production"
    if env not in ENVIRONMENTS:
        raise SettingsError(f"APP_ENV is “{env}”. It must be one of {', '.join(ENVIRONMENTS)}.")
    production = env == "production"

    def required(name: str, default: str = "") -> str:
        value = environ.get(name, "").strip()
        if value or not production:
            return value or default
        raise SettingsError(f"{name} is not set, and production cannot start without it.")

    if production and environ.get("DRILL_CLOCK"):
        raise SettingsError("DRILL_CLOCK moves the clock, so production cannot start with it.")
    secret = required("SECRET_KEY", "demo-only-secret-key-demo-only-secret-key")
    if production and len(secret) < SHORTEST_SECRET:
        raise SettingsError(f"SECRET_KEY is shorter than {SHORTEST_SECRET} characters.")
    public_url = required("PUBLIC_URL", "http://127.0.0.1:5000").rstrip("/")
    if production and not public_url.startswith("https://"):
        raise SettingsError("PUBLIC_URL must begin with https:// in production.")
    database_url = psycopg_url(required("DATABASE_URL", "postgresql://127.0.0.1/champion"))
    owner_url = environ.get("MIGRATION_DATABASE_URL", "").strip()
    return Settings(
        app_env=env,
        secret_key=secret,
        database_url=database_url,
        migration_database_url=psycopg_url(owner_url) if owner_url else database_url,
        redis_url=required("REDIS_URL", "redis://127.0.0.1:6379/0"),
        public_url=public_url,
        mail_url=required("MAIL_URL", "smtp://127.0.0.1:8025"),
        notify_api_key=environ.get("NOTIFY_API_KEY", "").strip(),
        programme=Path(environ.get("PROGRAMME") or ROOT / "app/programmes/breckland.toml"),
        demo_password="" if production else environ.get("DEMO_PASSWORD", ""),
        metrics_from=frozenset((environ.get("METRICS_FROM") or "127.0.0.1").split(",")),
        watched_folders=_watched_folders(environ.get("WATCHED_FOLDERS", "")),
        least_free_mb=_least_free_mb(environ.get("LEAST_FREE_MB") or "500"),
    )


def _watched_folders(text: str) -> tuple[Path, ...]:
    """Return the folders in `text`, separated by ":", and the folder for temporary files."""
    folders = [Path(folder) for folder in text.split(os.pathsep) if folder.strip()]
    return (*folders, Path(tempfile.gettempdir()))


def _least_free_mb(text: str) -> int:
    if not text.strip().isdecimal():
        raise SettingsError(f"LEAST_FREE_MB is “{text}”. It must be a number of megabytes.")
    return int(text)
