"""Degrees (WGS 84) to metres on the National Grid (EPSG:27700), and back.

Pure. The datums are joined by Ordnance Survey's seven-parameter Helmert transformation, which is
right to about 5 m anywhere in Great Britain (OSTN15, right to 0.1 m, needs a 15 MB table): far
below the size of a postcode's patch, so distances in kilometres don't notice. Formulas and figures:
Ordnance Survey, "A guide to coordinate systems in Great Britain", annexes A to C.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, pi, radians, sin, sqrt, tan


@dataclass(frozen=True)
class _Ellipsoid:
    """Semi-axes in metres."""

    a: float
    b: float

    @property
    def squared_eccentricity(self) -> float:
        return 1 - (self.b / self.a) ** 2


@dataclass(frozen=True)
class _Helmert:
    """Translations in metres, rotations in radians, scale as a ratio less one."""

    tx: float
    ty: float
    tz: float
    rx: float
    ry: float
    rz: float
    s: float

    def applied(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        scale = 1 + self.s
        return (
            self.tx + scale * x - self.rz * y + self.ry * z,
            self.ty + self.rz * x + scale * y - self.rx * z,
            self.tz - self.ry * x + self.rx * y + scale * z,
        )

    @property
    def backwards(self) -> _Helmert:
        """The inverse, to a few centimetres, as its turns are seconds of arc."""
        return _Helmert(-self.tx, -self.ty, -self.tz, -self.rx, -self.ry, -self.rz, -self.s)


_GRS80 = _Ellipsoid(6_378_137.000, 6_356_752.314_1)  # of WGS 84, to a tenth of a millimetre
_AIRY = _Ellipsoid(6_377_563.396, 6_356_256.909)  # of OSGB36
_SECOND = pi / (180 * 3600)
_TO_OSGB36 = _Helmert(
    -446.448,
    125.157,
    -542.060,
    -0.1502 * _SECOND,
    -0.2470 * _SECOND,
    -0.8421 * _SECOND,
    20.4894e-6,
)
_SCALE = 0.999_601_271_7  # on the central meridian
_ORIGIN = (radians(49), radians(-2))  # true origin
_FALSE_EASTING, _FALSE_NORTHING = 400_000.0, -100_000.0


def to_grid(latitude: float, longitude: float) -> tuple[float, float]:
    """Degrees in WGS 84 → (easting, northing) in metres."""
    phi, lam = radians(latitude), radians(longitude)
    return _project(*_between_datums(phi, lam, _GRS80, _AIRY, _TO_OSGB36))


def from_grid(easting: float, northing: float) -> tuple[float, float]:
    """Metres on the National Grid → (latitude, longitude) in degrees, WGS 84."""
    phi, lam = _unproject(easting, northing)
    phi, lam = _between_datums(phi, lam, _AIRY, _GRS80, _TO_OSGB36.backwards)
    return degrees(phi), degrees(lam)


def _between_datums(
    phi: float, lam: float, old: _Ellipsoid, new: _Ellipsoid, shift: _Helmert
) -> tuple[float, float]:
    """Latitude and longitude in radians, at sea level, from one datum to the other."""
    e2 = old.squared_eccentricity
    nu = old.a / sqrt(1 - e2 * sin(phi) ** 2)
    x, y, z = shift.applied(
        nu * cos(phi) * cos(lam), nu * cos(phi) * sin(lam), nu * (1 - e2) * sin(phi)
    )
    e2 = new.squared_eccentricity
    p = hypot(x, y)
    phi = atan2(z, p * (1 - e2))
    for _ in range(4):  # each round gains about five digits
        nu = new.a / sqrt(1 - e2 * sin(phi) ** 2)
        phi = atan2(z + e2 * nu * sin(phi), p)
    return phi, atan2(y, x)


def _meridian(phi: float) -> float:
    """Metres along the central meridian from the true origin's latitude to `phi`."""
    n = (_AIRY.a - _AIRY.b) / (_AIRY.a + _AIRY.b)
    less, more = phi - _ORIGIN[0], phi + _ORIGIN[0]
    return (
        _AIRY.b
        * _SCALE
        * (
            (1 + n + 5 / 4 * (n**2 + n**3)) * less
            - (3 * (n + n**2) + 21 / 8 * n**3) * sin(less) * cos(more)
            + 15 / 8 * (n**2 + n**3) * sin(2 * less) * cos(2 * more)
            - 35 / 24 * n**3 * sin(3 * less) * cos(3 * more)
        )
    )


def _radii(phi: float) -> tuple[float, float]:
    """Radii of curvature at `phi`, scaled: across the meridian (nu) and along it (rho)."""
    e2 = _AIRY.squared_eccentricity
    within = 1 - e2 * sin(phi) ** 2
    nu = _AIRY.a * _SCALE / sqrt(within)
    return nu, nu * (1 - e2) / within


def _project(phi: float, lam: float) -> tuple[float, float]:
    nu, rho = _radii(phi)
    eta2 = nu / rho - 1
    s, c, t2 = sin(phi), cos(phi), tan(phi) ** 2
    d = lam - _ORIGIN[1]
    northing = (
        _FALSE_NORTHING
        + _meridian(phi)
        + nu / 2 * s * c * d**2
        + nu / 24 * s * c**3 * (5 - t2 + 9 * eta2) * d**4
        + nu / 720 * s * c**5 * (61 - 58 * t2 + t2**2) * d**6
    )
    easting = (
        _FALSE_EASTING
        + nu * c * d
        + nu / 6 * c**3 * (nu / rho - t2) * d**3
        + nu / 120 * c**5 * (5 - 18 * t2 + t2**2 + 14 * eta2 - 58 * t2 * eta2) * d**5
    )
    return easting, northing


def _unproject(easting: float, northing: float) -> tuple[float, float]:
    north, x = northing - _FALSE_NORTHING, easting - _FALSE_EASTING
    phi = _ORIGIN[0]
    for _ in range(8):  # until the foot of the point on the meridian stands still, to 0.01 mm
        missing = north - _meridian(phi)
        if abs(missing) < 1e-5:
            break
        phi += missing / (_AIRY.a * _SCALE)
    nu, rho = _radii(phi)
    eta2 = nu / rho - 1
    t, sec = tan(phi), 1 / cos(phi)
    t2 = t**2
    latitude = (
        phi
        - t / (2 * rho * nu) * x**2
        + t / (24 * rho * nu**3) * (5 + 3 * t2 + eta2 - 9 * t2 * eta2) * x**4
        - t / (720 * rho * nu**5) * (61 + 90 * t2 + 45 * t2**2) * x**6
    )
    longitude = (
        _ORIGIN[1]
        + sec / nu * x
        - sec / (6 * nu**3) * (nu / rho + 2 * t2) * x**3
        + sec / (120 * nu**5) * (5 + 28 * t2 + 24 * t2**2) * x**5
        - sec / (5040 * nu**7) * (61 + 662 * t2 + 1320 * t2**2 + 720 * t2**3) * x**7
    )
    return latitude, longitude
