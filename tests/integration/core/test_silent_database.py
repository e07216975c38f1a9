"""The site soon gives up on a database server that accepts connections but never answers."""

from __future__ import annotations

import socket
import time

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from app.core.db import CONNECT_TIMEOUT, ENGINE_OPTIONS


def test_the_site_soon_gives_up_on_a_database_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        engine = create_engine(f"postgresql+psycopg://a@127.0.0.1:{port}/a", **ENGINE_OPTIONS)
        began = time.monotonic()
        with pytest.raises(OperationalError):
            engine.connect()
        assert time.monotonic() - began < 3 * CONNECT_TIMEOUT
