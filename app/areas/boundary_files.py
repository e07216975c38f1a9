"""Reading boundaries: a GeoJSON feature collection of wards, LSOAs or districts.

Pure. The file is read feature by feature, so that one of the whole country needs little memory.
Coordinates may be degrees (WGS 84) or, as some downloads have them, metres on the National Grid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TextIO

from flask_babel import gettext as _
from pyproj.exceptions import ProjError

from app.areas.grid import from_grid
from app.core.errors import InvalidInput

_CHUNK = 1 << 16  # characters read at a time
_LONGEST_START = 1 << 20  # what stands before the features
_FEATURES = re.compile(r'"features"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
# Names of the property that holds a feature's own code: a ward's feature names its district too.
_CODE_KEYS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (r"code", r"lsoa\d\dcd", r"wd\d\dcd", r"par(?:ncp)?\d\dcd", r"lad\d\dcd")
)
_PLACES = 5  # decimals of a degree: about a metre
_LONGITUDES, _LATITUDES = (-9.0, 2.5), (49.0, 61.0)
_LEAST_POINTS = 4  # of a closed ring


@dataclass(frozen=True)
class Boundary:
    """An area's outline. geometry: GeoJSON Polygon or MultiPolygon, degrees in WGS 84."""

    code: str
    geometry: dict[str, Any]


def read_boundaries(name: str, text: TextIO) -> Iterator[Boundary]:
    """Each feature of the file; InvalidInput says what is wrong with which."""
    try:
        for number, feature in enumerate(_features(name, text), start=1):
            yield _boundary(name, number, feature)
    except UnicodeDecodeError as error:
        raise InvalidInput(_("%(name)s is not text in UTF-8.", name=name)) from error
    except RecursionError as error:
        raise InvalidInput(
            _("%(name)s is nested too deeply to be boundaries.", name=name)
        ) from error


def _features(name: str, text: TextIO) -> Iterator[Any]:
    """The members of "features", one after the other, then the check that the file is whole."""
    buffer, start = _after_start(name, text)
    decoder = json.JSONDecoder()
    at = 0
    while True:
        at = _skip(buffer, at)
        if at == len(buffer):
            buffer, at = _more(name, text, buffer, at)
            continue
        if buffer[at] == "]":
            _check_end(name, start, buffer[at + 1 :] + text.read(_LONGEST_START))
            return
        try:
            feature, at = decoder.raw_decode(buffer, at)
        except json.JSONDecodeError:
            buffer, at = _more(name, text, buffer, at)
            continue
        yield feature


def _skip(buffer: str, at: int) -> int:
    match = _BETWEEN.match(buffer, at)
    return match.end() if match else at


def _after_start(name: str, text: TextIO) -> tuple[str, dict[str, Any]]:
    """Read past the opening bracket of the features: (what was read beyond it, what stood before).

    Members may come in any order, so the type may stand behind the features.
    """
    buffer = ""
    while len(buffer) < _LONGEST_START and (chunk := text.read(_CHUNK)):
        buffer += chunk
        match = _FEATURES.search(buffer)
        if match is None:
            continue
        start = _json_or_none(buffer[: match.end()] + "]}")
        if isinstance(start, dict):
            return buffer[match.end() :], start
        break
    raise _no_collection(name)


def _no_collection(name: str) -> InvalidInput:
    return InvalidInput(
        _(
            "%(name)s is not a postcode directory (CSV), and as JSON it is no boundaries: it"
            " must be a GeoJSON object with the type FeatureCollection and a list of features.",
            name=name,
        )
    )


def _more(name: str, text: TextIO, buffer: str, at: int) -> tuple[str, int]:
    """Drop what was used and read as much again as is left, so that each part is tried seldom."""
    rest = buffer[at:]
    chunk = text.read(max(_CHUNK, len(rest)))
    if not chunk:
        raise InvalidInput(
            _("%(name)s breaks off, or is not valid JSON, within its features.", name=name)
        )
    return rest + chunk, 0


def _check_end(name: str, start: dict[str, Any], rest: str) -> None:
    """What follows the features must close the collection (after other members, if any)."""
    end = _json_or_none('{"features": []' + rest)
    if not isinstance(end, dict):
        raise InvalidInput(
            _("%(name)s breaks off, or is not valid JSON, after its features.", name=name)
        )
    if (start | end).get("type") != "FeatureCollection":
        raise _no_collection(name)


def _json_or_none(text: str) -> Any:
    """The value, or None when it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _boundary(name: str, number: int, feature: Any) -> Boundary:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = _code(properties) if isinstance(properties, dict) else None
    if code is None:
        keys = ", ".join(sorted(map(str, properties or ()))) or "no properties at all"
        raise InvalidInput(
            _(
                "%(name)s, feature %(number)s: no property holds the code of a ward or LSOA,"
                " like code, WD25CD or LSOA21CD. It has %(keys)s.",
                name=name,
                number=number,
                keys=keys,
            )
        )
    try:
        return Boundary(code, _geometry(feature.get("geometry")))
    except (ValueError, TypeError, LookupError, ProjError) as error:
        told = str(error) if isinstance(error, _Wrong) else "its coordinates can't be read"
        raise InvalidInput(
            _(
                "%(name)s, feature %(number)s (%(code)s): %(told)s.",
                name=name,
                number=number,
                code=code,
                told=told,
            )
        ) from error


class _Wrong(ValueError):
    """A geometry that can't be used; the message continues a sentence."""


def _code(properties: dict[str, Any]) -> str | None:
    for pattern in _CODE_KEYS:
        for key in sorted(properties, reverse=True):  # of several years the newest
            if pattern.fullmatch(key) and isinstance(properties[key], str):
                return str(properties[key]).strip() or None
    return None


def _geometry(geometry: Any) -> dict[str, Any]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "Polygon":
        return {"type": kind, "coordinates": _polygon(geometry.get("coordinates"))}
    if kind == "MultiPolygon":
        polygons = [_polygon(polygon) for polygon in geometry.get("coordinates")]
        if polygons:
            return {"type": kind, "coordinates": polygons}
    raise _Wrong("it needs a Polygon or MultiPolygon, and has " + (kind or "no geometry"))


def _polygon(rings: Any) -> list[list[list[float]]]:
    """The outer ring and its holes; a hole that vanishes when rounded is left out."""
    tidy = [_ring(ring) for ring in rings]
    if not tidy or len(tidy[0]) < _LEAST_POINTS:
        raise _Wrong("its outline has fewer than four points")
    return [tidy[0], *(ring for ring in tidy[1:] if len(ring) >= _LEAST_POINTS)]


def _ring(points: Any) -> list[list[float]]:
    """Rounded to about a metre, without points that repeat the one before."""
    ring: list[list[float]] = []
    for point in points:
        place = _degrees(float(point[0]), float(point[1]))
        if not ring or ring[-1] != place:
            ring.append(place)
    if ring and ring[0] != ring[-1]:
        raise _Wrong("one of its rings is not closed")
    return ring


def _degrees(x: float, y: float) -> list[float]:
    """[longitude, latitude], from degrees or from metres on the National Grid."""
    if abs(x) > 180 or abs(y) > 90:
        y, x = from_grid(x, y)
    if not (_LONGITUDES[0] <= x <= _LONGITUDES[1] and _LATITUDES[0] <= y <= _LATITUDES[1]):
        raise _Wrong(
            f"the point {x:.5f}, {y:.5f} lies outside Great Britain. GeoJSON gives longitude first,"
            " then latitude"
        )
    return [round(x, _PLACES), round(y, _PLACES)]
