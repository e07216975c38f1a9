"""A fixture with processes that tests can kill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.tasks.machine import Machine, running_machine


@pytest.fixture
def machine(worker_id: str, tmp_path: Path) -> Iterator[Machine]:
    """A machine with a running broker. The test starts worker and scheduler."""
    with running_machine(worker_id, tmp_path) as made:
        yield made
