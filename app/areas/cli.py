"""Commands: `flask geography …`."""

from __future__ import annotations

from flask.cli import AppGroup

group = AppGroup("geography", help="Places: wards, LSOAs, towns, postcodes, indicators, importers.")
