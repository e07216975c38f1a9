"""Pages of the coverage room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("coverage", __name__)
