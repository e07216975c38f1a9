"""Fixtures that this room's tests share."""

from __future__ import annotations

from tests.integration.matching.conftest import run

__all__ = ["run"]
