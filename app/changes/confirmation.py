"""Email the link that confirms the address on a registration."""

from __future__ import annotations

from app.changes import queries
from app.core import clock, links
from app.identity.service import CONFIRM, CONFIRM_LIFETIME, confirm_subject
from app.messages import mailbox_limits
from app.messages import service as messages
from app.messages.types import Channel, NewMessage, Recipient
from app.people.queries.contacts import find_email_contact


def send_confirmation(person_id: int, email: str, source: str = mailbox_limits.TEAM) -> None:
    """Send an email that asks the person to confirm their address.

    If the address is already confirmed, the email says so. `source` is the network address of the
    request. Nothing is sent if the source or the mailbox has reached its limit of emails.
    """
    if not mailbox_limits.count_requested_letter(mailbox_limits.REGISTER, email, source):
        return
    known = queries.is_used_by_another_person(email, person_id)
    letter = "registration-known" if known else "registration-confirm"
    row = find_email_contact(person_id, email, clock.today())
    subject = confirm_subject(person_id, row.id if row is not None else 0)
    link_id = links.create(CONFIRM, subject, CONFIRM_LIFETIME)
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
