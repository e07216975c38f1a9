"""Register hooks and letters of the people package."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core import registry
from app.core.actor import Actor
from app.messages.letters import add_letter
from app.messages.types import Letter
from app.people import activity, notices
from app.people.queries.audit_log import hidden_entries
from app.people.queries.obsolete_messages import is_obsolete_message
from app.people.safety import contact_details
from app.people.types import DETAILS_RECEIVED


def _on_sign_in(actor: Actor) -> None:
    activity.record_activity(actor, actor.person_id)


def install() -> None:
    """Register the hooks with app.core.registry, and register the letters."""
    # Send this letter at any hour, because it must be the first letter to the person.
    add_letter(Letter(DETAILS_RECEIVED, _l("Tell them where we got their details")))
    registry.hidden_entries.register(hidden_entries)
    registry.on_signed_in.register(_on_sign_in)
    registry.on_done_by_hand.register(notices.record_delivered_notice)
    registry.contact_decisions.register(contact_details.find_contact_decisions)
    registry.obsolete_messages.register(is_obsolete_message)
