"""Pages of the courses room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("courses", __name__)
