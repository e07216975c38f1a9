"""Fixtures for tests of moving and cancelling courses."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from tests.factories import courses
from tests.integration.rescheduling.moving import TODAY


@pytest.fixture(autouse=True)
def frozen() -> object:
    """Freeze the clock on 1 March 2027."""
    with clock.frozen(TODAY) as at:
        yield at


@pytest.fixture
def trainer(session: Session) -> User:
    """Create a trainer."""
    return courses.trainer(name="Tess Trainer")
