"""Pages of the people room: registering, applications, one's own page; staff's are beside them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.core.words import Said
from app.people import wording
from app.people.safety import wording as safe_words

blueprint = Blueprint("people", __name__)


@blueprint.context_processor
def _words() -> dict[str, Any]:
    """What the room's templates say of its enums, in the reader's language."""
    return {
        "interests": Said(wording.INTERESTS),
        "states": Said(wording.STATES),
        "bases": Said(wording.BASES),
        "own_bases": Said(wording.OWN_BASES),
        "contact_kinds": Said(wording.CONTACT_KINDS),
        "state_tones": wording.STATE_TONES,
        "conditions": safe_words.conditions,
        "changes_in_words": Said(safe_words.CHANGES),
        "own_changes": Said(safe_words.OWN_CHANGES),
        "stage_in_words": safe_words.stage,
    }


from app.people.views import (  # noqa: E402  # they need the blueprint
    applications,  # noqa: F401
    confirming,  # noqa: F401
    entering,  # noqa: F401
    joining,  # noqa: F401
    own,  # noqa: F401
    registration,  # noqa: F401
    safety,  # noqa: F401
    settling,  # noqa: F401
    staff,  # noqa: F401
    word,  # noqa: F401
)
