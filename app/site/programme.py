"""Read a programme file and describe its errors in plain sentences.

This module does not use Flask or the database.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.site.programme_references import find_broken_references
from app.site.programme_schema import Programme

MAX_BYTES = 2_000_000  # more than ten times the size of a file for one district

# A message for each pydantic error type. The context of the error fills in {…}.
_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a known key",
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
_PATTERN_MESSAGES = {
    "^[a-z0-9]+(?:-[a-z0-9]+)*$": (
        "must be lower-case letters, digits and hyphens, such as young-people"
    ),
    r"^[A-Z]\d{8}$": "must be a code such as E05010237",
    r"^https://[^\s]+$": "must be a URL that begins with https://",
    r"^[A-Z]{1,2}$": "must be one or two capital letters, such as NR",
    r"^\d{4}$": 'must be a year in quotation marks, such as "2025"',
    r"^\S[^\n]*$": "must be one line that does not begin with a space",
}


class ProgrammeError(Exception):
    """Raised for an invalid programme file. ``errors`` holds a sentence for each error."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = tuple(errors)


def load_programme(path: Path | str) -> Programme:
    """Return the programme in the TOML file at ``path``.

    Raises ProgrammeError if the file is invalid.
    """
    path = Path(path)
    table = _read_toml(path)
    try:
        programme = Programme.model_validate(table)
    except ValidationError as error:
        raise ProgrammeError(list(_error_sentences(error, table))) from error
    errors = find_broken_references(programme)
    if errors:
        raise ProgrammeError(errors)
    return programme


def digest(programme: Programme) -> str:
    """Return the SHA-256 digest of the content in hex. Comments and layout are ignored."""
    return hashlib.sha256(programme.model_dump_json().encode()).hexdigest()


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ProgrammeError([f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB."])
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ProgrammeError([f"{path.name} is not a text file in UTF-8."]) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProgrammeError([f"{path} cannot be read: {reason}."]) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError([_syntax_sentence(path.name, text, str(error))]) from error


def _syntax_sentence(name: str, text: str, message: str) -> str:
    """Return a sentence such as "breckland.toml, line 12: invalid value."."""
    match = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    line = match.group(1) if match and match.group(1) else str(len(text.splitlines()) or 1)
    reason = message[: match.start()] if match else message
    return f"{name}, line {line}: {reason[:1].lower()}{reason[1:]}."


def _error_sentences(error: ValidationError, table: Mapping[str, Any]) -> Iterator[str]:
    for item in error.errors(include_url=False):
        location = item["loc"]
        context = {key: str(value) for key, value in item.get("ctx", {}).items()}
        kind = item["type"]
        if kind == "string_pattern_mismatch":
            message = _PATTERN_MESSAGES.get(context["pattern"], "has the wrong form")
        elif kind in _MESSAGES:
            message = _MESSAGES[kind].format_map(context)
        else:
            message = f"cannot be used ({item['msg']})"
        yield f"{key_path(location)}: {message}{_entry_name(location, table)}."


def key_path(location: Sequence[int | str]) -> str:
    """Return the path of a key, such as networks[2].slug. List entries are counted from 0."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path or "the file"


def _entry_name(location: Sequence[int | str], table: Mapping[str, Any]) -> str:
    """Return text such as " (in “yana”)", with the slug, code or name of a list entry."""
    found = ""
    current: Any = table
    for step in location:
        try:
            current = current[step]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(step, int) and isinstance(current, Mapping):
            label = current.get("slug") or current.get("code") or current.get("name")
            found = f" (in “{label}”)" if isinstance(label, str) else found
    return found
