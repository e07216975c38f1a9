"""Fixtures for all tests. No test reaches the network, only loopback."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

HERE = Path(__file__).parent
# Folders with a few tests that take minutes. These start first, so that none runs alone at the end.
SLOW_FOLDERS = ("e2e", "integration/site", "integration/demo")

# Tests must not fail because the machine is busy, and must give the same result each time.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("house")


def pytest_collection_finish() -> None:
    """Keep the garbage collector from checking imported objects. This saves a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Forbid sockets in unit tests and most guards, and allow only this machine in the others.

    The order is random, except that slow folders come first.
    """
    items.sort(key=lambda item: not item.path.relative_to(HERE).as_posix().startswith(SLOW_FOLDERS))
    for item in items:
        room = item.path.relative_to(HERE).parts[0]
        if room == "unit":
            item.add_marker(pytest.mark.disable_socket)
        else:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "localhost", "::1"]))
