"""Setting up a clone: stamps, and sentences about failures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import bootstrap
import frontend
from say import Stop


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with lock files and a finished environment without test packages."""
    for name in ("RUNTIME_LOCK", "TEST_LOCK", "STAMP"):
        monkeypatch.setattr(bootstrap, name, tmp_path / name.lower())
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", Path(sys.executable))
    monkeypatch.setattr(bootstrap, "in_venv", lambda: False)
    (tmp_path / "runtime_lock").write_text("flask==3.1.3\n")
    (tmp_path / "test_lock").write_text("flask==3.1.3\npytest==9\n")
    stamp = {
        "python": bootstrap.working_python_version(),
        "runtime": bootstrap.digest(tmp_path / "runtime_lock"),
        "tests": None,
    }
    (tmp_path / "stamp").write_text(json.dumps(stamp))
    return tmp_path


def test_a_finished_environment_is_used(environment: Path) -> None:
    assert bootstrap.is_ready(tests=False)
    assert not bootstrap.is_ready(tests=True)


def test_a_changed_lock_rebuilds_the_environment(environment: Path) -> None:
    (environment / "runtime_lock").write_text("flask==3.1.4\n")
    assert not bootstrap.is_ready(tests=False)


@pytest.mark.parametrize("stamp", ["", "{", "[]", "{}"])
def test_an_interrupted_set_up_is_built_again(environment: Path, stamp: str) -> None:
    (environment / "stamp").write_text(stamp)
    assert not bootstrap.is_ready(tests=False)


def test_a_missing_python_is_noticed(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", environment / "gone")
    assert not bootstrap.is_ready(tests=False)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("NewConnectionError: Failed to establish", "The package registry did not respond"),
        ("npm error code EAI_AGAIN", "The package registry did not respond"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("note\nERROR: No matching distribution found for x==1\nbye", "No matching distribution"),
        ("", "it printed nothing"),
    ],
)
def test_a_failed_installer_gives_a_sentence(tmp_path: Path, words: str, sentence: str) -> None:
    log = tmp_path / "pip.log"
    log.write_text(words)
    reason = bootstrap.failure_reason("install the Python packages", log)
    assert sentence in reason
    assert "\n" not in reason


def test_a_failing_command_raises_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "CACHE", tmp_path)
    command = ["/bin/sh", "-c", "echo error: the third thing; exit 3"]
    with pytest.raises(Stop, match="not possible to do it: error: the third thing"):
        bootstrap.run_quietly(command, "it.log", what="do it")


def test_assets_are_built_only_if_their_sources_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = tmp_path / "assets"
    (assets / "scss").mkdir(parents=True)
    (assets / "node_modules").mkdir()
    for name in ("package.json", "package-lock.json", "scss/app.scss"):
        (assets / name).write_text("one")
    monkeypatch.setattr(frontend, "ASSETS", assets)
    monkeypatch.setattr(frontend, "NODE_MODULES", assets / "node_modules")
    before = frontend.sources_digest()
    (assets / "node_modules" / "anything").write_text("two")
    assert frontend.sources_digest() == before
    (assets / "scss" / "app.scss").write_text("two")
    assert frontend.sources_digest() != before
