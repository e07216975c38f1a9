"""Run migrations one at a time, as the owner of the tables, with a short lock timeout."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, pool

from app.core import locks
from app.core.db import Instant, limit_migrations
from app.core.locks import Lock

EXPRESSION_INDEXES = {
    f"ix_{table}_{index}"
    for table in ("people", "organisations")
    for index in ("folded_name_trigram", "name_keys")
}


def _is_in_models(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    return not (kind == "index" and name in EXPRESSION_INDEXES)


def _render_plain_type(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Render our column types as SQLAlchemy types, so that migrations do not depend on our code."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def run_migrations() -> None:
    """Run each migration in its own transaction on the owner's connection."""
    database = current_app.extensions["migrate"].db
    url = current_app.config["SETTINGS"].migration_database_url
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        locks.acquire_for_connection(connection, Lock.MIGRATIONS)
        limit_migrations(connection)
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            transaction_per_migration=True,
            include_object=_is_in_models,
            compare_type=True,
            render_item=_render_plain_type,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run_migrations()
