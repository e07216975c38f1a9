"""Limits on the sizes of files."""

from __future__ import annotations

import subprocess
from pathlib import Path

from config import ROOT

PRODUCTION = 400
TEST = 600


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def _too_long(files: list[Path], limit: int) -> dict[str, int]:
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in files}
    return {name: length for name, length in lengths.items() if length > limit}


def test_production_files_stay_short() -> None:
    files = _tracked("app/*.py", "tasks/*.py", "config.py", "bin/*.py", "migrations/env.py")
    assert len(files) > 50
    assert _too_long(files, PRODUCTION) == {}


def test_test_files_stay_short() -> None:
    assert _too_long(_tracked("tests/*.py"), TEST) == {}


def test_no_file_mentions_a_path_of_this_machine() -> None:
    here = str(ROOT.parent) + "/"
    if here == "//":
        return
    guilty = [
        str(file.relative_to(ROOT))
        for file in _tracked("*.py", "*.md", "*.toml", "*.html", "*.lock", "bin/*", "*.json")
        if here in file.read_text(errors="ignore")
    ]
    assert guilty == []
