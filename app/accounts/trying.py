"""The way past a wait for the owner of an account: a link in their own mailbox.

Following it signs nobody in. It makes the device known as theirs, so that its tries are counted
apart from those of whoever guesses at the account.
"""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from app.accounts import queries
from app.core import audit, links
from app.core.actor import PUBLIC
from app.core.audit_verbs import AuditVerb
from app.messages import ceiling
from app.messages import service as messages
from app.messages.letters import register
from app.messages.types import NOBODY, Channel, Letter, NewMessage, Recipient

TRY_NOW = LETTER = "try-now"
LIFETIME = timedelta(minutes=30)


def register_letters() -> None:
    """The letter of this module."""
    register(Letter(LETTER, _l("Try to sign in again"), only_there=True, even_if_silent=True))


def send_link(email: str, source: str) -> None:
    """Send the link to whoever signs in with a password at `email`; else to nobody.

    source: the network address that asks. Raises TooManyTries.
    """
    ceiling.pace(source, email)
    user = queries.user_by_email(email, lock=True)
    if user is None or user.deactivated_at is not None or user.password_hash is None:
        recipient = Recipient(Channel.EMAIL, NOBODY, "")
    else:
        recipient = Recipient(Channel.EMAIL, user.email, user.name, user_id=user.id)
    to_nobody = recipient.user_id is None  # counted apart, so that it holds back no link to come
    if not ceiling.has_room(ceiling.TRY_NOW + (":nobody" if to_nobody else ""), email):
        return
    link_id = links.make(TRY_NOW, recipient.user_id or 0, LIFETIME)
    link = {"endpoint": "accounts.try_now", "purpose": TRY_NOW, "link_id": str(link_id)}
    messages.post(
        NewMessage(
            letter=LETTER,
            recipient=recipient,
            key=f"{LETTER}:{link_id}",
            context={"link": link},
        )
    )


def is_good(token: str) -> bool:
    """Whether the link can still be used. Changes nothing."""
    return links.look(TRY_NOW, token) not in (None, "0")


def use_link(token: str) -> int | None:
    """The user whose link this is, spending it; None when it is spent or has run out."""
    subject = links.spend(TRY_NOW, token)
    user = queries.user(int(subject)) if subject else None
    if user is None or user.deactivated_at is not None:
        return None
    ceiling.start_again(ceiling.TRY_NOW, user.email)
    audit.record(PUBLIC, AuditVerb.USER_TRY_NOW, "users", user.id)
    return user.id
