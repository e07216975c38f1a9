"""Commands: `flask people …`."""

from __future__ import annotations

from flask.cli import AppGroup

group = AppGroup(
    "people", help="People: registration, approval, contact, presence, protection, import."
)
