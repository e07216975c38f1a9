"""Commands: `flask accounts …`."""

from __future__ import annotations

from flask.cli import AppGroup

group = AppGroup("accounts", help="Users, roles, sign-in.")
