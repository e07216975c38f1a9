"""Pages of the messages room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("messages", __name__)
