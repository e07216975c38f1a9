"""The blueprint on which the room's view modules register their pages."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("site", __name__)
