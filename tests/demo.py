"""A database with the demonstration, created once and cloned for each use."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from datetime import date, time
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from app.core import clock
from config import ROOT, Settings
from tests.databases import clone, make_template, settings_for

# Row ids of the demonstration are recognisable, so that tests find any that leave the server: 7100
# and nine more digits, in a different range for each table.
FIRST_NUMBER = 7_100_000_000_000
SPACING = 10_000_000
ROW_NUMBER = re.compile(r"(?<!\d)7100\d{9}(?!\d)")
ANCHOR = date(2027, 3, 29)  # the day after London's clocks went forward
NOON = clock.london_instant(ANCHOR, time(12))
LOCK = 727_006
TIMEOUT = 600  # seconds


def make_demo_template() -> str:
    """Return a template database with the demonstration for ANCHOR."""
    name = f"champion_demo_{_digest()}"
    with psycopg.connect(os.environ["TEST_ADMIN_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if known.fetchone():
            return name
        with clone("demo_building") as building:
            use_recognisable_ids(building)
            load(building).check_returncode()
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(building)
                )
            )
    return name


def use_recognisable_ids(database: str) -> None:
    """Start the sequences at recognisable ids."""
    settings = settings_for(database)
    url = make_url(settings.migration_database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as owner:
        owner.execute(
            "SELECT setval(seqrelid, %s + %s * place) FROM"
            " (SELECT seqrelid, row_number() OVER (ORDER BY seqrelid::regclass::text) AS place"
            " FROM pg_sequence) AS sequences",
            (FIRST_NUMBER, SPACING),
        )


def _digest() -> str:
    """Return a digest of everything that could change the demonstration."""
    digest = hashlib.sha256(make_template().encode() + Path(__file__).read_bytes())
    for pattern in ("app/**/*.py", "app/**/*.toml", "templates/messages/**/*"):
        for source in sorted(ROOT.glob(pattern)):
            if source.is_file():
                digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def load(database: str, anchor: date = ANCHOR) -> subprocess.CompletedProcess[str]:
    """Run ``flask demo load`` in a separate process, with a random hash seed."""
    return flask(database, "demo", "load", "--anchor", anchor.isoformat())


def flask(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the application against ``database``."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app:create_app", *arguments],
        cwd=ROOT,
        env=os.environ | environ(settings_for(database)) | {"PYTHONHASHSEED": "random"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def environ(settings: Settings) -> dict[str, str]:
    """Return the environment variables for these settings."""
    return {
        "APP_ENV": settings.app_env,
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "MIGRATION_DATABASE_URL": settings.migration_database_url,
        "REDIS_URL": settings.redis_url,
        "PUBLIC_URL": settings.public_url,
        "MAIL_URL": settings.mail_url,
        "DEMO_PASSWORD": settings.demo_password,
    }


if __name__ == "__main__":
    make_demo_template()
