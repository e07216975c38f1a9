"""Helpers that write partners' lists to files and import them on the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from openpyxl import Workbook
from sqlalchemy.orm import Session

HEADINGS = ("Name", "Email", "Phone", "Postcode", "Network", "Course", "Date")


def row(number: int = 1, **changed: Any) -> list[Any]:
    """Return a row of a list. Pass a cell by field to replace it."""
    cells = {
        "name": f"Listed Person {number}",
        "email": f"listed{number}@example.org",
        "phone": "",
        "postcode": "IP24 1JD",
        "network": "#yanaarmy",
        "course": "MHFA two-day (Adult)",
        "date": "27/03/2025",
    }
    return list((cells | changed).values())


def as_csv(
    folder: Path,
    rows: Sequence[Sequence[Any]],
    *,
    headings: Sequence[str] = HEADINGS,
    encoding: str = "utf-8",
    separator: str = ",",
    name: str = "list.csv",
) -> Path:
    """Write a CSV file and return its path."""
    path = folder / name
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows([headings, *rows])
    return path


def as_excel(
    folder: Path, rows: Sequence[Sequence[Any]], *, headings: Sequence[str] = HEADINGS
) -> Path:
    """Write an Excel file and return its path."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (headings, *rows):
        sheet.append(list(line))
    path = folder / "list.xlsx"
    book.save(path)
    return path


class Imports:
    """A runner for ``people import``, which uses the test's transaction."""

    def __init__(self, app: Flask, session: Session, folder: Path) -> None:
        self.app, self.session, self.folder = app, session, folder

    def read(self, path: Path, *options: str) -> dict[str, Any]:
        """Return the JSON output, with the exit code as ``exit`` and stderr as ``said``."""
        self.session.commit()
        found = self.app.test_cli_runner().invoke(
            args=["people", "import", str(path), "--json", *options]
        )
        self.session.expire_all()
        printed = json.loads(found.stdout) if found.stdout else {}
        return printed | {"exit": found.exit_code, "said": found.stderr}

    def rows(
        self, *rows: Sequence[Any], options: Sequence[str] = (), **file: Any
    ) -> dict[str, Any]:
        """Import these rows from a CSV file."""
        return self.read(as_csv(self.folder, rows, **file), *options)
