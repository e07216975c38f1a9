"""The letter with the link that confirms the address on a registration."""

from __future__ import annotations

from datetime import timedelta

from app.changes import queries
from app.core import clock, links
from app.identity.service import CONFIRM, CONFIRM_LIFETIME
from app.messages import mailbox_limits
from app.messages import service as messages
from app.messages.types import Channel, NewMessage, Recipient

LETTERS_A_DAY = 5  # to one address; fewer in an hour (app.messages.mailbox_limits)


def send_confirmation(person_id: int, email: str) -> None:
    """Send a letter that asks the person to confirm the address, or says that we know it already.

    Both letters have the same link. Nothing is sent if the mailbox has reached its limit.
    """
    known = queries.is_address_of_another(email, person_id)
    letter = "registration-known" if known else "registration-confirm"
    link_id = links.create(CONFIRM, person_id, CONFIRM_LIFETIME)
    today = queries.links_since(CONFIRM, email, clock.now() - timedelta(days=1))
    if today > LETTERS_A_DAY or not mailbox_limits.allows(mailbox_limits.REGISTER, email):
        return
    messages.post(
        NewMessage(
            letter=letter,
            recipient=Recipient(Channel.EMAIL, email, "", person_id),
            key=f"{letter}:{link_id}",
            context={
                "link": {
                    "endpoint": "registration.confirm",
                    "purpose": CONFIRM,
                    "link_id": str(link_id),
                },
                "sign_in": {"endpoint": "accounts.sign_in", "values": {}},
            },
        )
    )
