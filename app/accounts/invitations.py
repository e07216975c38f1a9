"""Invitations to set up an account. Users accept them in `app.signin.acceptance`."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from app.accounts.models import User
from app.accounts.types import INVITATION_LINK
from app.core import audit, links
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.messages import service as messages
from app.messages.letters import add_letter
from app.messages.types import Channel, Letter, NewMessage, Recipient

LINK = LETTER = INVITATION_LINK
LIFETIME = timedelta(days=7)


def register_letter() -> None:
    """Register the letter. Only the owner of the mailbox can read its link."""
    add_letter(Letter(LETTER, _l("Set up their account"), fixed_address=True))


def send_invitation(actor: Actor, user: User) -> None:
    """Send a staff or partner user a link to set up a password and a second factor."""
    link_id = links.create(LINK, user.id, LIFETIME)
    link = {"endpoint": "accounts.invitation", "purpose": LINK, "link_id": str(link_id)}
    messages.post(
        NewMessage(
            letter=LETTER,
            recipient=Recipient(Channel.EMAIL, user.email, user.name, user_id=user.id),
            key=f"{LETTER}:{link_id}",
            context={"link": link},
        )
    )
    audit.record(actor, AuditVerb.USER_INVITE, "users", user.id)
