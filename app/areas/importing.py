"""Import postcode directories and boundaries from files.

The kind of each file is recognised from its content. A file is imported completely or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

from flask_babel import gettext as _
from flask_babel import ngettext

from app.areas import directory, queries, writing
from app.areas.boundary_files import read_boundaries
from app.areas.models import DirectoryEdition
from app.areas.postcode_files import DirectoryFile, open_directory
from app.areas.types import AreaKind, Boundary, ImportResult
from app.core import audit, clock, registry
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.words import number

_BATCH_SIZE = 200  # boundaries per statement
_LISTED_CODES = 3  # codes named in a message
_ZIP = b"PK\x03\x04"
_SOURCE_LENGTH = 60


def import_files(actor: Actor, paths: Sequence[Path]) -> list[ImportResult]:
    """Import the files in order. Raises InvalidInput if a file is invalid."""
    directory.lock_directory()
    return [_import_file(actor, path) for path in paths]


def confirm_wards(actor: Actor, *, save: bool) -> int:
    """Count the people whose wards the directory can confirm. If `save` is true, confirm them."""
    return sum(function(actor, save) for function in registry.ward_confirmations)


def _import_file(actor: Actor, path: Path) -> ImportResult:
    try:
        is_json = _is_json(path)
        with path.open(encoding="utf-8-sig", newline="") as lines:
            if is_json:
                return _import_boundaries(actor, path.name, lines)
            return _import_directory(actor, path, open_directory(path.name, lines))
    except OSError as error:
        raise InvalidInput(
            _("%(path)s cannot be read: %(strerror)s.", path=path, strerror=error.strerror)
        ) from error


def _is_json(path: Path) -> bool:
    """Return whether the file is JSON. Raises InvalidInput for an archive or an empty file."""
    with path.open("rb") as content:
        start = content.read(1024)
    if start.startswith(_ZIP):
        raise InvalidInput(
            _(
                "%(name)s is a ZIP archive. Unpack it and use the CSV file in its Data folder.",
                name=path.name,
            )
        )
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise InvalidInput(_("%(name)s is empty.", name=path.name))
    return start[:1] in (b"{", b"[")


# --- postcode directories ---


def _import_directory(actor: Actor, path: Path, file: DirectoryFile) -> ImportResult:
    digest = _digest(path)
    edition = queries.edition_by_digest(digest)
    if edition is not None and queries.is_intact(edition):
        return ImportResult(
            file.name, "postcodes", edition.rows, 0, _unknown_area_notes(edition, file)
        )
    if edition is None:
        edition = directory.add_edition(file.name[:_SOURCE_LENGTH], "", digest)
    rows, written = writing.merge_postcodes(edition, file.rows(), imported=True)
    if not rows:
        raise InvalidInput(_("%(name)s has a header row but no postcodes.", name=file.name))
    edition.rows, edition.has_wards, edition.vintage = rows, file.has_wards, file.vintage
    edition.imported_at = clock.now()
    db.session.flush()
    audit.record(
        actor,
        AuditVerb.GEOGRAPHY_IMPORT,
        "directory_editions",
        edition.id,
        file=file.name,
        rows=rows,
        vintage=edition.vintage,
    )
    return ImportResult(file.name, "postcodes", rows, written, _unknown_area_notes(edition, file))


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _unknown_area_notes(edition: DirectoryEdition, file: DirectoryFile) -> tuple[str, ...]:
    """Return sentences about postcodes in wards or LSOAs that are not in the programme."""
    notes = []
    for kind in (AreaKind.WARD, AreaKind.LSOA):
        if not queries.programme_places(kind):
            continue
        counts = queries.count_unknown_areas(edition.id, kind)
        if counts:
            notes.append(_unknown_area_note(kind, counts, file.layout.lsoa_year))
    return tuple(notes)


def _unknown_area_note(kind: AreaKind, counts: dict[str, int], lsoa_year: int) -> str:
    total = sum(counts.values())
    values = {"number": number(total), "codes": _first_codes(counts), "year": lsoa_year}
    if kind is AreaKind.WARD:
        note = ngettext(
            "%(number)s postcode is in a ward (%(codes)s) that the programme does not include. We"
            " have not recorded its ward.",
            "%(number)s postcodes are in wards (%(codes)s) that the programme does not include."
            " We have not recorded their wards.",
            total,
            **values,
        )
    else:
        note = ngettext(
            "%(number)s postcode is in a %(year)s LSOA (%(codes)s) that the programme does not"
            " include. We have not recorded its LSOA.",
            "%(number)s postcodes are in %(year)s LSOAs (%(codes)s) that the programme does not"
            " include. We have not recorded their LSOAs.",
            total,
            **values,
        )
    return str(note)


# --- boundaries ---


def _import_boundaries(actor: Actor, name: str, lines: TextIO) -> ImportResult:
    found = changed = 0
    unknown_codes: list[str] = []
    for batch in _batches(read_boundaries(name, lines)):
        ids = queries.area_ids([boundary.code for boundary in batch])
        known = [boundary for boundary in batch if boundary.code in ids]
        unknown_codes += [boundary.code for boundary in batch if boundary.code not in ids]
        found += len(known)
        changed += writing.store_boundaries({ids[boundary.code]: boundary for boundary in known})
    if not found:
        raise _no_boundaries_error(name, unknown_codes)
    if changed:
        db.session.expire_all()
        audit.record(actor, AuditVerb.GEOGRAPHY_IMPORT, "areas", file=name, boundaries=changed)
    if not unknown_codes:
        return ImportResult(name, "boundaries", found, changed)
    note = ngettext(
        "%(num)s area is not in the programme: %(codes)s.",
        "%(num)s areas are not in the programme: %(codes)s.",
        len(unknown_codes),
        codes=_first_codes(unknown_codes),
    )
    return ImportResult(name, "boundaries", found, changed, (note,))


def _no_boundaries_error(name: str, unknown_codes: Sequence[str]) -> InvalidInput:
    if not unknown_codes:
        return InvalidInput(_("%(name)s has no features.", name=name))
    return InvalidInput(
        _(
            "%(name)s has no boundaries for the programme's areas. It has %(codes)s.",
            name=name,
            codes=_first_codes(unknown_codes),
        )
    )


def _batches(boundaries: Iterator[Boundary]) -> Iterator[list[Boundary]]:
    while batch := list(islice(boundaries, _BATCH_SIZE)):
        yield batch


def _first_codes(codes: Iterable[str]) -> str:
    """Return a phrase with the first few codes and the number of other codes."""
    all_codes = list(codes)
    first = ", ".join(all_codes[:_LISTED_CODES])
    more = len(all_codes) - _LISTED_CODES
    if more <= 0:
        return first
    return str(_("%(codes)s and %(number)s more", codes=first, number=more))
