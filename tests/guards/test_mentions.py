"""Files that are mentioned in documents, docstrings and comments exist."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from config import ROOT

MENTION = re.compile(
    r"\b(?:app|bin|docs|migrations|tasks|templates|tests)/[\w/-]+\.(?:py|md|toml|html|txt)\b"
)


def missing(text: str) -> set[str]:
    """Return the files that `text` mentions but that do not exist."""
    return {each for each in MENTION.findall(text) if not (ROOT / each).exists()}


def documents() -> Iterable[Path]:
    yield from (ROOT / name for name in ("README.md", "CONTRIBUTING.md"))
    yield from sorted((ROOT / "docs").rglob("*.md"))
    for folder in ("app", "tasks", "bin"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_every_mentioned_file_exists() -> None:
    gone = {
        str(path.relative_to(ROOT)): absent
        for path in documents()
        if (absent := missing(path.read_text(encoding="utf-8")))
    }
    assert gone == {}


def test_a_missing_file_is_found() -> None:
    assert missing("see app/core/clock.py and `app/people/diary.py`.") == {"app/people/diary.py"}
