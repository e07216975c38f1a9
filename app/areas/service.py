"""Finding places: what a postcode says, where it lies, which wards are nearest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.areas import queries
from app.areas.types import UNKNOWN, AreaKind, DirectoryRow, Location, Place, PostcodeFacts
from app.core.reading import Unreadable, read_postcode


def look_up(text: str) -> PostcodeFacts:
    """What is known of something typed as a postcode; never fails."""
    return look_up_all([text])[0]


def look_up_all(texts: Sequence[str]) -> list[PostcodeFacts]:
    """`look_up` of several, in their order, with one question to the directory."""
    read = [_readable(text) for text in texts]
    rows = queries.postcode_rows(sorted({_key(postcode) for postcode in read if postcode}))
    return [_facts(text, postcode, rows) for text, postcode in zip(texts, read, strict=True)]


def locate(postcode: str) -> Location:
    """Where a postcode (in any layout) lies, in the programme's areas."""
    return locate_all([postcode])[postcode]


def locate_all(postcodes: Iterable[str]) -> dict[str, Location]:
    """`locate` of many at once, by the text asked for: for imports and for confirming wards."""
    read = {text: _readable(text) for text in postcodes}
    rows = queries.postcode_rows(sorted({_key(postcode) for postcode in read.values() if postcode}))
    ours = queries.own_districts()
    codes = {code for row in rows.values() for code in (row.ward, row.lsoa) if code}
    ids = queries.area_ids(codes)
    return {
        text: _location(rows.get(_key(postcode)) if postcode else None, ours, ids)
        for text, postcode in read.items()
    }


def nearest_wards(easting: int, northing: int, limit: int = 6) -> list[Place]:
    """The wards whose centres lie nearest to a point (metres, National Grid), to pick from.

    Only a help for picking: the nearest centre is the right ward for 7 postcodes in 10.
    """
    return queries.nearest(AreaKind.WARD, easting, northing, limit)


def _readable(text: str) -> str | None:
    try:
        return read_postcode(text)
    except Unreadable:
        return None


def _key(postcode: str) -> str:
    return postcode.replace(" ", "")


def _facts(asked: str, postcode: str | None, rows: dict[str, DirectoryRow]) -> PostcodeFacts:
    row = rows.get(_key(postcode)) if postcode else None
    if row is None:
        return PostcodeFacts(asked, postcode, False, False, None, None, None, False)
    return PostcodeFacts(
        asked=asked,
        postcode=postcode,
        found=True,
        terminated=row.terminated_on is not None,
        district=row.district,
        ward=row.ward,
        lsoa=row.lsoa,
        exact=row.has_wards and row.ward is not None and row.lsoa is not None,
        easting=row.easting,
        northing=row.northing,
    )


def _location(
    row: DirectoryRow | None,
    ours: frozenset[str],
    ids: dict[str, int],
) -> Location:
    if row is None:
        return UNKNOWN
    ward_id = ids.get(row.ward or "")
    outside = row.district is not None and row.district not in ours
    return Location(
        district=row.district,
        ward_id=ward_id,
        lsoa_id=ids.get(row.lsoa or ""),
        settled="directory" if ward_id else "outside" if outside else "unsettled",
        edition_id=row.edition_id,
        easting=row.easting,
        northing=row.northing,
    )
