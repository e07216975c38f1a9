"""Limits on the size of rooms: 40 files and 5,000 lines of Python."""

from __future__ import annotations

from pathlib import Path

from config import ROOT

MAX_FILES, MAX_LINES = 40, 5000
# Rooms that are over a limit, with the limits that they have until they are split. Add none.
OVERSIZED = {"matching": (40, 5300)}  # its solver, optimum/, can become a room


def _too_large(app: Path, oversized: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Return the number of files and lines of each room that is over its limits."""
    found = {}
    for room in sorted(each for each in app.iterdir() if each.is_dir()):
        max_files, max_lines = oversized.get(room.name, (MAX_FILES, MAX_LINES))
        files = list(room.rglob("*.py"))
        lines = sum(len(file.read_text().splitlines()) for file in files)
        if len(files) > max_files or lines > max_lines:
            found[room.name] = (len(files), lines)
    return found


def test_rooms_stay_small() -> None:
    assert len(list((ROOT / "app").glob("*/__init__.py"))) > 15
    assert _too_large(ROOT / "app", OVERSIZED) == {}


def test_planted_rooms_over_a_limit_are_found(tmp_path: Path) -> None:
    for room in ("many_files", "many_lines", "full"):
        (tmp_path / room / "views").mkdir(parents=True)
    for number in range(MAX_FILES):
        (tmp_path / "full" / f"module_{number}.py").write_text("pass\n")
        (tmp_path / "many_files" / f"module_{number}.py").write_text("pass\n")
    (tmp_path / "many_files" / "views" / "one_more.py").write_text("pass\n")
    (tmp_path / "many_lines" / "views" / "module.py").write_text("pass\n" * (MAX_LINES + 1))
    found = {
        "many_files": (MAX_FILES + 1, MAX_FILES + 1),
        "many_lines": (1, MAX_LINES + 1),
    }
    assert _too_large(tmp_path, {}) == found
    assert _too_large(tmp_path, {"many_lines": (1, MAX_LINES)}) == found
