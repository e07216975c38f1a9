"""Pages for viewing and changing people's records."""

from __future__ import annotations

from flask import Blueprint

from app.people import wording

blueprint = Blueprint("records", __name__)
blueprint.context_processor(wording.template_texts)


from app.records.views import (  # noqa: E402  # they need the blueprint
    adding,  # noqa: F401
    blocks,  # noqa: F401
    changes,  # noqa: F401
    confirming,  # noqa: F401
    organisations,  # noqa: F401
    records,  # noqa: F401
    ward_confirmation,  # noqa: F401
    word,  # noqa: F401
)
