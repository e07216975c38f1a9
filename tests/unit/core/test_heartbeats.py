"""Processes have different names, so that they are counted and only one scheduler leads."""

from __future__ import annotations

import socket

import pytest

from app.core import heartbeats


def test_hosts_whose_long_names_begin_alike_have_different_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = set()
    for end in ("abcde", "fghij"):
        host = f"champions-scheduler-7d9c8f6b5-{end}"
        monkeypatch.setattr(socket, "gethostname", lambda host=host: host)
        names.add(heartbeats.current_process_name())
    assert len(names) == 2
    longest = heartbeats.MAX_HOST_LENGTH + len(":4194304")
    assert all(len(name) <= longest for name in names)


def test_a_short_host_name_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "scheduler-1")
    assert heartbeats.current_process_name().startswith("scheduler-1:")
