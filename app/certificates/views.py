"""Pages of the certificates room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("certificates", __name__)
