"""Reads a programme file and says what is wrong with it, by key, in plain sentences.

Pure: no Flask, no database.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.site.programme_references import broken_references
from app.site.programme_schema import Programme

LARGEST = 2_000_000  # bytes: more than ten times what a district with its areas needs

# pydantic's error types → what to say; {…} are taken from the error's own context
_SAYINGS = {
    "missing": "is missing",
    "extra_forbidden": "is not a key that is known here",
    "string_type": "must be text in quotation marks",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "int_type": "must be a whole number, without quotation marks",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number, without quotation marks",
    "bool_type": "must be true or false, without quotation marks",
    "date_type": "must be a date such as 2027-03-27, without quotation marks",
    "tuple_type": "must be a list in square brackets",
    "model_type": "must be a table",
    "literal_error": "must be one of {expected}",
    "too_short": "must have at least {min_length} entry",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "multiple_of": "must be a multiple of {multiple_of}",
    "value_error": "{error}",
}
_PATTERNS = {
    "^[a-z0-9]+(?:-[a-z0-9]+)*$": "must be small letters, digits and hyphens, e.g. young-people",
    r"^[A-Z]\d{8}$": "must be a code such as E05010237",
    r"^https://[^\s]+$": "must be an address that begins with https://",
    r"^[A-Z]{1,2}$": "must be one or two capital letters, e.g. NR",
    r"^\d{4}$": 'must be a year in quotation marks, e.g. "2025"',
    r"^\S[^\n]*$": "must be one line that does not begin with a space",
}


class ProgrammeError(Exception):
    """A programme file that can't be used. `mistakes`: one sentence each, with the key's path."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


def load_programme(path: Path | str) -> Programme:
    """The programme in the TOML file at `path`; raises ProgrammeError."""
    path = Path(path)
    table = _read_toml(path)
    try:
        programme = Programme.model_validate(table)
    except ValidationError as error:
        raise ProgrammeError(list(_sentences(error, table))) from error
    mistakes = broken_references(programme)
    if mistakes:
        raise ProgrammeError(mistakes)
    return programme


def digest(programme: Programme) -> str:
    """A fingerprint (SHA-256, hex) of what the file says: comments and layout don't change it."""
    return hashlib.sha256(programme.model_dump_json().encode()).hexdigest()


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise ProgrammeError([f"{path.name} is larger than {LARGEST // 1_000_000} MB."])
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ProgrammeError([f"{path.name} is not a text file in UTF-8."]) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProgrammeError([f"{path} can't be read: {reason}."]) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError([_syntax_sentence(path.name, text, str(error))]) from error


def _syntax_sentence(name: str, text: str, message: str) -> str:
    """'breckland.toml, line 12: invalid value.'"""
    place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    line = place.group(1) if place and place.group(1) else str(len(text.splitlines()) or 1)
    what = message[: place.start()] if place else message
    return f"{name}, line {line}: {what[:1].lower()}{what[1:]}."


def _sentences(error: ValidationError, table: Mapping[str, Any]) -> Iterator[str]:
    for mistake in error.errors(include_url=False):
        location = mistake["loc"]
        context = {key: str(value) for key, value in mistake.get("ctx", {}).items()}
        kind = mistake["type"]
        if kind == "string_pattern_mismatch":
            saying = _PATTERNS.get(context["pattern"], "has the wrong form")
        elif kind in _SAYINGS:
            saying = _SAYINGS[kind].format_map(context)
        else:
            saying = f"can't be used ({mistake['msg']})"
        yield f"{key_path(location)}: {saying}{_whose(location, table)}."


def key_path(location: Sequence[int | str]) -> str:
    """('networks', 2, 'slug') → networks[2].slug (entries are counted from 0)."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path or "the file"


def _whose(location: Sequence[int | str], table: Mapping[str, Any]) -> str:
    """' (in “yana”)': the slug, code or name of the entry of a list that the path goes through."""
    found = ""
    inside: Any = table
    for step in location:
        try:
            inside = inside[step]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(step, int) and isinstance(inside, Mapping):
            label = inside.get("slug") or inside.get("code") or inside.get("name")
            found = f" (in “{label}”)" if isinstance(label, str) else found
    return found
