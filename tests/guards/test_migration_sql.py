"""Checks the SQL of new migrations with squawk, so that none locks a table for long."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory

from app.core.db import MIGRATION_LIMITS
from config import ROOT

SQUAWK = Path(sys.executable).with_name("squawk")
# Every installation has already run the migrations up to this one, so they are not checked.
ALREADY_RUN_UP_TO = "0030"


def written_since(revision: str) -> list[Script]:
    """Return the migrations after a revision, oldest first."""
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    return [*scripts.iterate_revisions("head", revision)][::-1]


def sql_of(upgrade: Callable[[], None]) -> str:
    """Return the SQL of a migration as `migrations/env.py` runs it, without a database."""
    text = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={"as_sql": True, "output_buffer": text, "literal_binds": True},
    )
    with Operations.context(context):
        upgrade()
    limits = "".join(f"SET {name} = '{value}';\n" for name, value in MIGRATION_LIMITS.items())
    return f"{limits}BEGIN;\n{text.getvalue()}COMMIT;\n"


def squawk_findings(sql: str) -> str:
    """Return squawk's objections, or "" if there are none."""
    found = subprocess.run(
        [SQUAWK, "--config", ROOT / ".squawk.toml", "--reporter", "gcc"],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode in (0, 1), found.stderr
    return found.stdout.strip() if found.returncode else ""


def test_new_migrations_lock_nothing_for_long() -> None:
    wrong = {
        script.revision: squawk_findings(sql_of(script.module.upgrade))
        for script in written_since(ALREADY_RUN_UP_TO)
    }
    assert {revision: said for revision, said in wrong.items() if said} == {}


def test_the_check_finds_a_bad_migration() -> None:
    def adds_required_column() -> None:
        op.add_column("people", sa.Column("nickname", sa.String(120), nullable=False))

    def indexes_with_lock() -> None:
        op.create_index("ix_people_nickname", "people", ["nickname"])

    def changes_type() -> None:
        op.alter_column("people", "full_name", type_=sa.Text())

    assert "adding-required-field" in squawk_findings(sql_of(adds_required_column))
    assert "require-concurrent-index-creation" in squawk_findings(sql_of(indexes_with_lock))
    assert "changing-column-type" in squawk_findings(sql_of(changes_type))


def test_the_check_accepts_a_good_migration() -> None:
    def adds_a_table() -> None:
        op.create_table(
            "nicknames",
            sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
            sa.Column("name", sa.String(120), nullable=False),
        )
        op.create_index("ix_nicknames_name", "nicknames", ["name"])
        with op.get_context().autocommit_block():
            op.create_index(
                "ix_people_nickname",
                "people",
                ["full_name"],
                if_not_exists=True,
                postgresql_concurrently=True,
            )

    assert squawk_findings(sql_of(adds_a_table)) == ""
