"""Pages of the reminders room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("reminders", __name__)
