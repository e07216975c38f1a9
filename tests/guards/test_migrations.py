"""There is one head, each migration can be reverted, and the tables match the models.

CHECK constraints, indexes and triggers are compared too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from psycopg import sql
from sqlalchemy import Connection, Engine, create_engine, event, pool, text

from app.core.db import MIGRATION_LIMITS, Base, db
from config import ROOT
from tests.databases import _admin, _create, _url, application, prepare
from tests.guards.schema import differences, schema_of

HERE = str(ROOT / "migrations")
# Parts that only migrations create, because models cannot describe them.
ONLY_MIGRATED = {
    "function refuse_change",
    "function refuse_postcode_of_protected",
    "function refuse_protection_with_postcode",
    "trigger audit_entries.audit_entries_append_only",
    "trigger people.people_protected",
    "trigger presences.presences_protected",
}


def _revisions() -> list[str]:
    scripts = ScriptDirectory(HERE)
    assert len(scripts.get_heads()) == 1
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements sent to any database inside the block."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def modelled(name: str) -> Iterator[Connection]:
    """Yield a database made from the models only, in a transaction that is rolled back."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with _admin() as connection:
        connection.execute(drop)
        _create(connection, name, "template0")
    prepare(name)
    engine = create_engine(_url("TEST_OWNER_DATABASE_URL", name), poolclass=pool.NullPool)
    try:
        with engine.connect() as connection:
            for function in import_module("migrations.versions.0035_folded_names").FUNCTIONS:
                connection.execute(text(function))
            Base.metadata.create_all(connection)
            yield connection
            connection.rollback()
    finally:
        with _admin() as connection:
            connection.execute(drop)


def test_every_migration_can_be_reverted_and_applied_again(worker_id: str) -> None:
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
            with statements() as sent:
                upgrade(directory=HERE)
            assert {f"SET {key} = '{value}'" for key, value in MIGRATION_LIMITS.items()} <= {*sent}
            with (
                db.engine.connect() as connection,
                modelled(f"champion_models_{worker_id}") as models,
            ):
                migrated, said = schema_of(connection), schema_of(models)
                assert len(said) > 900
                assert differences(migrated, said).keys() == ONLY_MIGRATED
                _assert_differences_are_seen(models)
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


def _assert_differences_are_seen(models: Connection) -> None:
    """Check that one deliberate difference of each kind is found."""
    said = schema_of(models)
    for statement in (
        "ALTER TABLE certificates DROP CONSTRAINT ck_certificates_certificatesource",
        "ALTER TABLE people ALTER full_name DROP NOT NULL",
        "ALTER TABLE blocks DROP CONSTRAINT fk_blocks_person_id",
        "DROP INDEX ix_audit_entries_group",
        "CREATE TYPE planted AS ENUM ('a', 'b')",
        "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER planted BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION planted()",
        "CREATE VIEW planted_view AS SELECT id FROM people",
    ):
        models.execute(text(statement))
    seen = differences(schema_of(models), said)
    assert {name.partition(":")[0] for name in seen} == {
        "constraint certificates.ck_certificates_certificatesource",
        "column people.full_name",
        "foreign key blocks",
        "index ix_audit_entries_group",
        "enum planted",
        "function planted",
        "trigger people.planted",
        "view planted_view",
    }


def test_file_names_follow_the_order_of_migrations() -> None:
    files = sorted(path.stem for path in Path(HERE, "versions").glob("*.py"))
    assert [name.partition("_")[0] for name in files] == _revisions()
