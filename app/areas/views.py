"""Pages for the areas room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("areas", __name__)
