"""Letters that tell the owner of an account that something has changed, but not what.

They are sent to the old contact details, so that owners are told if somebody else has taken over
their account.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date

from flask_babel import lazy_gettext as _l

from app.accounts import queries
from app.core import clock, registry
from app.core.actor import Actor
from app.core.permissions import Role
from app.core.words import long_date
from app.messages import service as messages
from app.messages.letters import add_letter
from app.messages.types import NO_ADDRESS, Channel, Letter, NewMessage, Recipient

LETTER = "something-changed"
LIST_DOWNLOADED = "list-downloaded"


def register_letters() -> None:
    """Register the letters."""
    add_letter(
        Letter(
            LETTER,
            _l("Tell them that their details have changed"),
            fixed_address=True,
            reports_change=True,
        )
    )
    add_letter(
        Letter(
            LIST_DOWNLOADED,
            _l("Tell them that somebody has downloaded a list of people"),
            even_if_silent=True,
        )
    )


def notify_details_changed(recipients: Iterable[Recipient]) -> None:
    """Send each recipient a letter about a change to their details."""
    day = long_date(clock.today())
    for recipient in recipients:
        messages.post(
            NewMessage(LETTER, recipient, f"{LETTER}:{uuid.uuid4()}", context={"day": day})
        )


def notify_sign_in_changed(user_id: int, *, old_address: str | None = None) -> None:
    """Tell a user that their email address, password, second factor or recovery codes changed.

    ``old_address`` is the previous email address, if the address changed. Other rooms send the
    letter to the person's other contact details (`registry.on_sign_in_changed`).
    """
    user = queries.user(user_id)
    if user is None:
        return
    address = old_address or user.email
    if not address.endswith(NO_ADDRESS):
        notify_details_changed([Recipient(Channel.EMAIL, address, "", user_id=user.id)])
    for notify in registry.on_sign_in_changed:
        notify(user.id, address)


def notify_list_downloaded(actor: Actor, on: date) -> None:
    """Tell the other coordinators that the actor downloaded names, at most once a day."""
    if actor.user_id is None:
        return
    for user in queries.users_with_role(Role.COORDINATOR, on):
        if user.id == actor.user_id:
            continue
        recipient = Recipient(Channel.EMAIL, user.email, user.name, user_id=user.id)
        key = f"{LIST_DOWNLOADED}:{actor.user_id}:{on.isoformat()}:{user.id}"
        context = {"who": actor.name, "day": long_date(on)}
        messages.post(NewMessage(LIST_DOWNLOADED, recipient, key, context=context))
