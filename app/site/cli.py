"""Commands: `flask programme …` and `flask demo …`."""

from __future__ import annotations

from flask.cli import AppGroup

programme = AppGroup("programme", help="The programme file: networks, kinds, targets, areas.")
demo = AppGroup("demo", help="Made-up people, for a demonstration.")
groups = (programme, demo)
