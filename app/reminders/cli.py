"""Commands: `flask reminders …`."""

from __future__ import annotations

from flask.cli import AppGroup

group = AppGroup("reminders", help="Which certificate reminder is due, for whom, when.")
