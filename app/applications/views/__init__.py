"""Pages for the queue of applications, decisions and merging."""

from __future__ import annotations

from flask import Blueprint

from app.people import wording

blueprint = Blueprint("applications", __name__)
blueprint.context_processor(wording.template_texts)


from app.applications.views import (  # noqa: E402  # they need the blueprint
    applications,  # noqa: F401
    memberships,  # noqa: F401
    merging,  # noqa: F401
)
