"""What every test shares. No test reaches the network: loopback only."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Unit tests and most guards touch no socket at all; the others only this machine."""
    for item in items:
        room = item.path.relative_to(HERE).parts[0]
        if room == "unit":
            item.add_marker(pytest.mark.disable_socket)
        else:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "localhost", "::1"]))
