"""Advisory locks of PostgreSQL: all their numbers, and how they are taken.

They make work wait that no row's lock could order. A number stands for one purpose; all instances
of the application that use one database share it.
"""

from __future__ import annotations

from enum import IntEnum, unique

from sqlalchemy import Connection, func, select

from app.core.db import db


@unique
class Lock(IntEnum):
    """Work that one transaction does at a time."""

    MIGRATIONS = 727_001  # two starts at once: the second waits for the first
    PROGRAMME = 727_003  # two loads at once would both add what is missing
    DIRECTORY = 727_004  # two imports at once would wait for each other's rows
    DEMONSTRATION = 727_005
    JOB = 727_010  # with the job's id as the second half of the name
    REMINDERS = 727_011
    MATCHING = 727_020
    USERS = 727_030  # whatever changes users, their roles, and requests for roles
    PEOPLE_IMPORT = 727_101


def acquire(lock: Lock) -> None:
    """Wait for the lock and keep it until this transaction ends."""
    db.session.execute(select(func.pg_advisory_xact_lock(lock.value)))


def acquire_name(name: str) -> None:
    """The same for a lock named by a text: the one of an address, for example."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def acquire_on(connection: Connection, lock: Lock) -> None:
    """Wait for the lock and keep it until `connection` closes, over all its transactions."""
    connection.execute(select(func.pg_advisory_lock(lock.value)))


def try_on(connection: Connection, lock: Lock, number: int) -> bool:
    """Take the lock of one number on `connection`, unless somebody holds it; never waits.

    `release_on` gives it back. Numbers are cut to 31 bits.
    """
    name = (lock.value, number % 2**31)
    return bool(connection.scalar(select(func.pg_try_advisory_lock(*name))))


def release_on(connection: Connection, lock: Lock, number: int) -> None:
    """Give back what `try_on` took."""
    connection.execute(select(func.pg_advisory_unlock(lock.value, number % 2**31)))
