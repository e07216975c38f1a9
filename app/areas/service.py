"""Look up postcodes, and find the wards nearest to a point."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.areas import queries
from app.areas.types import UNKNOWN, AreaKind, DirectoryRow, Location, Place, PostcodeFacts
from app.core.parsing import ParseError, parse_postcode


def look_up(text: str) -> PostcodeFacts:
    """Return the facts about a postcode. Any text is allowed."""
    return look_up_all([text])[0]


def look_up_all(texts: Sequence[str]) -> list[PostcodeFacts]:
    """Look up several postcodes with one query. Return the facts in the same order."""
    parsed = [_parse_postcode_or_none(text) for text in texts]
    rows = queries.postcode_rows(
        sorted({_postcode_key(postcode) for postcode in parsed if postcode})
    )
    return [
        _postcode_facts(text, postcode, rows) for text, postcode in zip(texts, parsed, strict=True)
    ]


def locate(postcode: str) -> Location:
    """Return the location of a postcode in the programme. The postcode may have any format."""
    return locate_all([postcode])[postcode]


def locate_all(postcodes: Iterable[str]) -> dict[str, Location]:
    """Return the locations of several postcodes with one query, by postcode as given."""
    parsed = {text: _parse_postcode_or_none(text) for text in postcodes}
    rows = queries.postcode_rows(
        sorted({_postcode_key(postcode) for postcode in parsed.values() if postcode})
    )
    own_districts = queries.own_district_codes()
    codes = {code for row in rows.values() for code in (row.ward, row.lsoa) if code}
    ids = queries.programme_area_ids(codes)
    return {
        text: _location(rows.get(_postcode_key(postcode)) if postcode else None, own_districts, ids)
        for text, postcode in parsed.items()
    }


def nearest_wards(easting: int, northing: int, limit: int = 6) -> list[Place]:
    """Return the wards whose centres are nearest to a point (metres on the National Grid).

    Use them only as suggestions. For 3 in 10 postcodes, the nearest ward is wrong.
    """
    return queries.nearest_places(AreaKind.WARD, easting, northing, limit)


def _parse_postcode_or_none(text: str) -> str | None:
    try:
        return parse_postcode(text)
    except ParseError:
        return None


def _postcode_key(postcode: str) -> str:
    return postcode.replace(" ", "")


def _postcode_facts(
    typed: str, postcode: str | None, rows: dict[str, DirectoryRow]
) -> PostcodeFacts:
    row = rows.get(_postcode_key(postcode)) if postcode else None
    if row is None:
        return PostcodeFacts(typed, postcode, False, False, None, None, None, False)
    return PostcodeFacts(
        asked=typed,
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
    own_districts: frozenset[str],
    ids: dict[str, int],
) -> Location:
    if row is None:
        return UNKNOWN
    ward_id = ids.get(row.ward or "")
    outside = row.district is not None and row.district not in own_districts
    return Location(
        district=row.district,
        ward_id=ward_id,
        lsoa_id=ids.get(row.lsoa or ""),
        settled="directory" if ward_id else "outside" if outside else "unsettled",
        edition_id=row.edition_id,
        easting=row.easting,
        northing=row.northing,
    )
