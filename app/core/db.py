"""The database: the base class of models, column types, constraint names and transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Enum,
    Identity,
    MetaData,
    TypeDecorator,
    event,
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect, Engine, ExceptionContext
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column

from app.core import redaction
from app.core.errors import DomainError

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


Row = TypeVar("Row", bound=DeclarativeBase)

# A migration fails rather than make the site wait for it.
MIGRATION_LIMITS = {"lock_timeout": "5s", "statement_timeout": "10min"}
# pool_pre_ping tests each connection that leaves the pool, so that no request fails because the
# server or a firewall closed it while it was idle. The timeout for a new connection is short,
# because a worker's main process and web requests wait for it. The driver's default is 130 s.
CONNECT_TIMEOUT = 5  # seconds
# If the server's machine dies, its connections stay open. With these settings, the kernel closes
# them after 30 seconds instead of two hours.
KEEPALIVE_OPTIONS: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,  # milliseconds
}
ENGINE_OPTIONS: dict[str, Any] = {
    "connect_args": {"connect_timeout": CONNECT_TIMEOUT, **KEEPALIVE_OPTIONS},
    "pool_size": 5,
    "max_overflow": 5,
    "pool_pre_ping": True,
    "hide_parameters": True,
}


class Instant(TypeDecorator[datetime]):
    """A column type for timezone-aware datetimes, stored in UTC. Rejects naive datetimes."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the value to store, in UTC. Raises ValueError if the datetime is naive."""
        if value is not None and value.tzinfo is None:
            raise ValueError("A naive datetime cannot be stored, because its time zone is unknown.")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored value, in UTC."""
        return value.astimezone(UTC) if value is not None else None


def text_enum(kind: type[Any], *, name: str | None = None) -> Enum:
    """Return a column type that stores an enum as text with a CHECK constraint.

    There is no database type to change when the enum gets a new member. `name` is the name of the
    constraint, by default the name of the class in lower case.
    """
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=60,
        values_callable=lambda members: [member.value for member in members],
        name=name or kind.__name__.lower(),
    )


class Base(DeclarativeBase):
    """The base class of all models.

    Constraints have fixed names, so that a violation can be shown as a sentence.
    """

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {
        datetime: Instant(),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class HasId:
    """Mixin that adds an `id` column, whose values the database generates."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-1)


db = SQLAlchemy(
    metadata=Base.metadata,
    engine_options=ENGINE_OPTIONS,
)
migrate = Migrate(directory="migrations")


@event.listens_for(Engine, "handle_error")
def _remove_quoted_values(context: ExceptionContext) -> None:
    """Remove the values that PostgreSQL quotes ("Key (email)=(…) already exists") from an error.

    The SQLSTATE and the name of the constraint are still available in `orig.diag`.
    """
    original = context.original_exception
    if isinstance(original, psycopg.Error) and original.sqlstate:
        safe = redaction.describe_error(original)
        original.args = (safe,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (safe,)


def shared_alias(model: type[Row], name: str | None = None) -> type[Row]:
    """Return a thread-safe alias of a model for use as a module-level constant.

    SQLAlchemy fills an alias's index of columns on first use, without a lock. A thread that reads
    the index while another thread fills it does not find the column, and its query then compares a
    row with itself. This function fills the index before it returns.
    """
    alias = aliased(model, name=name)
    inspect(alias).selectable.c.corresponding_column(next(iter(inspect(model).local_table.c)))
    return alias


def limit_migrations(connection: Connection) -> None:
    """Set the timeouts in MIGRATION_LIMITS for all transactions on a connection."""
    for name, value in MIGRATION_LIMITS.items():
        connection.execute(text(f"SET {name} = '{value}'"))


def ping() -> None:
    """Check that the database responds. Raises SQLAlchemyError if it does not."""
    db.session.execute(text("SELECT 1"))


def after_commit(action: Callable[[], None]) -> None:
    """Call `action` after the current transaction is committed.

    If the transaction is rolled back, `action` is not called.
    """
    db.session().info.setdefault("after_commit", []).append(action)


@event.listens_for(Session, "after_commit")
def _run_after_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return
    for action in session.info.pop("after_commit", []):
        action()


@event.listens_for(Session, "after_soft_rollback")
def _discard_after_rollback(session: Session, previous: Any) -> None:
    if previous.parent is None:
        session.info.pop("after_commit", None)


@contextmanager
def transaction() -> Iterator[None]:
    """Run the block in one transaction. Roll back if it raises an error.

    Every task and command uses this.
    """
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        db.session.remove()


@contextmanager
def explain_violations(sentences: dict[str, Callable[[], DomainError]]) -> Iterator[None]:
    """Raise a DomainError if the block violates one of the named constraints.

    `sentences` maps the name of a constraint to a function that returns the error. The block runs
    in a savepoint, so the request's transaction can continue. Other violations are raised
    unchanged.
    """
    try:
        with db.session.begin_nested():
            yield
            db.session.flush()
    except IntegrityError as error:
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if name in sentences:
            raise sentences[name]() from error
        raise
