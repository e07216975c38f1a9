"""The data folder: its owner, the process that uses it, and its contents."""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path

import pytest

import datadir
from datadir import DataFolder, FolderInUse
from say import Stop


@pytest.fixture(autouse=True)
def registry_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datadir, "RUNS", tmp_path / "runs")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_private_and_can_be_opened_again(tmp_path: Path) -> None:
    data = DataFolder.open(tmp_path / "a b" / "data")
    assert mode(data.path) == 0o700
    data.update_state(demo=True)
    assert DataFolder.open(data.path).state() == {"demo": True}


def test_an_empty_folder_is_accepted(tmp_path: Path) -> None:
    tmp_path.joinpath("mine").mkdir(mode=0o755)
    DataFolder.open(tmp_path / "mine")
    assert mode(tmp_path / "mine") == 0o755


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ann")
    with pytest.raises(Stop, match="already contains other files"):
        DataFolder.open(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.txt"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Stop, match="cannot be used: File exists"):
        DataFolder.open(tmp_path / "file")


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = DataFolder.open(tmp_path / "data")
    someone_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: someone_else)
    with pytest.raises(Stop, match="Start it as that user"):
        DataFolder.open(data.path)


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    data = DataFolder.open(tmp_path / "data")
    first = data.secrets()
    assert first == DataFolder.open(data.path).secrets()
    assert mode(data.path / "secrets.json") == 0o600
    assert len(first["SECRET_KEY"]) == 64
    assert len(set(first.values())) == len(first)


def test_the_demo_password_can_be_typed_from_the_screen() -> None:
    password = datadir.generate_password()
    assert len(password) == 20
    assert not set(password) & set("01ilo")


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    first, second = DataFolder.open(tmp_path / "data"), DataFolder.open(tmp_path / "data")
    first.lock("bin/run", "http://127.0.0.1:5000", timeout=0)
    with pytest.raises(Stop) as refusal:
        second.lock("bin/run", "http://127.0.0.1:5001", timeout=60)
    assert str(refusal.value) == (
        f"bin/run (process {os.getpid()}) is already using {first.path} at "
        "http://127.0.0.1:5000. Stop it first, or choose another folder with --data."
    )


def test_a_command_that_is_ending_is_waited_for(tmp_path: Path) -> None:
    first, second = DataFolder.open(tmp_path / "data"), DataFolder.open(tmp_path / "data")
    first.lock("bin/run", "http://127.0.0.1:5000", timeout=0)
    first.mark_ending("bin/run")
    assert second.using_process()["url"] is None
    timer = threading.Timer(0.5, first.unlock)
    timer.start()
    second.lock("bin/run", "http://127.0.0.1:5000", timeout=20)
    timer.join()
    assert first.using_process()["pid"] == os.getpid()


def test_bin_run_comes_before_commands_that_follow_each_other(tmp_path: Path) -> None:
    """Four commands at a time use the folder, each followed by another at once."""
    DataFolder.open(tmp_path / "data")
    over, used, refusals = threading.Event(), [0], []

    def commands() -> None:
        while not over.is_set():
            data = DataFolder(tmp_path / "data")
            try:
                data.lock("bin/flask", None, timeout=30)
            except FolderInUse:
                refusals.append(data.using_process()["url"])
                return
            used[0] += 1
            time.sleep(0.3)
            data.unlock()

    threads = [threading.Thread(target=commands) for _each in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    before, site = used[0], DataFolder(tmp_path / "data")
    try:
        site.lock("bin/run", "http://127.0.0.1:5000", timeout=3)
        assert used[0] <= before + 2
        time.sleep(0.5)
        assert site.using_process()["url"] == "http://127.0.0.1:5000"
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert refusals == ["http://127.0.0.1:5000"] * 4


def test_a_released_folder_can_be_used(tmp_path: Path) -> None:
    first, second = DataFolder.open(tmp_path / "data"), DataFolder.open(tmp_path / "data")
    first.lock("bin/run", "http://127.0.0.1:5000", timeout=0)
    assert second.using_process()["url"] == "http://127.0.0.1:5000"
    assert first.registration_path().exists()
    first.unlock()
    assert second.using_process() == {}
    assert not first.registration_path().exists()
    second.lock("bin/flask", None, timeout=0)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    data = DataFolder.open(tmp_path / "data")
    (data.path / "secrets.json").write_text('{"SECRET')
    with pytest.raises(Stop, match=r"secrets\.json is damaged"):
        data.secrets()
