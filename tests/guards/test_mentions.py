"""Files that are mentioned in documents, docstrings and comments exist, and names in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from config import ROOT

MENTION = re.compile(
    r"\b(?:app|bin|docs|migrations|tasks|templates|tests)/[\w/-]+\.(?:py|md|toml|html|txt)\b"
)
# “`NAME` in `path`” and “`NAME` of `path`”, also in lists of names.
NAME = r"`[\w.]+`"
NAMES = re.compile(
    rf"(?P<names>{NAME}(?:(?:,| and| or|, and|, or) {NAME})*)\s+(?:of|in)\s+`(?P<path>[\w/]+\.\w+)`"
)


def missing_names(text: str) -> set[str]:
    """Return “name in path” for names that `text` mentions but that are not in their file."""
    found = ((each["names"], each["path"]) for each in NAMES.finditer(text))
    return {
        f"{name} in {path}"
        for names, path in found
        if (ROOT / path).is_file()
        for name in re.findall(r"`([\w.]+)`", names)
        if not re.search(rf"\b{re.escape(name.split('.')[-1])}\b", (ROOT / path).read_text())
    }


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


def test_every_mentioned_name_is_in_its_file() -> None:
    gone = {
        str(path.relative_to(ROOT)): absent
        for path in documents()
        if path.suffix == ".md" and (absent := missing_names(path.read_text(encoding="utf-8")))
    }
    assert gone == {}


def test_a_missing_name_is_found() -> None:
    text = "`now` and `tomorrow`\nin `app/core/clock.py`, `Settings` of `config.py`, `today` in it"
    assert missing_names(text) == {"tomorrow in app/core/clock.py"}
