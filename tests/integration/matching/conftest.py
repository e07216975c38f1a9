"""Fixtures that this room's tests share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM, Actor
from tests.addresses import number_of

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(session: Session) -> Run:
    """Return a function that runs the matching, by default as the system and today."""
    running = import_module("app.matching.running")

    def do(actor: Actor = SYSTEM, on: date | None = None) -> dict[str, Any]:
        result: dict[str, Any] = running.run_matching(actor, on or clock.today())
        session.expire_all()
        return result

    return do


def proposed(result: dict[str, Any]) -> list[int]:
    """Return the IDs of the people that a run proposes, in order."""
    return [number_of("people", each["person"]) for each in result["proposals"]]
