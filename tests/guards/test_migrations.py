"""One head; each migration goes up, down and up again; the tables are what the models say."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from psycopg import sql

from app.core.db import Base, db
from config import ROOT
from tests.databases import _admin, _create, application, prepare

HERE = str(ROOT / "migrations")


def _revisions() -> list[str]:
    scripts = ScriptDirectory(HERE)
    assert len(scripts.get_heads()) == 1
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def test_up_down_and_up_again(worker_id: str) -> None:
    name = f"champion_migrations_{worker_id}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with _admin() as connection:
        connection.execute(drop)
        _create(connection, name, "template0")
    prepare(name)
    app = application(name)
    try:
        with app.app_context():
            for revision in _revisions():
                upgrade(directory=HERE, revision=revision)
                downgrade(directory=HERE, revision="-1")
                upgrade(directory=HERE, revision=revision)
            downgrade(directory=HERE, revision="base")
            upgrade(directory=HERE)
            with db.engine.connect() as connection:
                context = MigrationContext.configure(connection, opts={"compare_type": True})
                changes = compare_metadata(context, Base.metadata)
            assert [change for change in changes if "trigram" not in str(change)] == []
            with pytest.raises(psycopg.errors.RaiseException), db.engine.begin() as connection:
                raw = connection.connection.driver_connection
                assert raw is not None
                raw.execute("DELETE FROM audit_entries")
            db.engine.dispose()
    finally:
        with _admin() as connection:
            connection.execute(drop)


def test_names_tell_the_order() -> None:
    files = sorted(path.stem for path in Path(HERE, "versions").glob("*.py"))
    assert [name.partition("_")[0] for name in files] == _revisions()
