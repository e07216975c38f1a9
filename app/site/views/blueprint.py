"""The blueprint of the site room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("site", __name__)
