"""Parse the rows of a partner's list, and describe any problems."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal

from flask_babel import gettext as _

from app.core.parsing import (
    ParseError,
    clean_text,
    parse_date_text,
    parse_email,
    parse_month_text,
    parse_name,
    parse_phone,
    parse_postcode,
)
from app.imports.files import Cell, Row
from app.organisations.types import LONGEST_NAME as LONGEST_ORGANISATION
from app.people.types import (
    LONGEST_ADDRESS,
    LONGEST_NAME,
    LONGEST_REFERENCE,
    LONGEST_TRAINING,
)

_EMPTY_VALUES = frozenset({"", "-", "?", "n/a", "na", "none", "tbc", "unknown", "not known"})
_TIME = re.compile(r"[T\s]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*Z?$")
_WEEKDAY = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun)[a-z]*[\s,]+", re.IGNORECASE)
_SERIALS = range(20_000, 80_000)  # Excel serial dates from 1954 to 2119


@dataclass(frozen=True)
class Problem:
    """A problem with a cell. ``column`` is its heading. A warning does not stop the import."""

    row: int
    column: str
    message: str
    warning: bool = False

    def __str__(self) -> str:
        if not self.column:
            return _("Row %(row)s: %(problem)s", row=self.row, problem=self.message)
        return _(
            "Row %(row)s, %(column)s: %(problem)s",
            row=self.row,
            column=self.column,
            problem=self.message,
        )


@dataclass(frozen=True)
class ListedPerson:
    """A parsed row.

    ``networks`` holds slugs. ``kind`` is the slug of the kind of certificate for the course, or
    None if the course is unknown. ``date_precision`` is day, month, year or unknown.
    """

    row: int
    name: str
    email: str | None = None
    phone: str | None = None
    post: str | None = None
    postcode: str | None = None
    networks: tuple[str, ...] = ()
    organisation: str | None = None
    course: str | None = None
    kind: str | None = None
    awarded_on: date | None = None
    date_precision: str = "unknown"
    provider: str | None = None
    number: str | None = None


@dataclass
class RowParser:
    """A parser for rows. ``networks`` maps a lower-case name or slug to a slug."""

    networks: Mapping[str, str]
    network_names: str
    find_kind: Callable[[str], str | None]
    today: date
    problems: list[Problem] = field(default_factory=list)

    def parse(self, row: Row) -> ListedPerson | None:
        """Return the parsed row, or None if it has errors. Adds problems to ``problems``."""
        start = len(self.problems)
        name = self._parse_name(row)
        email = self._parse_field(row, "email", parse_email)
        phone = self._parse_field(row, "phone", parse_phone)
        post = self._read_text(row, "post", LONGEST_ADDRESS, lines=True)
        postcode = self._parse_field(row, "postcode", parse_postcode)
        invalid = {problem.column for problem in self.problems[start:]}
        if not (email or phone or post) and not invalid & {
            row.columns.get("email"),
            row.columns.get("phone"),
        }:
            self._add_problem(
                row, "email", _("Enter an email address, a phone number or a postal address.")
            )
        networks = self._parse_networks(row)
        course = self._read_text(row, "course", LONGEST_TRAINING)
        awarded_on, date_precision = self._parse_date(row)
        kind = self.find_kind(course) if course else None
        if course is None and awarded_on is not None:
            self._add_problem(row, "course", _("There is a date, but no course."), warning=True)
        elif course and kind is None:
            self._add_problem(
                row,
                "course",
                _(
                    "We do not recognise the course “%(course)s”. We will save it for a"
                    " coordinator to check.",
                    course=course,
                ),
                warning=True,
            )
        found = ListedPerson(
            row=row.number,
            name=name,
            email=email,
            phone=phone,
            post=post,
            postcode=postcode,
            networks=networks,
            organisation=self._read_text(row, "organisation", LONGEST_ORGANISATION),
            course=course,
            kind=kind,
            awarded_on=awarded_on,
            date_precision=date_precision,
            provider=self._read_text(row, "provider", LONGEST_TRAINING),
            number=self._read_text(row, "number", LONGEST_REFERENCE),
        )
        has_errors = any(not problem.warning for problem in self.problems[start:])
        return None if has_errors else found

    def _add_problem(self, row: Row, field: str, message: str, *, warning: bool = False) -> None:
        column = row.columns.get(field, field)
        self.problems.append(Problem(row.number, column, message, warning))

    def _read_text(
        self, row: Row, field: str, max_length: int, *, lines: bool = False
    ) -> str | None:
        text = clean_text(as_text(row.cells.get(field)), lines=lines)
        if len(text) > max_length:
            self._add_problem(row, field, _("Use %(most)s characters or fewer.", most=max_length))
            return None
        return text or None

    def _parse_name(self, row: Row) -> str:
        full_name = self._read_text(row, "name", LONGEST_NAME)
        parts = [self._read_text(row, part, LONGEST_NAME) for part in ("first", "last")]
        name = full_name or " ".join(part for part in parts if part)
        column = "name" if "name" in row.columns else "first"
        if not name:
            self._add_problem(row, column, _("Enter a name."))
            return name
        try:
            return parse_name(name)
        except ParseError as error:
            self._add_problem(row, column, f"“{name}”: {error.message}.")
            return ""

    def _parse_field(self, row: Row, field: str, parse: Callable[[str], str]) -> str | None:
        text = clean_text(as_text(row.cells.get(field)))
        if text.casefold() in _EMPTY_VALUES:
            return None
        try:
            return parse(text)
        except ParseError as error:
            self._add_problem(row, field, f"“{text}”: {error.message}.")
            return None

    def _parse_networks(self, row: Row) -> tuple[str, ...]:
        text = clean_text(as_text(row.cells.get("network")))
        only_slug = self.networks.get(text.casefold())
        if only_slug:
            return (only_slug,)
        found = []
        for part in re.split(r"[;,/|\n]+", text):
            name = part.strip()
            if name.casefold() in _EMPTY_VALUES:
                continue
            slug = self.networks.get(name.casefold())
            if slug is None:
                message = _(
                    "There is no network called “%(name)s”. The networks are %(names)s.",
                    name=name,
                    names=self.network_names,
                )
                self._add_problem(row, "network", message)
            elif slug not in found:
                found.append(slug)
        return tuple(found)

    def _parse_date(self, row: Row) -> tuple[date | None, str]:
        try:
            awarded_on, date_precision = parse_award_date(row.cells.get("date"))
        except ParseError as error:
            text = as_text(row.cells.get("date")).strip()
            message = error.message.rstrip(".")
            self._add_problem(
                row,
                "date",
                _(
                    "“%(text)s”: %(message)s. Enter the day first, for example 27/03/2024.",
                    text=text,
                    message=message,
                ),
            )
            return None, "unknown"
        if awarded_on is not None and awarded_on > self.today:
            message = _("The date of the training must be today or in the past.")
            self._add_problem(row, "date", message)
        return awarded_on, date_precision


def as_text(cell: Cell) -> str:
    """Return the text of a cell, without the ".0" that Excel adds to whole numbers."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


DatePrecision = Literal["day", "month", "year", "unknown"]


def parse_award_date(cell: Cell) -> tuple[date | None, DatePrecision]:
    """Return the earliest day on which the training could have ended, and the date's precision.

    Accepts 27/03/2024 (day first), 2024-03-27, 27 March 2024, March 2024, 03/2024, 2024, an Excel
    date or an empty cell. Raises ParseError for anything else.
    """
    if isinstance(cell, datetime):
        return cell.date(), "day"
    if isinstance(cell, date):
        return cell, "day"
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and int(cell) in _SERIALS:
        return _parse_serial(cell), "day"
    text = _WEEKDAY.sub("", _TIME.sub("", as_text(cell).strip()))
    if text.casefold() in _EMPTY_VALUES or isinstance(cell, time):
        return None, "unknown"
    if re.fullmatch(r"[0-9]{4}", text):
        return parse_month_text(f"01/{text}"), "year"
    if len(re.split(r"[\s/.,-]+", text)) == 2:
        return parse_month_text(text), "month"
    return parse_date_text(text), "day"


def _parse_serial(number: float) -> date:
    from openpyxl.utils.datetime import from_excel  # imported here because it loads numpy

    found = from_excel(number)
    if isinstance(found, datetime):
        return found.date()
    raise ParseError(_("This is not a date"))
