"""Pages of the people room: registering, applications, one's own page; staff's are beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from app.core.reading import show_phone
from app.people import wording

blueprint = Blueprint("people", __name__)


@blueprint.context_processor
def _words() -> dict[str, Any]:
    """What the room's templates say of its enums, in the reader's language."""
    words: dict[str, Mapping[Any, Any]] = {
        "interests": wording.INTERESTS,
        "states": wording.STATES,
        "bases": wording.BASES,
        "own_bases": wording.OWN_BASES,
        "contact_kinds": wording.CONTACT_KINDS,
    }
    said = {
        name: {member: str(text) for member, text in table.items()} for name, table in words.items()
    }
    return {**said, "state_tones": wording.STATE_TONES, "show_phone": show_phone}


from app.people.views import (  # noqa: E402  # they need the blueprint
    applications,  # noqa: F401
    confirming,  # noqa: F401
    entering,  # noqa: F401
    own,  # noqa: F401
    registration,  # noqa: F401
    settling,  # noqa: F401
    staff,  # noqa: F401
)
