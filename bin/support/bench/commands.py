"""Benchmark of the memory used by commands that load a lot of data.

The commands load the programme and the demonstration into an empty database. The figure is the peak
RSS of the process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

NAME = "commands"
SUPPORT = Path(__file__).resolve().parents[1]
# Megabytes. docs/production.md and the README contain these figures.
LIMITS = {("programme", "load"): 300.0, ("demo", "load"): 300.0}


def run() -> list[dict[str, Any]]:
    """Return the peak memory of each command."""
    empty_database()
    rows = []
    for command, limit in LIMITS.items():
        figure = peak_memory(*command)
        rows.append(
            {
                "name": f"{' '.join(command)}, peak memory",
                "figure": round(figure, 1),
                "limit": limit,
                "ratio": round(figure / limit, 3),
                "unit": "MB",
                "reach": "at most 1 x",
                "ok": figure <= limit,
            }
        )
    return rows


def empty_database() -> None:
    """Delete all rows except the schema version, the key for identifiers and the audit log."""
    with psycopg.connect(os.environ["MIGRATION_DATABASE_URL"], autocommit=True) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
            "AND tablename NOT IN ('alembic_version', 'identifier_keys') "
            "AND tablename NOT LIKE 'audit%'"
        ).fetchall()
        tables = sql.SQL(", ").join(sql.Identifier(name) for (name,) in names)
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables))


def peak_memory(*arguments: str) -> float:
    """Run a command of the application. Return its peak memory in MB."""
    command = [sys.executable, str(SUPPORT / "flask_main.py"), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"“{' '.join(arguments)}” ended with {process.returncode}.")
    return usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
