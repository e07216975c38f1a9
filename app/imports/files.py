"""Read the rows of a partner's list from CSV or Excel, and find columns by their headings.

Rows are read one at a time to limit memory use.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flask_babel import gettext as _

from app.core.errors import InvalidInput
from app.core.words import join_list

Cell = object  # text, a number, a date, a time or None
ZIP_SIGNATURE, OLD_EXCEL_SIGNATURE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
SEPARATORS = ",;\t|"
MAX_LINES_NAMED = 10  # in an error message
REPEATABLE_FIELDS = frozenset(
    {"email", "phone"}
)  # fields that may have several columns; the first filled cell counts

# A field, and words that identify its heading. The first field that matches takes the column.
HEADINGS: tuple[tuple[str, frozenset[str]], ...] = (
    ("", frozenset({"birth", "dob", "expiry", "expires", "expiration", "renewal", "notes"})),
    ("email", frozenset({"email", "emails", "mail"})),
    ("postcode", frozenset({"postcode", "postcodes", "postal code", "zip"})),
    ("phone", frozenset({"phone", "telephone", "tel", "mobile", "landline", "contact number"})),
    ("number", frozenset({"certificate number", "certificate no", "certificate ref"})),
    ("date", frozenset({"date", "dates", "completed", "awarded", "trained on", "when", "year"})),
    ("provider", frozenset({"provider", "trainer", "trained by", "instructor"})),
    ("network", frozenset({"network", "networks"})),
    ("course", frozenset({"course", "courses", "training", "qualification", "certificate"})),
    (
        "organisation",
        frozenset({"organisation", "organization", "employer", "company", "group", "charity"}),
    ),
    ("first", frozenset({"first", "forename", "forenames", "given"})),
    ("last", frozenset({"last", "surname", "family"})),
    ("name", frozenset({"name", "names", "participant", "delegate", "learner", "attendee"})),
    ("post", frozenset({"address"})),
)
FIELD_NAMES = {
    "email": "email address",
    "post": "postal address",
    "number": "certificate number",
    "first": "first name",
    "last": "last name",
}


@dataclass(frozen=True)
class Row:
    """One row of the list.

    ``number`` is the row's number in a spreadsheet. ``cells`` maps a field to its value, and
    ``columns`` maps it to its heading. ``unused_columns`` holds the headings that match no field.
    """

    number: int
    cells: Mapping[str, Cell]
    columns: Mapping[str, str]
    unused_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """The columns of a list. Each field maps to its positions and its heading."""

    positions: Mapping[str, tuple[int, ...]]
    names: Mapping[str, str]
    unused_columns: tuple[str, ...]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of the file. Raises InvalidInput if the file cannot be read."""
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise InvalidInput(
            _("We cannot read %(path)s: %(strerror)s.", path=path, strerror=error.strerror)
        ) from error


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of the file, without empty rows.

    Raises InvalidInput if the file is not a list of people.
    """
    with path.open("rb") as content:
        start = content.read(8)
    if start.startswith(OLD_EXCEL_SIGNATURE):
        raise InvalidInput(
            _(
                "%(name)s is an old Excel file, or has a password. Save it as .xlsx or as CSV.",
                name=path.name,
            )
        )
    lines = _excel_lines(path) if start.startswith(ZIP_SIGNATURE) else _csv_lines(path)
    return _rows_below_headings(path.name, lines)


# --- lines of the file ---


def _excel_lines(path: Path) -> Iterator[tuple[int, Sequence[Cell]]]:
    # Imported here because openpyxl loads numpy, 25 MB that the web process does not need.
    from openpyxl import load_workbook

    unreadable = InvalidInput(_("%(name)s is not an Excel file that we can read.", name=path.name))
    with path.open("rb") as content:
        try:
            book = load_workbook(content, read_only=True, data_only=True)
        except Exception as error:  # a damaged file can raise anything
            raise unreadable from error
        with contextlib.closing(book):
            if not book.worksheets:
                raise InvalidInput(_("%(name)s has no sheets.", name=path.name))
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            rows = enumerate(sheet.iter_rows(values_only=True), start=1)
            while True:
                try:
                    numbered_row = next(rows)
                except StopIteration:
                    break
                except Exception as error:  # a damaged sheet can raise anything
                    raise unreadable from error
                yield numbered_row


def _csv_lines(path: Path) -> Iterator[tuple[int, Sequence[Cell]]]:
    with path.open(encoding=_encoding(path), newline="") as lines:
        separator = _separator(lines)
        lines.seek(0)
        reader = csv.reader(lines, delimiter=separator, strict=True)
        last_line = 0  # of the previous row
        try:
            for number, cells in enumerate(reader, start=1):
                last_line = reader.line_num
                if number == 1 and len(cells) <= 2 and cells and cells[0].startswith("sep="):
                    continue
                yield number, cells
        except csv.Error as error:
            raise InvalidInput(
                _(
                    "We cannot read line %(line)s of %(name)s. Look for a quotation mark that is"
                    " not closed, or that is in the middle of a cell (%(error)s).",
                    line=last_line + 1,
                    name=path.name,
                    error=error,
                )
            ) from None


def _encoding(path: Path) -> str:
    """Return UTF-16 if the file has a byte order mark, UTF-8 if it is valid, or Windows-1252.

    Raises InvalidInput if the file contains both UTF-8 and other encodings.
    """
    with path.open("rb") as content:
        start = content.read(2)
        if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        content.seek(0)
        invalid_lines, has_non_ascii = [], False
        for number, line in enumerate(content, start=1):
            try:
                text = line.decode("utf-8").removeprefix("\ufeff")
                has_non_ascii = has_non_ascii or not text.isascii()
            except UnicodeDecodeError:
                invalid_lines.append(number)
    if invalid_lines and has_non_ascii:
        raise InvalidInput(
            _(
                "These lines of %(name)s contain characters that we cannot read: %(lines)s. "
                "Type the accented letters again, or save the file as CSV (UTF-8).",
                name=path.name,
                lines=join_list([str(number) for number in invalid_lines[:MAX_LINES_NAMED]]),
            )
        )
    return "cp1252" if invalid_lines else "utf-8-sig"


def _separator(lines: IO[str]) -> str:
    for line in lines:
        if line.startswith("sep=") and len(line.strip()) == 5:
            return line[4]
        if line.strip():
            unquoted = re.sub(r'"[^"]*"', "", line)
            return max(SEPARATORS, key=unquoted.count)
    return ","


# --- headings ---


def _rows_below_headings(name: str, lines: Iterable[tuple[int, Sequence[Cell]]]) -> Iterator[Row]:
    columns: Columns | None = None
    has_rows = False
    try:
        for number, cells in lines:
            if all(_is_empty(cell) for cell in cells):
                continue
            if columns is None:
                columns = _find_columns(name, number, cells)
                continue
            has_rows = True
            yield Row(
                number, _cells_by_field(columns, cells), columns.names, columns.unused_columns
            )
    except UnicodeDecodeError as error:
        raise InvalidInput(
            _(
                "We cannot read some of the text in %(name)s. Save the file as CSV (UTF-8).",
                name=name,
            )
        ) from error
    if columns is None:
        raise InvalidInput(_("%(name)s is empty.", name=name))
    if not has_rows:
        raise InvalidInput(
            _("%(name)s has headings but no rows, so there is nothing to import.", name=name)
        )


def _is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _cells_by_field(columns: Columns, cells: Sequence[Cell]) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    for field, positions in columns.positions.items():
        filled = (cells[at] for at in positions if at < len(cells) and not _is_empty(cells[at]))
        found[field] = next(filled, None)
    return found


def field_for_heading(heading: str) -> str | None:
    """Return the field for a heading, "" for a heading to ignore, or None if it is unknown."""
    text = re.sub(r"e[\s-]mail", "email", heading.casefold())
    text = re.sub(r"post\s+code", "postcode", text)
    words = re.findall(r"[a-z0-9]+", text)
    simplified = " ".join(words)
    for field, keywords in HEADINGS:
        if any(word in words if " " not in word else word in simplified for word in keywords):
            return field
    return None


def _find_columns(name: str, number: int, cells: Sequence[Cell]) -> Columns:
    positions: dict[str, tuple[int, ...]] = {}
    names: dict[str, str] = {}
    unused = []
    for at, cell in enumerate(cells):
        heading = "" if cell is None else " ".join(str(cell).split())
        field = field_for_heading(heading)
        if not field:
            unused += [heading] if heading else []
        elif field in positions and field not in REPEATABLE_FIELDS:
            field_name = FIELD_NAMES.get(field, field)
            raise InvalidInput(
                _(
                    "%(name)s, row %(number)s: “%(names)s” and “%(heading)s” both look like the"
                    " %(what)s. Remove or rename one of the columns.",
                    name=name,
                    number=number,
                    names=names[field],
                    heading=heading,
                    what=field_name,
                )
            )
        else:
            positions[field] = (*positions.get(field, ()), at)
            names.setdefault(field, heading)
    if "name" not in positions and not {"first", "last"} <= positions.keys():
        raise InvalidInput(
            _(
                "%(name)s, row %(number)s: there is no column for the name. The first row must have"
                " headings, such as Name, Email, Phone, Postcode, Network, Course and Date.",
                name=name,
                number=number,
            )
        )
    if not {"email", "phone", "post"} & positions.keys():
        raise InvalidInput(
            _(
                "%(name)s, row %(number)s: there is no column for contact details. Add a column"
                " called Email, Phone or Address.",
                name=name,
                number=number,
            )
        )
    return Columns(positions, names, tuple(unused))
