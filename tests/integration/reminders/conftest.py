"""A fixed time for all tests of reminders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from app.core import clock

TODAY = date(2027, 3, 1)


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    """Freeze the clock at 09:00 in London on 1 March 2027."""
    with clock.frozen(TODAY):
        yield
