"""Labels for the enums of this package."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.core.words import LazyTexts
from app.people.safety import wording as safe_words
from app.people.types import Basis, ContactKind, Interest, MatchReason, PersonState

INTERESTS = {
    Interest.MHFA: _l("Mental Health First Aider"),
    Interest.CHAMPION: _l("Community champion"),
    Interest.TRAINED: _l("Already trained"),
}
STATES = {
    PersonState.UNCONFIRMED: _l("Email address not confirmed"),
    PersonState.WAITING: _l("Waiting for a decision"),
    PersonState.DECLINED: _l("Declined"),
    PersonState.ACTIVE: _l("Active"),
    PersonState.NOT_CONFIRMED: _l("Not confirmed"),
    PersonState.QUIET: _l("Not heard from"),
    PersonState.PAUSED: _l("Paused by us"),
    PersonState.AWAY: _l("Away"),
    PersonState.LEFT: _l("Left"),
}
STATE_TONES = {
    PersonState.UNCONFIRMED: "grey",
    PersonState.WAITING: "blue",
    PersonState.DECLINED: "grey",
    PersonState.ACTIVE: "green",
    PersonState.NOT_CONFIRMED: "amber",
    PersonState.QUIET: "grey",
    PersonState.PAUSED: "grey",
    PersonState.AWAY: "purple",
    PersonState.LEFT: "grey",
}
MATCH_REASONS = {
    MatchReason.CONTACT: _l("same contact details"),
    MatchReason.POSTCODE: _l("similar name and same postcode"),
    MatchReason.NAME: _l("same or similar name"),
}
BASES = {
    Basis.LIVES: _l("Lives in"),
    Basis.WORKS: _l("Works in"),
    Basis.COULD_HELP: _l("Could help in"),
    Basis.SERVES: _l("Helps in"),
}
OWN_BASES = {
    Basis.LIVES: _l("You live in"),
    Basis.WORKS: _l("You work in"),
    Basis.COULD_HELP: _l("You could help in"),
    Basis.SERVES: _l("You help in"),
}
CONTACT_KINDS = {
    ContactKind.EMAIL: _l("Email"),
    ContactKind.PHONE: _l("Phone"),
    ContactKind.POST: _l("Post"),
}


def template_texts() -> dict[str, Any]:
    """Return the enum labels for templates, in the reader's language."""
    return {
        "interests": LazyTexts(INTERESTS),
        "match_reasons": LazyTexts(MATCH_REASONS),
        "states": LazyTexts(STATES),
        "bases": LazyTexts(BASES),
        "own_bases": LazyTexts(OWN_BASES),
        "contact_kinds": LazyTexts(CONTACT_KINDS),
        "state_tones": STATE_TONES,
        "conditions": safe_words.describe_conditions,
        "change_labels": LazyTexts(safe_words.CHANGES),
        "own_changes": LazyTexts(safe_words.OWN_CHANGES),
        "describe_stage": safe_words.describe_stage,
    }
