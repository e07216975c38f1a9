"""Pages of the people room: registering, applications, one's own page; staff's are beside them."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("people", __name__)

from app.people.views import confirming, registration  # noqa: E402, F401  # they need the blueprint
