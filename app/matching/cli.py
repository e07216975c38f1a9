"""Commands: `flask matching …`."""

from __future__ import annotations

from flask.cli import AppGroup

group = AppGroup("matching", help="Targets, needs, optimal runs, proposals, assignments.")
