"""PostgreSQL advisory locks, and functions to acquire and release them.

They are for work that row locks cannot protect. Each number has one purpose. All instances of the
application on a database share the locks.
"""

from __future__ import annotations

from enum import IntEnum, unique

from sqlalchemy import Connection, func, select

from app.core.db import db


@unique
class Lock(IntEnum):
    """A lock for work that only one transaction can do at a time."""

    MIGRATIONS = 727_001  # if two processes start together, the second waits for the first
    PROGRAMME = 727_003  # two loads at once would both add the missing rows
    DIRECTORY = 727_004  # two imports at once would deadlock on each other's rows
    DEMONSTRATION = 727_005
    JOB = 727_010  # with the job's id as the second half of the name
    REMINDERS = 727_011
    MATCHING = 727_020
    USERS = 727_030  # changes to users, their roles, and requests for roles
    PEOPLE_IMPORT = 727_101


def acquire(lock: Lock) -> None:
    """Wait for a lock and hold it until this transaction ends."""
    db.session.execute(select(func.pg_advisory_xact_lock(lock.value)))


def acquire_named(name: str) -> None:
    """Wait for the lock with this name and hold it until this transaction ends."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def acquire_for_connection(connection: Connection, lock: Lock) -> None:
    """Wait for a lock and hold it until `connection` is closed."""
    connection.execute(select(func.pg_advisory_lock(lock.value)))


def try_acquire(connection: Connection, lock: Lock, number: int) -> bool:
    """Try to acquire the lock for `number` on `connection`, and return whether that succeeded.

    Does not wait. Release the lock with `release`. Only the lowest 31 bits of `number` are used.
    """
    name = (lock.value, number % 2**31)
    return bool(connection.scalar(select(func.pg_try_advisory_lock(*name))))


def release(connection: Connection, lock: Lock, number: int) -> None:
    """Release a lock that `try_acquire` acquired."""
    connection.execute(select(func.pg_advisory_unlock(lock.value, number % 2**31)))
