"""Convert degrees (WGS 84) to metres on the National Grid (EPSG:27700), and back.

PROJ does the conversion with Ordnance Survey's seven-parameter Helmert transformation, which is
accurate to about 5 m in Great Britain. OSTN15 is accurate to 0.1 m, but needs a 15 MB table. The
parameters are given below, because PROJ would otherwise use another transformation off the coast,
or look for the table on the network.

Source: Ordnance Survey, "A guide to coordinate systems in Great Britain", annexes A to C.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer, network
from pyproj.enums import TransformDirection

Numbers = TypeVar("Numbers", float, NDArray[np.float64])

network.set_network_enabled(active=False)  # type: ignore[attr-defined]  # pyproj documents it, without __all__

_NATIONAL_GRID = (
    "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy"
    " +towgs84=446.448,-125.157,542.060,0.1502,0.2470,0.8421,-20.4894 +units=m"
)
_TO_GRID = Transformer.from_crs("EPSG:4326", _NATIONAL_GRID, always_xy=True)


def to_grid(latitude: Numbers, longitude: Numbers) -> tuple[Numbers, Numbers]:
    """Convert degrees (WGS 84) to (easting, northing) in metres.

    Raises ProjError if a point is out of range.
    """
    easting, northing = _TO_GRID.transform(longitude, latitude, errcheck=True)
    return easting, northing


def from_grid(easting: Numbers, northing: Numbers) -> tuple[Numbers, Numbers]:
    """Convert metres on the National Grid to (latitude, longitude) in degrees (WGS 84).

    Raises ProjError if a point is out of range.
    """
    longitude, latitude = _TO_GRID.transform(
        easting, northing, direction=TransformDirection.INVERSE, errcheck=True
    )
    return latitude, longitude
