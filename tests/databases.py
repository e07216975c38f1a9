"""Databases for tests: one migrated template, and a clone of it for each test process.

`bin/test` provides the servers: TEST_DATABASE_URL (the application's role), TEST_OWNER_DATABASE_URL
(the owner of the tables) and TEST_ADMIN_DATABASE_URL (a role that may create databases). The
template's name contains a digest of the migrations and the programme, so a new template is made
when they change.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import upgrade
from psycopg import sql
from sqlalchemy import update
from sqlalchemy.engine import make_url

from app import create_app
from app.core.db import db
from app.core.public_ids import IdentifierKey
from config import ROOT, Settings, psycopg_url, read_settings

TEMPLATE_LOCK = 727_002
IDENTIFIER_KEY = b"the key of tests"  # 16 bytes


def _admin() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(os.environ["TEST_ADMIN_DATABASE_URL"], autocommit=True)


def _url(variable: str, database: str) -> str:
    url = make_url(psycopg_url(os.environ[variable])).set(database=database)
    return url.render_as_string(hide_password=False)


def _redis_url() -> str:
    """Return the URL of this test process's own Valkey database, which tests may empty."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    return f"{os.environ['TEST_REDIS_URL'].rpartition('/')[0]}/{number}"


def settings_for(database: str, **overrides: str) -> Settings:
    """Return test settings for `database`."""
    environ = {
        "APP_ENV": "test",
        "SECRET_KEY": "test-only-secret-key-test-only-secret-key",
        "DATABASE_URL": _url("TEST_DATABASE_URL", database),
        "MIGRATION_DATABASE_URL": _url("TEST_OWNER_DATABASE_URL", database),
        "REDIS_URL": _redis_url(),
        "PUBLIC_URL": "http://127.0.0.1:5000",
        "MAIL_URL": "smtp://127.0.0.1:9",
        "DEMO_PASSWORD": "a-password-for-the-tests",
    }
    return read_settings(environ | overrides)


def _digest() -> str:
    sources = [*sorted((ROOT / "migrations/versions").glob("*.py")), Path(__file__)]
    sources += sorted((ROOT / "app/programmes").glob("*"))
    sources += sorted((ROOT / "app").glob("*/loading.py"))
    sources += sorted((ROOT / "app/site").glob("programme*.py"))
    digest = hashlib.sha256()
    for source in sources:
        if source.is_file():
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _create(connection: psycopg.Connection[tuple[object, ...]], name: str, template: str) -> None:
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
            sql.Identifier(name), sql.Identifier(template), sql.Identifier(_owner())
        )
    )


def _owner() -> str:
    return make_url(psycopg_url(os.environ["TEST_OWNER_DATABASE_URL"])).username or "postgres"


def _application_role() -> str:
    return make_url(psycopg_url(os.environ["TEST_DATABASE_URL"])).username or "postgres"


def prepare(name: str) -> None:
    """Create the extensions and grant the application its rights, as `bin/run` does."""
    url = make_url(psycopg_url(os.environ["TEST_ADMIN_DATABASE_URL"])).set(
        database=name, drivername="postgresql"
    )
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        for extension in ("citext", "pg_trgm", "unaccent"):
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
            )
        owner, reader = sql.Identifier(_owner()), sql.Identifier(_application_role())
        connection.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(owner))
        connection.execute(
            sql.SQL(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public "
                "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}"
            ).format(owner, reader)
        )
        connection.execute(
            sql.SQL(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public "
                "GRANT USAGE, SELECT ON SEQUENCES TO {}"
            ).format(owner, reader)
        )


@contextmanager
def migrated_to(revision: str, name: str) -> Iterator[Flask]:
    """Yield the application on a database at `revision`. The database is dropped afterwards."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with _admin() as connection:
        connection.execute(drop)
        _create(connection, name, "template0")
    prepare(name)
    app = application(name)
    try:
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"), revision=revision)
            yield app
            db.engine.dispose()
    finally:
        with _admin() as connection:
            connection.execute(drop)


def make_template() -> str:
    """Return the migrated template with the programme loaded, made by the first process."""
    name = f"champion_template_{_digest()}"
    with _admin() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (TEMPLATE_LOCK,))
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if found.fetchone():
            return name
        building = f"{name}_building"
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(building))
        )
        _create(connection, building, "template0")
        prepare(building)
        app = create_app(settings_for(building))
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
            # Otherwise each machine would have different identifiers, and not the expected ones.
            db.session.execute(update(IdentifierKey).values(key=IDENTIFIER_KEY))
            db.session.commit()
            db.engine.dispose()
        result = app.test_cli_runner().invoke(
            args=["programme", "load", str(ROOT / "app/programmes/breckland.toml")]
        )
        if result.exit_code:
            raise RuntimeError(f"The programme could not be loaded: {result.output}")
        with app.app_context():
            db.engine.dispose()
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(building), sql.Identifier(name)
            )
        )
    return name


@contextmanager
def clone(label: str, template: str | None = None) -> Iterator[str]:
    """Yield a database cloned from a template. It is dropped at the end."""
    template = template or make_template()
    name = f"champion_test_{os.getpid()}_{label}"
    with _admin() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (TEMPLATE_LOCK,))
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
        _create(connection, name, template)
    try:
        yield name
    finally:
        with _admin() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def recreate(name: str) -> None:
    """Replace a clone with a fresh one, and end every connection to the old one."""
    template = make_template()
    with _admin() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (TEMPLATE_LOCK,))
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        _create(connection, name, template)


def application(database: str, **overrides: str) -> Flask:
    """Return the application on `database`."""
    return create_app(settings_for(database, **overrides))
