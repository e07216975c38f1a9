"""The production code that guards check."""

from __future__ import annotations

from config import ROOT


def production() -> dict[str, str]:
    """Return the Python files of `app/` and `tasks/`, by path from the root."""
    files = [*ROOT.glob("app/**/*.py"), *ROOT.glob("tasks/*.py")]
    return {file.relative_to(ROOT).as_posix(): file.read_text() for file in sorted(files)}
