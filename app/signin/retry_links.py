"""Links by email for users who have to wait after too many wrong attempts.

The link does not sign the user in. It marks the device as the user's, so that attempts from it are
counted separately from the attempts of somebody who is guessing the password.
"""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from app.accounts import queries
from app.accounts.types import RETRY_LINK
from app.core import audit, links
from app.core.actor import PUBLIC
from app.core.audit_verbs import AuditVerb
from app.messages import mailbox_limits
from app.messages import service as messages
from app.messages.letters import add_letter
from app.messages.types import TO_NOBODY, Channel, Letter, NewMessage, Recipient

LINK = LETTER = RETRY_LINK
LIFETIME = timedelta(minutes=30)


def register_letter() -> None:
    """Register the letter."""
    add_letter(Letter(LETTER, _l("Try to sign in again"), fixed_address=True, even_if_silent=True))


def send_link(email: str, source: str) -> None:
    """Send a link to the user with this email address, if they sign in with a password.

    ``source`` is the network address of the request. Raises TooManyAttempts.
    """
    mailbox_limits.count_request(source, email)
    user = queries.user_by_email(email, lock=True)
    if user is None or user.deactivated_at is not None or user.password_hash is None:
        recipient = TO_NOBODY
    else:
        recipient = Recipient(Channel.EMAIL, user.email, user.name, user_id=user.id)
    # Letters to nobody have a separate limit, so that they do not use up the limit of the user.
    kind = mailbox_limits.TRY_NOW + ("" if recipient.user_id else ":nobody")
    if not mailbox_limits.count_letter(kind, email):
        return
    link_id = links.create(LINK, recipient.user_id or 0, LIFETIME)
    link = {"endpoint": "accounts.try_now", "purpose": LINK, "link_id": str(link_id)}
    messages.post(
        NewMessage(
            letter=LETTER,
            recipient=recipient,
            key=f"{LETTER}:{link_id}",
            context={"link": link},
        )
    )


def is_valid(token: str) -> bool:
    """Return whether the link can be used, without using it up."""
    return links.peek(LINK, token) not in (None, "0")


def use_link(token: str) -> int | None:
    """Use up the link and return the ID of its user.

    Returns None if the link has been used or has expired, or if the user has been deactivated.
    """
    subject = links.spend(LINK, token)
    user = queries.user(int(subject)) if subject else None
    if user is None or user.deactivated_at is not None:
        return None
    mailbox_limits.reset(mailbox_limits.TRY_NOW, user.email)
    audit.record(PUBLIC, AuditVerb.USER_TRY_NOW, "users", user.id)
    return user.id
