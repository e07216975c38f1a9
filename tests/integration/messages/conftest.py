"""Fixtures: a mail server, and letters for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.factories import messages as make


@pytest.fixture
def letter(app: Flask) -> Iterator[Callable[..., None]]:
    """Return a function that registers a letter for this test, and register “test-plain”."""
    with make.made_up_letters(app) as add:
        add()
        yield add
