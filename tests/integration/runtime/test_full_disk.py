"""When the disk is full, supervisord survives, and bin/run restarts it until that succeeds."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import run
import specs
from datadir import DataFolder
from supervision import Supervisor

NOISY_PROGRAM = "import time\nwhile True: print('x' * 2000, flush=True); time.sleep(0.005)"
MAX_FILE_BYTES = 40_000  # bytes that a file may have, as if the disk were full after them


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder.open(tmp_path / "var")


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file of this process and its children grow above FULL bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_supervisord_survives_logs_that_cannot_be_written(
    data: DataFolder, small_files: None
) -> None:
    talker = specs.Spec("talker", (sys.executable, "-c", NOISY_PROGRAM))
    supervisor = Supervisor(data, [talker], specs.process_environ(data, {}))
    supervisor.open()
    try:
        supervisor.start("servers")
        errors = data.path / "logs" / "supervisord.err"
        give_up = time.monotonic() + 20
        while errors.stat().st_size < MAX_FILE_BYTES and time.monotonic() < give_up:
            assert not supervisor.has_ended()
            time.sleep(0.1)
        assert (data.path / "logs" / "talker.log").stat().st_size == MAX_FILE_BYTES
        time.sleep(0.5)
        assert not supervisor.has_ended()
        assert supervisor.is_responding()
    finally:
        supervisor.close()


def test_bin_run_tries_again_until_the_supervisor_starts(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first restart fails as on a full disk, and the second works."""
    supervisor = Supervisor(data, [], specs.process_environ(data, {}))
    supervisor.open()
    pauses: list[float] = []
    folder = data.path / "logs"

    def wait_for_stop_signal(seconds: float) -> bool:
        pauses.append(seconds)
        if len(pauses) == 1:
            assert supervisor.process is not None
            supervisor.process.kill()
            supervisor.process.wait()
            folder.rename(data.path / "no logs")
        else:
            (data.path / "no logs").rename(folder) if not folder.exists() else None
        return len(pauses) == 3

    monkeypatch.setattr(run, "wait_for_stop_signal", wait_for_stop_signal)
    try:
        run.watch(supervisor)
        assert pauses == [0.5, run.RETRY_PAUSE, 0.5]
        assert supervisor.is_responding()
    finally:
        supervisor.close()


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ('{"ok": false, "database": {"ok": true}, "disk": {"ok": false, "free_mb": 9}}', True),
        ('{"ok": false, "database": {"ok": false}, "disk": {"ok": false, "free_mb": 9}}', False),
        ('{"ok": false, "database": {"ok": false}, "disk": {"ok": true, "free_mb": 9}}', False),
        ("<html>", False),
    ],
)
def test_a_site_with_little_space_starts(text: str, starts: bool) -> None:
    assert run.is_only_disk_space_low(text) is starts
