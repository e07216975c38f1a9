"""A drill fails if less happened than was asked for, and it ends even if a process hangs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import drill_commands
import drill_kills
import drill_mornings
import drills

RUN = """#!/bin/sh
trap 'exit 0' TERM
mkdir -p var
echo '{}' > var/secrets.json
echo Ready
while :; do sleep 0.02; done
"""
HANGS = "#!/bin/sh\nexec sleep 60\n"
TOO_FEW = "Only 0 of 15 kills happened, so this drill proves too little."


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the drills short, and leave out everything that needs servers."""
    monkeypatch.setattr(drill_commands, "RUN_TIME", 0.2)
    monkeypatch.setattr(drill_commands, "RESTART_DELAY", 0)
    monkeypatch.setattr(drill_commands, "port_is_free", lambda _port: True)
    for module in (drill_kills, drill_mornings):
        for name in ("make_site", "close_connections"):
            monkeypatch.setattr(module, name, lambda *_url, **_more: None)
        monkeypatch.setattr(module, "find_emails", lambda _site: [])
        monkeypatch.setattr(module, "delivered_letters", lambda _mail: Counter())
    monkeypatch.setattr(drill_kills, "add_people", lambda _site: [])
    monkeypatch.setattr(drill_kills, "send", lambda *_site: None)
    monkeypatch.setattr(drill_kills, "count_waiting", lambda _site: 0)
    monkeypatch.setattr(drill_mornings, "count_reminders", lambda _site: Counter())


def commands_drill(
    monkeypatch: pytest.MonkeyPatch, *, kills: int, run: str = RUN, flask: str = "#!/bin/sh\n"
) -> drill_commands.Result:
    """Run the drill of the commands with these scripts as bin/run and bin/flask."""

    def write_scripts(clone: Path) -> None:
        (clone / "bin").mkdir()
        for name, text in (("run", run), ("flask", flask)):
            (clone / "bin" / name).write_text(text)
            (clone / "bin" / name).chmod(0o755)

    monkeypatch.setattr(drill_commands, "copy_clone", write_scripts)
    return drill_commands.Drill(kills=kills).run()


@pytest.mark.parametrize("kills", [0, 2])
def test_a_drill_of_the_commands_counts_the_kills(
    monkeypatch: pytest.MonkeyPatch, kills: int
) -> None:
    result = commands_drill(monkeypatch, kills=kills)
    assert result.problems == []
    assert result.counts["bin/run killed"] == kills


@pytest.mark.parametrize(
    ("scripts", "problem"),
    [
        ({"run": HANGS}, "bin/run was not ready after 0.5 seconds."),
        ({"run": "#!/bin/sh\n"}, "bin/run ended before it was ready."),
        ({"run": "#!/bin/sh\n"}, "Only 0 of 1 kills happened, so this drill proves too little."),
        ({"run": RUN.replace("exit 0", "")}, "bin/run did not end within 0.5 seconds."),
        ({"flask": HANGS}, "A command did not end within 0.5 seconds."),
        (
            {"flask": "#!/bin/sh\nexit 1\n"},
            "No command succeeded, so this drill proves too little.",
        ),
    ],
)
def test_a_process_that_hangs_or_ends_early_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, scripts: dict[str, str], problem: str
) -> None:
    for limit in ("READY_TIMEOUT", "STOP_TIMEOUT", "COMMAND_TIMEOUT"):
        monkeypatch.setattr(drill_commands, limit, 0.5)
    assert problem in commands_drill(monkeypatch, kills=1, **scripts).problems


def test_a_drill_whose_clone_cannot_be_copied_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(clone: Path) -> None:
        raise OSError("The disk is full.")

    monkeypatch.setattr(drill_commands, "copy_clone", fails)
    with pytest.raises(OSError, match="full"):
        drill_commands.Drill(kills=1).run()


def servers(folder: Path) -> tuple[Any, Any]:
    """Return a data folder and addresses without servers."""
    environ = {"DATABASE_URL": "postgresql://127.0.0.1:1/champion"}
    return SimpleNamespace(path=folder), SimpleNamespace(environ=environ, admin_url="")


def test_a_drill_of_kills_that_runs_out_of_time_is_a_problem(tmp_path: Path) -> None:
    result = drill_kills.Drill(*servers(tmp_path), seed=1, kills=15, minutes=0).run()
    assert result.problems == [TOO_FEW]


def test_a_month_of_mornings_with_too_few_kills_is_a_problem(tmp_path: Path) -> None:
    drill = drill_mornings.Drill(*servers(tmp_path), seed=1, people=1, kills=15)
    assert drill._compare(Counter(), None).problems == [TOO_FEW]  # type: ignore[arg-type]
    drill.killed, drill.hung = 15, 1
    assert drill._compare(Counter(), None).problems == [  # type: ignore[arg-type]
        "Processes that took longer than 60 seconds: 1."
    ]


@pytest.mark.parametrize("wrong", ["--kills=-1", "--days=0", "--people=0", "--seconds=-1"])
def test_impossible_numbers_are_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        drills.read_arguments(["mornings", wrong])
    assert "must be at least" in capsys.readouterr().err
