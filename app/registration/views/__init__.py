"""Pages for registering and for confirming an email address."""

from __future__ import annotations

from flask import Blueprint

from app.people import wording

blueprint = Blueprint("registration", __name__)
blueprint.context_processor(wording.template_texts)


from app.registration.views import (  # noqa: E402  # they need the blueprint
    confirming,  # noqa: F401
    saving,  # noqa: F401
    steps,  # noqa: F401
)
