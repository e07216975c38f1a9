"""Register the functions and the letter of the people room with lower rooms."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core import registry
from app.core.actor import Actor
from app.messages.letters import add_letter
from app.messages.types import Letter
from app.people import activity, notices
from app.people.queries.audit_log import hidden_entries
from app.people.queries.passed_reasons import passed_reason
from app.people.safety import contact_details
from app.people.types import DETAILS_RECEIVED


def _on_signed_in(actor: Actor) -> None:
    activity.record_heard_from(actor, actor.person_id)


def install() -> None:
    """Register this room's hooks with app.core.registry, and its letters."""
    # This letter may be sent at any hour, because no other letter may be sent before it.
    add_letter(Letter(DETAILS_RECEIVED, _l("Say where we got their details from")))
    registry.hidden_entries.register(hidden_entries)
    registry.on_signed_in.register(_on_signed_in)
    registry.on_done_by_hand.register(notices.record_notice_done_by_hand)
    registry.contact_rulings.register(contact_details.rule_on_recipients)
    registry.passed_reasons.register(passed_reason)
