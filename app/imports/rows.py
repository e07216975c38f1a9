"""What a row of a partner's list says, read cell by cell; what can't be read, in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal

from flask_babel import gettext as _

from app.core.fields.base import clean
from app.core.reading import (
    Unreadable,
    read_date_text,
    read_email,
    read_month_text,
    read_phone,
    read_postcode,
)
from app.imports.files import Cell, Row
from app.organisations.types import LONGEST_NAME as LONGEST_ORGANISATION
from app.people.types import (
    LONGEST_ADDRESS,
    LONGEST_NAME,
    LONGEST_REFERENCE,
    LONGEST_TRAINING,
)

_NOT_KNOWN = frozenset({"", "-", "?", "n/a", "na", "none", "tbc", "unknown", "not known"})
_TIME = re.compile(r"[T\s]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*Z?$")
_WEEKDAY = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun)[a-z]*[\s,]+", re.IGNORECASE)
_SERIALS = range(20_000, 80_000)  # days since 1900 as Excel counts: 1954 to 2119


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell. column: its heading. warning: it stops nothing."""

    row: int
    column: str
    message: str
    warning: bool = False

    def __str__(self) -> str:
        where = f"Row {self.row}, {self.column}" if self.column else f"Row {self.row}"
        return f"{where}: {self.message}"


@dataclass(frozen=True)
class Listed:
    """A row, read. networks: slugs. kind: slug of the certificate kind its course leads to, None
    where nobody knows the course. known: how exactly the date is known (day, month, year, unknown).
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
    known: str = "unknown"
    provider: str | None = None
    number: str | None = None


@dataclass
class Reader:
    """Reads rows. networks: name or slug, in small letters → slug. kind_of: a course → its kind."""

    networks: Mapping[str, str]
    network_names: str
    kind_of: Callable[[str], str | None]
    today: date
    problems: list[Problem] = field(default_factory=list)

    def read(self, row: Row) -> Listed | None:
        """The row; None when something in it is wrong (see `problems`)."""
        before = len(self.problems)
        name = self._name(row)
        email = self._read(row, "email", read_email)
        phone = self._read(row, "phone", read_phone)
        post = self._text(row, "post", LONGEST_ADDRESS, lines=True)
        postcode = self._read(row, "postcode", read_postcode)
        wrong = {problem.column for problem in self.problems[before:]}
        if not (email or phone or post) and not wrong & {
            row.columns.get("email"),
            row.columns.get("phone"),
        }:
            self._wrong(
                row, "email", _("Enter an email address, a phone number or a postal address.")
            )
        networks = self._networks(row)
        course = self._text(row, "course", LONGEST_TRAINING)
        awarded_on, known = self._date(row)
        kind = self.kind_of(course) if course else None
        if course is None and awarded_on is not None:
            self._wrong(row, "course", _("There is a date, but no course."), warning=True)
        elif course and kind is None:
            self._wrong(
                row,
                "course",
                _(
                    "We do not know the course “%(course)s”. We will keep it to check.",
                    course=course,
                ),
                warning=True,
            )
        found = Listed(
            row=row.number,
            name=name,
            email=email,
            phone=phone,
            post=post,
            postcode=postcode,
            networks=networks,
            organisation=self._text(row, "organisation", LONGEST_ORGANISATION),
            course=course,
            kind=kind,
            awarded_on=awarded_on,
            known=known,
            provider=self._text(row, "provider", LONGEST_TRAINING),
            number=self._text(row, "number", LONGEST_REFERENCE),
        )
        stops = any(not problem.warning for problem in self.problems[before:])
        return None if stops else found

    def _wrong(self, row: Row, field: str, message: str, *, warning: bool = False) -> None:
        column = row.columns.get(field, field)
        self.problems.append(Problem(row.number, column, message, warning))

    def _text(self, row: Row, field: str, longest: int, *, lines: bool = False) -> str | None:
        text = clean(as_text(row.cells.get(field)), lines=lines)
        if len(text) > longest:
            self._wrong(row, field, _("Use %(most)s characters or less.", most=longest))
            return None
        return text or None

    def _name(self, row: Row) -> str:
        one = self._text(row, "name", LONGEST_NAME)
        parts = [self._text(row, part, LONGEST_NAME) for part in ("first", "last")]
        name = one or " ".join(part for part in parts if part)
        if not name:
            self._wrong(row, "name" if "name" in row.columns else "first", _("Enter a name."))
        return name

    def _read(self, row: Row, field: str, reads: Callable[[str], str]) -> str | None:
        text = clean(as_text(row.cells.get(field)))
        if text.casefold() in _NOT_KNOWN:
            return None
        try:
            return reads(text)
        except Unreadable as error:
            self._wrong(row, field, f"“{text}”: {error.message}.")
            return None

    def _networks(self, row: Row) -> tuple[str, ...]:
        text = clean(as_text(row.cells.get("network")))
        whole = self.networks.get(text.casefold())
        if whole:
            return (whole,)
        found = []
        for part in re.split(r"[;,/|\n]+", text):
            name = part.strip()
            if name.casefold() in _NOT_KNOWN:
                continue
            slug = self.networks.get(name.casefold())
            if slug is None:
                message = _(
                    "There is no network “%(name)s”. The networks are %(names)s.",
                    name=name,
                    names=self.network_names,
                )
                self._wrong(row, "network", message)
            elif slug not in found:
                found.append(slug)
        return tuple(found)

    def _date(self, row: Row) -> tuple[date | None, str]:
        try:
            awarded_on, known = read_awarded(row.cells.get("date"))
        except Unreadable as error:
            text = as_text(row.cells.get("date")).strip()
            message = error.message.rstrip(".")
            self._wrong(
                row,
                "date",
                _(
                    "“%(text)s”: %(message)s. Enter the day first, like 27/03/2024.",
                    text=text,
                    message=message,
                ),
            )
            return None, "unknown"
        if awarded_on is not None and awarded_on > self.today:
            self._wrong(row, "date", _("The date of the training must be today or in the past."))
        return awarded_on, known


def as_text(cell: Cell) -> str:
    """A cell as its text: numbers without the “.0” that Excel adds."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


DatePrecision = Literal["day", "month", "year", "unknown"]


def read_awarded(cell: Cell) -> tuple[date | None, DatePrecision]:
    """When training ended: the earliest day it can have been, and how exactly that is known.

    Takes 27/03/2024 (day first), 2024-03-27, 27 March 2024, March 2024, 03/2024, 2024, Excel's
    dates, or nothing. Raises Unreadable.
    """
    if isinstance(cell, datetime):
        return cell.date(), "day"
    if isinstance(cell, date):
        return cell, "day"
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and int(cell) in _SERIALS:
        return _of_serial(cell), "day"
    text = _WEEKDAY.sub("", _TIME.sub("", as_text(cell).strip()))
    if text.casefold() in _NOT_KNOWN or isinstance(cell, time):
        return None, "unknown"
    if re.fullmatch(r"[0-9]{4}", text):
        return read_month_text(f"01/{text}"), "year"
    if len(re.split(r"[\s/.,-]+", text)) == 2:
        return read_month_text(text), "month"
    return read_date_text(text), "day"


def _of_serial(number: float) -> date:
    from openpyxl.utils.datetime import from_excel  # as in import_file: it brings numpy

    found = from_excel(number)
    if isinstance(found, datetime):
        return found.date()
    raise Unreadable(_("This is not a date"))
