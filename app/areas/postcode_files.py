"""Read a postcode directory from the ONS: an NSPL or ONSPD file of any vintage.

This module does not use the database. Columns are recognised by patterns in their names. The names
changed in 2025 (`oslaua`, `laua` → `lad25cd`) and contain the year of the codes (`wd25cd`,
`lsoa21cd`). If several columns match, the newest is used.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TextIO

from flask_babel import gettext as _

from app.areas.grid import to_grid
from app.areas.types import PostcodeRow
from app.core.errors import InvalidInput

_POSTCODE = re.compile(r"[A-Z0-9]{5,7}")  # also allows old forms such as GIR0AA
_CODE = re.compile(r"[A-Z][0-9]{8}")
_MONTH = re.compile(r"(\d{4})(0[1-9]|1[0-2])")
_NO_AREA = "99999999"  # the last digits of a pseudo-code, which stands for "no area"
_IRISH_GRID = "BT"  # Northern Ireland uses another grid
_BRITAIN = (49.0, 61.0)  # degrees of latitude; 99.999999 stands for "not known"
_GRID_END = (800_000, 1_400_000)  # metres

# Patterns for the name of each column, in order of preference. The latest year decides between
# several matches.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "postcode": (r"pcds", r"pcd7", r"pcd8?", r"pcd2"),
    "terminated": (r"doterm",),
    "introduced": (r"dointr",),
    "district": (r"lad(?P<year>\d\d)cd", r"(?:os)?laua"),
    "ward": (r"wd(?P<year>\d\d)cd", r"(?:os)?ward"),
    "lsoa": (r"lsoa(?P<year>\d\d)(?:cd)?",),
    "easting": (r"(?:os)?east1m",),
    "northing": (r"(?:os)?n(?:o)?rth1m",),
    "latitude": (r"lat",),
    "longitude": (r"long",),
}
_OPTIONAL = {"introduced", "latitude", "longitude"}
_DESCRIPTIONS = {
    "postcode": "the postcode (pcds or pcd7)",
    "terminated": "the month a postcode ended (doterm)",
    "district": "the district (lad25cd, laua or oslaua)",
    "ward": "the ward (wd25cd, ward or osward)",
    "lsoa": "the LSOA (lsoa21cd or lsoa21)",
    "easting": "the easting (east1m or oseast1m)",
    "northing": "the northing (north1m or osnrth1m)",
}


@dataclass(frozen=True)
class DirectoryLayout:
    """The columns of a file.

    `positions` has the position of each column. `lsoa_year` is the vintage of the LSOA codes.
    `missing` describes the required columns that are not in the file.
    """

    positions: dict[str, int]
    width: int
    code_year: int | None
    lsoa_year: int
    missing: tuple[str, ...] = ()


@dataclass
class DirectoryFile:
    """A postcode directory that is read row by row.

    `newest_month` and `has_wards` have their final values only after the last row has been read.
    """

    name: str
    layout: DirectoryLayout
    reader: Iterator[list[str]]
    newest_month: str = ""  # yyyymm
    has_wards: bool = False

    @property
    def vintage(self) -> str:
        """Return the newest month in the file ("2025-11"), or the year of its codes if later.

        Returns "not stated" if neither is known.
        """
        month = f"{self.newest_month[:4]}-{self.newest_month[4:]}" if self.newest_month else ""
        return max(month, str(self.layout.code_year or "")) or "not stated"

    def rows(self) -> Iterator[PostcodeRow]:
        """Yield the rows. Raises InvalidInput, with the line number, if a row is invalid."""
        try:
            for cells in self.reader:
                if cells:
                    yield self._row(cells)
        except (ValueError, csv.Error) as error:
            line = getattr(self.reader, "line_num", 0)
            raise InvalidInput(
                _(
                    "%(name)s, line %(line)s: %(reason)s.",
                    name=self.name,
                    line=line,
                    reason=_error_reason(error),
                )
            ) from error

    def _row(self, cells: list[str]) -> PostcodeRow:
        if len(cells) != self.layout.width:
            raise ValueError(
                _(
                    "it has %(number)s columns, but the first line has %(width)s",
                    number=len(cells),
                    width=self.layout.width,
                )
            )
        values = {name: cells[position].strip() for name, position in self.layout.positions.items()}
        postcode = values["postcode"].replace(" ", "").upper()
        if not _POSTCODE.fullmatch(postcode):
            raise ValueError(_("“%(text)s” is not a postcode", text=values["postcode"]))
        ward, lsoa = _parse_code(values["ward"]), _parse_code(values["lsoa"])
        self.has_wards = self.has_wards or ward is not None
        ended = _parse_month(values["terminated"])
        newest = max(values.get("introduced", ""), values["terminated"])
        if newest > self.newest_month and _MONTH.fullmatch(newest):
            self.newest_month = newest
        return PostcodeRow(
            postcode,
            _parse_code(values["district"], pseudo=True),
            ward,
            lsoa,
            *_find_position(postcode, values),
            ended,
        )


def recognise_layout(header: Sequence[str]) -> DirectoryLayout:
    """Return the layout of a file with this header row."""
    names = [name.strip().strip("\ufeff").lower() for name in header]
    positions: dict[str, int] = {}
    years: dict[str, int | None] = {}
    for column, patterns in _COLUMNS.items():
        found = _find_column(names, patterns)
        if found is not None:
            positions[column], years[column] = found
    missing = tuple(
        _DESCRIPTIONS[column]
        for column in _COLUMNS
        if column not in positions and column not in _OPTIONAL
    )
    code_years = [year for year in (years.get("district"), years.get("ward")) if year]
    return DirectoryLayout(
        positions=positions,
        width=len(names),
        code_year=max(code_years, default=None),
        lsoa_year=years.get("lsoa") or 0,
        missing=missing,
    )


def open_directory(name: str, text: TextIO) -> DirectoryFile:
    """Open a postcode directory. Raises InvalidInput if the header row is not recognised."""
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader, [])
    except (UnicodeDecodeError, csv.Error):
        header = []
    layout = recognise_layout(header)
    if not layout.positions:
        raise InvalidInput(
            _(
                "%(name)s is neither a postcode directory (NSPL or ONSPD, CSV) nor boundaries"
                " (GeoJSON): its first line has none of a directory's columns, for example pcds,"
                " doterm, lad25cd, wd25cd, lsoa21cd, east1m and north1m.",
                name=name,
            )
        )
    if layout.missing:
        raise InvalidInput(
            _(
                "%(name)s is not a complete postcode directory. It has no column for %(columns)s.",
                name=name,
                columns="; ".join(layout.missing),
            )
        )
    return DirectoryFile(name, layout, reader)


def _find_column(names: Sequence[str], patterns: Sequence[str]) -> tuple[int, int | None] | None:
    """Return the position and year of a column, or None if no column matches.

    The first pattern with a match is used. If several columns match it, the newest is used.
    """
    for pattern in patterns:
        found = [
            (int(match.groupdict().get("year") or 0), -position)
            for position, name in enumerate(names)
            if (match := re.fullmatch(pattern, name))
        ]
        if found:
            year, position = max(found)
            return -position, (2000 + year if year else None)
    return None


@lru_cache(maxsize=4096)  # neighbouring rows have the same codes
def _parse_code(text: str, pseudo: bool = False) -> str | None:
    """Return a GSS code, or None if the text is empty or a pseudo-code.

    If `pseudo` is true, return pseudo-codes too. Postcodes in the Channel Islands and the Isle of
    Man have pseudo-codes.
    """
    if not text:
        return None
    if not _CODE.fullmatch(text):
        raise ValueError(
            _("“%(text)s” must be the code of an area, for example E07000143", text=text)
        )
    return text if pseudo or not text.endswith(_NO_AREA) else None


def _parse_month(text: str) -> date | None:
    if not text:
        return None
    match = _MONTH.fullmatch(text)
    if match is None:
        raise ValueError(_("“%(text)s” must be a year and month, for example 202511", text=text))
    return date(int(match[1]), int(match[2]), 1)


def _find_position(postcode: str, values: dict[str, str]) -> tuple[int | None, int | None]:
    """Return the easting and northing in `values`, or convert the latitude and longitude."""
    if postcode.startswith(_IRISH_GRID):
        return None, None
    if values["easting"] and values["northing"]:
        position = _metres(values["easting"], 0), _metres(values["northing"], 1)
        return position if any(position) else (None, None)
    try:
        latitude, longitude = float(values.get("latitude", "")), float(values.get("longitude", ""))
    except ValueError:
        return None, None
    if not _BRITAIN[0] < latitude < _BRITAIN[1]:
        return None, None
    easting, northing = to_grid(latitude, longitude)
    return round(easting), round(northing)


def _metres(text: str, axis: int) -> int:
    try:
        metres = int(float(text))
    except (ValueError, OverflowError):
        metres = -1
    if not 0 <= metres <= _GRID_END[axis]:
        raise ValueError(_("“%(text)s” must be a number of metres on the National Grid", text=text))
    return metres


def _error_reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return str(_("it is not UTF-8 text"))
    return str(error)
