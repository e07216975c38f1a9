"""Files that the documents, docstrings and comments name are there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from config import ROOT

MENTION = re.compile(
    r"\b(?:app|bin|docs|migrations|tasks|templates|tests)/[\w/-]+\.(?:py|md|toml|html|txt)\b"
)


def missing(text: str) -> set[str]:
    """The files that `text` mentions and the repository does not have."""
    return {each for each in MENTION.findall(text) if not (ROOT / each).exists()}


def documents() -> Iterable[Path]:
    yield from (ROOT / name for name in ("README.md", "CONTRIBUTING.md"))
    yield from sorted((ROOT / "docs").rglob("*.md"))
    for folder in ("app", "tasks", "bin"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_every_file_that_is_mentioned_is_there() -> None:
    gone = {
        str(path.relative_to(ROOT)): absent
        for path in documents()
        if (absent := missing(path.read_text(encoding="utf-8")))
    }
    assert gone == {}


def test_a_file_that_is_not_there_is_found() -> None:
    assert missing("see app/core/clock.py and `app/people/diary.py`.") == {"app/people/diary.py"}
