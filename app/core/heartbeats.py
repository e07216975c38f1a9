"""Heartbeats of the worker, the scheduler and each of their processes, and of daily runs.

The row "worker" has the time when a worker last completed a task, and the row "scheduler" has the
time when a scheduler last ran the timetable. Each process also has its own row, such as "worker
host:123", and deletes it when it stops. If a process is killed, its row remains.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, db
from app.core.personal import NOT_PERSONAL

HEARTBEAT_TIMEOUT = timedelta(minutes=2)  # after its last heartbeat, a process counts as live
LOST_PROCESS_RETENTION = timedelta(hours=1)  # how long a killed process is reported
MAX_HOST_LENGTH = 20  # characters of a host's name that are kept
HOST_HASH_LENGTH = 8  # of these, characters of the hash that ends a longer name


@dataclass(frozen=True)
class ProcessCount:
    """The numbers of processes of one kind that are live, and that were lost in the last hour.

    A lost process stopped without deleting its row, because the process or its host was killed.
    """

    live: int
    lost: int


class Heartbeat(Base):
    """The time of the last heartbeat of a process, or of the last completed run."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(40), primary_key=True, info=NOT_PERSONAL)
    at: Mapped[datetime]
    facts: Mapped[dict[str, Any]] = mapped_column(info=NOT_PERSONAL)


def record_heartbeat(name: str, **facts: Any) -> None:
    """Record the current time as the last heartbeat of `name`."""
    row = {"at": clock.now(), "facts": facts}
    db.session.execute(
        insert(Heartbeat)
        .values(name=name, **row)
        .on_conflict_do_update(index_elements=["name"], set_=row)
    )


def last_heartbeat(name: str) -> Heartbeat | None:
    """Return the last heartbeat of `name`, or None."""
    return db.session.scalar(select(Heartbeat).where(Heartbeat.name == name))


def all_heartbeats() -> Sequence[Heartbeat]:
    """Return all heartbeats, ordered by name."""
    return db.session.scalars(select(Heartbeat).order_by(Heartbeat.name)).all()


def current_process_name() -> str:
    """Return a name for this process, made from its host and its process ID.

    Host names in a cluster often differ only at the end, so a long host name is shortened to its
    beginning and a hash of the whole name.
    """
    host = socket.gethostname()
    if len(host) > MAX_HOST_LENGTH:
        name_hash = hashlib.sha256(host.encode()).hexdigest()[:HOST_HASH_LENGTH]
        host = f"{host[: MAX_HOST_LENGTH - HOST_HASH_LENGTH - 1]}-{name_hash}"
    return f"{host}:{os.getpid()}"


def record_process_heartbeat(kind: str, process: str) -> None:
    """Record a heartbeat of a process, and delete processes that were lost over an hour ago."""
    record_heartbeat(f"{kind} {process}")
    db.session.execute(
        delete(Heartbeat).where(
            Heartbeat.name.startswith(f"{kind} ", autoescape=True),
            or_(
                Heartbeat.at < clock.now() - LOST_PROCESS_RETENTION,
                Heartbeat.at > clock.now() + LOST_PROCESS_RETENTION,
            ),
        )
    )


def record_process_stop(kind: str, process: str) -> None:
    """Record that a process has stopped, so that another scheduler can take over immediately."""
    db.session.execute(delete(Heartbeat).where(Heartbeat.name == f"{kind} {process}"))
    db.session.execute(
        delete(Heartbeat).where(
            Heartbeat.name == kind, Heartbeat.facts["process"].astext == process
        )
    )


def count_processes(kind: str) -> ProcessCount:
    """Return the numbers of live and lost processes of one kind."""
    times = db.session.scalars(
        select(Heartbeat.at).where(Heartbeat.name.startswith(f"{kind} ", autoescape=True))
    ).all()
    live = sum(abs(clock.now() - at) < HEARTBEAT_TIMEOUT for at in times)
    return ProcessCount(live, len(times) - live)


def try_to_lead(kind: str, process: str, lease: timedelta) -> bool:
    """Try to make this process the leader of its kind, and return whether it is.

    A process stays the leader until its last heartbeat is older than `lease` and another process
    tries to lead. If there are several schedulers, only the leader runs the timetable.
    """
    row = {"at": clock.now(), "facts": {"process": process}}
    led = db.session.execute(
        insert(Heartbeat)
        .values(name=kind, **row)
        .on_conflict_do_update(
            index_elements=["name"],
            set_=row,
            where=or_(
                Heartbeat.facts["process"].astext.is_not_distinct_from(process),
                Heartbeat.at < clock.now() - lease,
                Heartbeat.at > clock.now() + lease,  # the clock was ahead when it was recorded
            ),
        )
        .returning(Heartbeat.name)
    )
    return led.scalar_one_or_none() is not None
