"""Commands: `flask coverage …`."""

from __future__ import annotations

from flask.cli import AppGroup

group = AppGroup("coverage", help="Measures as at a date, the map, reports: read only.")
