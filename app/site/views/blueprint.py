"""The blueprint that the room's view modules hang their pages into."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("site", __name__)
