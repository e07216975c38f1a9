"""Limits on the size of rooms: 40 files and 5,000 lines of Python."""

from __future__ import annotations

from pathlib import Path

from config import ROOT

MAX_FILES, MAX_LINES = 40, 5000
# The solver counts as a separate library. An import contract keeps it from using any room.
LIBRARIES = ("matching/optimum",)


def _too_large(app: Path) -> dict[str, tuple[int, int]]:
    """Return the number of files and lines of each room or library that is over a limit."""
    libraries = [app / each for each in LIBRARIES]
    found = {}
    for folder in sorted([*(each for each in app.iterdir() if each.is_dir()), *libraries]):
        inside = [each for each in libraries if folder in each.parents]
        files = [
            file
            for file in folder.rglob("*.py")
            if not any(library in file.parents for library in inside)
        ]
        lines = sum(len(file.read_text().splitlines()) for file in files)
        if len(files) > MAX_FILES or lines > MAX_LINES:
            found[folder.relative_to(app).as_posix()] = (len(files), lines)
    return found


def test_rooms_stay_small() -> None:
    assert len(list((ROOT / "app").glob("*/__init__.py"))) > 15
    assert _too_large(ROOT / "app") == {}


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
    assert _too_large(tmp_path) == found


def test_the_solver_is_counted_by_itself(tmp_path: Path) -> None:
    (tmp_path / "matching" / "optimum").mkdir(parents=True)
    (tmp_path / "matching" / "room.py").write_text("pass\n" * MAX_LINES)
    (tmp_path / "matching" / "optimum" / "flow.py").write_text("pass\n" * MAX_LINES)
    assert _too_large(tmp_path) == {}
    (tmp_path / "matching" / "optimum" / "graph.py").write_text("pass\n")
    assert _too_large(tmp_path) == {"matching/optimum": (2, MAX_LINES + 1)}
