"""A person's own pages."""

from __future__ import annotations

from flask import Blueprint

from app.people import wording

blueprint = Blueprint("profile", __name__)
blueprint.context_processor(wording.template_texts)


from app.profile.views import (  # noqa: E402  # they need the blueprint
    own,  # noqa: F401
    safety,  # noqa: F401
    word,  # noqa: F401
)
