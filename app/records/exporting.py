"""Export the list of people as a file, and record the reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import xlsxwriter
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import notifications
from app.core import audit
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.errors import InvalidInput
from app.core.parsing import format_phone
from app.core.words import long_date
from app.people import wording
from app.people.safety import wording as safety_wording
from app.people.safety.contact_details import build_instructions
from app.people.types import ContactKind
from app.records import listing

HEADINGS = (
    _l("Name"),
    _l("Status"),
    _l("Interest"),
    _l("Networks"),
    _l("Organisation"),
    _l("Home"),
    _l("Email"),
    _l("Phone"),
    _l("Postal address"),
    _l("How to contact them"),
    _l("Registered on"),
)
_WIDTHS = (26, 16, 26, 30, 26, 22, 30, 18, 36, 48, 14)
_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Export:
    """A file to download."""

    name: str
    media_type: str
    content: io.BytesIO


def export_people(
    actor: Actor, on: date, values: Mapping[str, Any], kind: str, reason: str
) -> Export:
    """Return the filtered list of people as a file, and notify the other coordinators.

    ``kind`` is "csv" or "xlsx". The file contains only general champions and no sensitive networks.
    Contact details are included only if we are allowed to use them. Every row has contact
    instructions, because instructions on only some rows would reveal who is protected.

    Raises InvalidInput if there is no reason, or if the filters include a sensitive network.
    """
    actor.require("people:export")
    reason = reason.strip()
    if not reason:
        raise InvalidInput(_("Enter what you need this list for"), "reason")
    lines = _CountedLines(_export_lines(actor, on, values))
    write, media_type = _WRITERS[kind]
    content = io.BytesIO()
    write(lines, content)
    content.seek(0)
    audit.record(
        actor,
        AuditVerb.PEOPLE_EXPORT,
        "people",
        why=reason,
        people=lines.count,
        filters={name: str(value) for name, value in values.items() if name != "q"},
        kind=kind,
    )
    notifications.notify_list_downloaded(actor, on)
    return Export(f"people-{on.isoformat()}.{kind}", media_type, content)


class _CountedLines:
    """An iterator over the lines of an export that counts them."""

    def __init__(self, lines: Iterable[Sequence[str]]) -> None:
        self.lines = lines
        self.count = 0

    def __iter__(self) -> Iterator[Sequence[str]]:
        for line in self.lines:
            self.count += 1
            yield line


def _export_lines(actor: Actor, on: date, values: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for person, contact_facts in listing.people_for_export(actor, on, values):
        by_kind: dict[ContactKind, list[str]] = {}
        for point in contact_facts.allowed():
            by_kind.setdefault(point.kind, []).append(point.value)
        yield (
            person.name,
            str(wording.STATES[person.state]),
            str(wording.INTERESTS[person.interest]),
            "; ".join(person.networks),
            person.organisation or "",
            person.home,
            "; ".join(by_kind.get(ContactKind.EMAIL, ())),
            "; ".join(format_phone(number) for number in by_kind.get(ContactKind.PHONE, ())),
            "; ".join(" ".join(lines.split()) for lines in by_kind.get(ContactKind.POST, ())),
            " ".join(safety_wording.describe_for_staff(build_instructions(contact_facts))),
            long_date(person.registered_on),
        )


def escape_formula(text: str) -> str:
    """Return the text with an apostrophe in front if a spreadsheet would treat it as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_PREFIXES) else text


def _write_csv(lines: Iterable[Sequence[str]], content: io.BytesIO) -> None:
    text = io.TextIOWrapper(content, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(map(str, HEADINGS))
    for line in lines:
        writer.writerow([escape_formula(cell) for cell in line])
    text.detach()


def _write_excel(lines: Iterable[Sequence[str]], content: io.BytesIO) -> None:
    book = xlsxwriter.Workbook(
        content,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    sheet = book.add_worksheet(_("People"))
    bold = book.add_format({"bold": True})
    for column, (heading, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, str(heading), bold)
    sheet.freeze_panes(1, 0)
    for number, line in enumerate(lines, start=1):
        for column, cell in enumerate(line):
            sheet.write_string(number, column, cell)
    book.close()


_WRITERS = {
    "csv": (_write_csv, "text/csv; charset=utf-8"),
    "xlsx": (
        _write_excel,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}
