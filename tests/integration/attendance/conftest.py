"""Fixtures for tests of attendance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.db import db
from app.messages import outbox
from tests.factories import courses

FIRST = date(2027, 3, 27)  # the first day of the course


@pytest.fixture
def evening_after() -> Iterator[datetime]:
    """Freeze the clock on the evening after the course."""
    with clock.frozen(FIRST + timedelta(days=1)) as now:
        yield now


@pytest.fixture
def trainer(session: Session) -> User:
    """Create a trainer."""
    return courses.trainer()


def send_messages(*, at_once: bool = False) -> None:
    """Commit, and send the waiting messages as the worker does."""
    db.session.commit()
    outbox.send_waiting(at_once=at_once)
    db.session.expire_all()
