"""`geography import`: files are known by what is in them, and come in whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

from flask_babel import gettext as _

from app.areas import directory, queries, writing
from app.areas.boundary_files import read_boundaries
from app.areas.models import DirectoryEdition
from app.areas.postcode_files import DirectoryFile, open_directory
from app.areas.types import AreaKind, Boundary, Imported
from app.core import audit, clock, registry
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput

_AT_ONCE = 200  # boundaries in one statement
_NAMED = 3  # codes named in a sentence
_ZIP = b"PK\x03\x04"
_SOURCE_LENGTH = 60


def import_files(actor: Actor, paths: Sequence[Path]) -> list[Imported]:
    """Read each file in, in order. Raises InvalidInput with a sentence that names the file."""
    directory.lock()
    return [_import_file(actor, path) for path in paths]


def confirm_wards(actor: Actor, *, now: bool) -> int:
    """How many people's wards the directory in use can confirm (or, with `now`, did)."""
    return sum(function(actor, now) for function in registry.ward_confirmations)


def _import_file(actor: Actor, path: Path) -> Imported:
    try:
        is_json = _is_json(path)
        with path.open(encoding="utf-8-sig", newline="") as lines:
            if is_json:
                return _import_boundaries(actor, path.name, lines)
            return _import_directory(actor, path, open_directory(path.name, lines))
    except OSError as error:
        raise InvalidInput(
            _("%(path)s can't be read: %(strerror)s.", path=path, strerror=error.strerror)
        ) from error


def _is_json(path: Path) -> bool:
    """Whether the content is JSON; InvalidInput for what can't be a file of ours at all."""
    with path.open("rb") as content:
        start = content.read(1024)
    if start.startswith(_ZIP):
        raise InvalidInput(
            _(
                "%(name)s is a ZIP archive. Unpack it and give the CSV file in its Data folder.",
                name=path.name,
            )
        )
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise InvalidInput(_("%(name)s is empty.", name=path.name))
    return start[:1] in (b"{", b"[")


# --- postcode directories ---


def _import_directory(actor: Actor, path: Path, file: DirectoryFile) -> Imported:
    digest = _digest(path)
    edition = queries.edition_with(digest)
    if edition is not None and queries.is_untouched(edition):
        return Imported(file.name, "postcodes", edition.rows, 0, _unused(edition, file))
    if edition is None:
        edition = directory.add_edition(file.name[:_SOURCE_LENGTH], "", digest)
    rows, written = writing.merge_postcodes(edition, file.rows(), imported=True)
    if not rows:
        raise InvalidInput(_("%(name)s has a first line and no postcodes.", name=file.name))
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
    return Imported(file.name, "postcodes", rows, written, _unused(edition, file))


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _unused(edition: DirectoryEdition, file: DirectoryFile) -> tuple[str, ...]:
    """Sentences about postcodes of our districts whose ward or LSOA the programme doesn't have."""
    notes = []
    for kind in (AreaKind.WARD, AreaKind.LSOA):
        if not queries.places(kind):
            continue
        counts = queries.unknown_areas(edition.id, kind)
        if counts:
            notes.append(_unused_in_words(kind, counts, file.layout.lsoa_year))
    return tuple(notes)


def _unused_in_words(kind: AreaKind, counts: dict[str, int], lsoa_year: int) -> str:
    number = sum(counts.values())
    what = "a ward" if kind is AreaKind.WARD else f"an LSOA from {lsoa_year}"
    area = "ward" if kind is AreaKind.WARD else "LSOA"
    postcodes, their = ("postcode is", "its") if number == 1 else ("postcodes are", "their")
    return (
        f"{number:,} {postcodes} in {what} that is not in the programme ({_some(counts)}), so"
        f" {their} {area} is still unknown."
    )


# --- boundaries ---


def _import_boundaries(actor: Actor, name: str, lines: TextIO) -> Imported:
    found = changed = 0
    strangers: list[str] = []
    for batch in _batches(read_boundaries(name, lines)):
        ids = queries.ids_of([boundary.code for boundary in batch])
        ours = [boundary for boundary in batch if boundary.code in ids]
        strangers += [boundary.code for boundary in batch if boundary.code not in ids]
        found += len(ours)
        changed += writing.store_boundaries({ids[boundary.code]: boundary for boundary in ours})
    if not found:
        raise InvalidInput(
            f"{name} has no boundary of an area of the programme"
            + (f"; it has {_some(strangers)}." if strangers else ": it has no features.")
        )
    if changed:
        db.session.expire_all()
        audit.record(actor, AuditVerb.GEOGRAPHY_IMPORT, "areas", file=name, boundaries=changed)
    notes = [f"{len(strangers)} areas are not the programme's: {_some(strangers)}."]
    return Imported(name, "boundaries", found, changed, tuple(notes if strangers else ()))


def _batches(boundaries: Iterator[Boundary]) -> Iterator[list[Boundary]]:
    while batch := list(islice(boundaries, _AT_ONCE)):
        yield batch


def _some(codes: Iterable[str]) -> str:
    """The first few, in words."""
    every = list(codes)
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + more
