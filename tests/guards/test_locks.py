"""Each advisory lock has its own number, and only the core takes locks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum, unique

import pytest

from app.core.locks import Lock
from config import ROOT
from tests.guards.sources import production

RAW_LOCK = re.compile(r"\b727_?\d{3}\b|pg_(?:try_)?advisory")


def locks_outside_core(sources: Mapping[str, str]) -> list[str]:
    """Return lines outside the core that contain the number of a lock or take a lock."""
    return [
        f"{path}:{number}"
        for path, source in sources.items()
        if not path.startswith("app/core/")
        for number, line in enumerate(source.splitlines(), 1)
        if RAW_LOCK.search(line)
    ]


def test_only_the_core_takes_advisory_locks() -> None:
    own = ["migrations/env.py", "config.py"]
    sources = production() | {path: (ROOT / path).read_text() for path in own}
    assert locks_outside_core(sources) == []


def test_each_lock_is_used() -> None:
    everything = "".join(production().values()) + (ROOT / "migrations/env.py").read_text()
    assert [lock.name for lock in Lock if f"Lock.{lock.name}" not in everything] == []


def test_the_guard_finds_a_repeated_number_and_a_raw_lock() -> None:
    planted = "LOCK = 727_004\nselect(func.pg_try_advisory_lock(1))\nselect(1)"
    assert locks_outside_core({"app/areas/x.py": planted}) == [
        "app/areas/x.py:1",
        "app/areas/x.py:2",
    ]
    with pytest.raises(ValueError, match="AGAIN -> DIRECTORY"):
        unique(
            IntEnum("Planted", {"DIRECTORY": Lock.DIRECTORY.value, "AGAIN": Lock.DIRECTORY.value})
        )
    assert Lock.__members__.keys() == {lock.name for lock in Lock}
