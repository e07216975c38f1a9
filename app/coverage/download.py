"""Export a month's published figures as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from flask_babel import gettext as _

from app.coverage.disclosure import Span
from app.coverage.types import Publication


def as_csv(publication: Publication) -> bytes:
    """Return a month's published figures as CSV in UTF-8, with a byte order mark for Excel.

    A hidden range has empty cells.
    """
    text = io.StringIO(newline="")
    csv.writer(text).writerows(_rows(publication))
    return text.getvalue().encode("utf-8-sig")


def _rows(publication: Publication) -> Iterator[tuple[str, ...]]:
    yield (
        _("Counted on"),
        _("Target or place"),
        _("Code"),
        _("Number needed"),
        _("At least"),
        _("At most"),
        _("Met"),
    )
    day = publication.on.isoformat()
    for figure in publication.figures:
        for each in (figure, *figure.beside):
            name = each.name if each is figure else f"{figure.name}: {each.name}"
            yield (day, name, each.slug, *_cells(each.held, each.needed))
    for area in publication.areas:
        yield (day, area.name, area.code, *_cells(area.held, area.needed))


def _cells(held: Span | None, needed: int | None) -> tuple[str, str, str, str]:
    """Return the number needed, both ends of the range, and whether the number has been reached."""
    number = "" if needed is None else str(needed)
    if held is None:
        return number, "", "", ""
    met = None if needed is None else held.meets(needed)
    met_text = "" if met is None else _("Yes") if met else _("No")
    return number, str(held.low), str(held.high), met_text
