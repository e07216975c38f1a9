"""Read the boundaries of wards, LSOAs or districts from a GeoJSON feature collection.

This module does not use the database. Features are read one at a time, so that a file for the whole
country needs little memory. Coordinates can be degrees (WGS 84) or, as in some downloads, metres on
the National Grid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

import numpy as np
from flask_babel import gettext as _
from numpy.typing import NDArray
from pyproj.exceptions import ProjError
from shapely import MultiPolygon, Polygon, make_valid, set_precision, to_geojson
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from app.areas.grid import from_grid
from app.areas.label_point import find_label_point
from app.areas.types import Boundary
from app.core.errors import InvalidInput

_CHUNK = 1 << 16  # characters read at a time
_MAX_START = 1 << 20  # the maximum number of characters before the features
_FEATURES = re.compile(r'"features"\s*:\s*\[')
_SEPARATORS = re.compile(r"[\s,]*")
# The names of the property with a feature's own code, in order of preference. The feature of a ward
# also has the code of its district.
_CODE_KEYS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (r"code", r"lsoa\d\dcd", r"wd\d\dcd", r"par(?:ncp)?\d\dcd", r"lad\d\dcd")
)
_PRECISION = 0.00001  # degrees, which is about a metre
_WEST, _SOUTH, _EAST, _NORTH = -9.0, 49.0, 2.5, 61.0
_MIN_POINTS = 4  # in a closed ring


def read_boundaries(name: str, text: TextIO) -> Iterator[Boundary]:
    """Yield the boundaries in the file.

    Raises InvalidInput if the file is invalid. The message describes the error and its position.
    """
    try:
        for number, feature in enumerate(_read_features(name, text), start=1):
            yield _read_boundary(name, number, feature)
    except UnicodeDecodeError as error:
        raise InvalidInput(_("%(name)s is not UTF-8 text.", name=name)) from error
    except RecursionError as error:
        raise InvalidInput(
            _("%(name)s is nested too deeply to contain boundaries.", name=name)
        ) from error


def _read_features(name: str, text: TextIO) -> Iterator[Any]:
    """Yield the members of "features", and check that the file is complete."""
    buffer, start = _read_start(name, text)
    decoder = json.JSONDecoder()
    position = 0
    while True:
        position = _skip_separators(buffer, position)
        if position == len(buffer):
            buffer, position = _read_more(name, text, buffer, position)
            continue
        if buffer[position] == "]":
            _check_end(name, start, buffer[position + 1 :] + text.read(_MAX_START))
            return
        try:
            feature, position = decoder.raw_decode(buffer, position)
        except json.JSONDecodeError:
            buffer, position = _read_more(name, text, buffer, position)
            continue
        yield feature


def _skip_separators(buffer: str, position: int) -> int:
    match = _SEPARATORS.match(buffer, position)
    return match.end() if match else position


def _read_start(name: str, text: TextIO) -> tuple[str, dict[str, Any]]:
    """Read the file up to the features.

    Return the text after the opening bracket, and the members before the features. The type may
    come after the features.
    """
    buffer = ""
    while len(buffer) < _MAX_START and (chunk := text.read(_CHUNK)):
        buffer += chunk
        match = _FEATURES.search(buffer)
        if match is None:
            continue
        start = _json_or_none(buffer[: match.end()] + "]}")
        if isinstance(start, dict):
            return buffer[match.end() :], start
        break
    raise _unrecognised_file_error(name)


def _unrecognised_file_error(name: str) -> InvalidInput:
    return InvalidInput(
        _(
            "%(name)s is neither a postcode directory (CSV) nor boundaries. Boundaries must be a"
            " GeoJSON object of the type FeatureCollection with a list of features.",
            name=name,
        )
    )


def _read_more(name: str, text: TextIO, buffer: str, position: int) -> tuple[str, int]:
    """Read more of the file, and remove the text before `position`. Return the new buffer and
    the new position, which is 0.

    The text read is at least as long as the text that remains, so that a long feature is not parsed
    again for every chunk.
    """
    rest = buffer[position:]
    chunk = text.read(max(_CHUNK, len(rest)))
    if not chunk:
        raise InvalidInput(
            _("%(name)s is cut off, or is not valid JSON, within its features.", name=name)
        )
    return rest + chunk, 0


def _check_end(name: str, start: dict[str, Any], rest: str) -> None:
    """Check that the text after the features is the end of the collection."""
    end = _json_or_none('{"features": []' + rest)
    if not isinstance(end, dict):
        raise InvalidInput(
            _("%(name)s is cut off, or is not valid JSON, after its features.", name=name)
        )
    if (start | end).get("type") != "FeatureCollection":
        raise _unrecognised_file_error(name)


def _json_or_none(text: str) -> Any:
    """Return the parsed value, or None if the text is not JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _read_boundary(name: str, number: int, feature: Any) -> Boundary:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = _find_code(properties) if isinstance(properties, dict) else None
    if code is None:
        keys = ", ".join(sorted(map(str, properties or ()))) or "no properties at all"
        raise InvalidInput(
            _(
                "%(name)s, feature %(number)s: no property contains the code of a ward or LSOA,"
                " for example code, WD25CD or LSOA21CD. The feature has %(keys)s.",
                name=name,
                number=number,
                keys=keys,
            )
        )
    try:
        outline = _outline(feature.get("geometry"))
        return Boundary(code, json.loads(to_geojson(outline)), find_label_point(outline))
    except (ValueError, TypeError, LookupError, ProjError, ShapelyError) as error:
        reason = (
            str(error)
            if isinstance(error, _UnusableGeometry)
            else _("its coordinates cannot be read")
        )
        raise InvalidInput(
            _(
                "%(name)s, feature %(number)s (%(code)s): %(reason)s.",
                name=name,
                number=number,
                code=code,
                reason=reason,
            )
        ) from error


class _UnusableGeometry(ValueError):
    """Raised for a geometry that cannot be used. The message is the reason."""


def _find_code(properties: dict[str, Any]) -> str | None:
    for pattern in _CODE_KEYS:
        for key in sorted(properties, reverse=True):  # newest year first
            if pattern.fullmatch(key) and isinstance(properties[key], str):
                return str(properties[key]).strip() or None
    return None


def _outline(geometry: Any) -> Polygon | MultiPolygon:
    """Return the valid outline in degrees, rounded to about a metre."""
    polygons = [_polygon(rings) for rings in _polygon_coordinates(geometry)]
    outline: BaseGeometry = polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)
    if not outline.is_valid:
        outline = make_valid(outline, method="structure", keep_collapsed=False)
    outline = set_precision(outline, _PRECISION)
    if outline.is_empty or not isinstance(outline, Polygon | MultiPolygon):
        raise _UnusableGeometry(_("its outline has fewer than four points"))
    return outline


def _polygon_coordinates(geometry: Any) -> list[Any]:
    """Return the coordinates of each polygon of a geometry."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "Polygon":
        return [geometry["coordinates"]]
    if kind is None:
        raise _UnusableGeometry(_("it has no geometry"))
    if kind != "MultiPolygon":
        raise _UnusableGeometry(
            _("its geometry must be a Polygon or MultiPolygon, not %(kind)s", kind=kind)
        )
    if not geometry["coordinates"]:
        raise _UnusableGeometry(_("its geometry is empty"))
    return list(geometry["coordinates"])


def _polygon(rings: Any) -> Polygon:
    """Return a polygon from its outer ring and holes. Heights are dropped."""
    outer, *holes = [_ring(ring) for ring in rings]
    if len(outer) < _MIN_POINTS:
        raise _UnusableGeometry(_("its outline has fewer than four points"))
    return Polygon(outer, [hole for hole in holes if len(hole) >= _MIN_POINTS])


def _ring(points: Any) -> NDArray[np.float64]:
    """Return the points of a ring as rows of longitude and latitude."""
    places = np.array([(float(point[0]), float(point[1])) for point in points]).reshape(-1, 2)
    ring = _to_degrees(places)
    if len(ring) and (ring[0] != ring[-1]).any():
        raise _UnusableGeometry(_("one of its rings is not closed"))
    return ring


def _to_degrees(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert rows of coordinates to longitude and latitude.

    The rows are degrees or metres on the National Grid.
    """
    x, y = points.T
    if (np.abs(x) > 180).any() or (np.abs(y) > 90).any():
        y, x = from_grid(x, y)
    inside = (x >= _WEST) & (x <= _EAST) & (y >= _SOUTH) & (y <= _NORTH)
    for longitude, latitude in zip(x[~inside], y[~inside], strict=True):
        raise _UnusableGeometry(
            _(
                "the point %(point)s is outside Great Britain. GeoJSON gives longitude first, then"
                " latitude",
                point=f"{longitude:.5f}, {latitude:.5f}",
            )
        )
    return np.column_stack((x, y))
