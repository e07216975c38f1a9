"""Save drafts for later. They are stored encrypted for a week and can be opened once."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from app.core import clock, encryption, links
from app.core.db import db
from app.messages import mailbox_limits
from app.messages import service as messages
from app.messages.types import Channel, NewMessage, Recipient
from app.registration import draft as drafts
from app.registration import queries
from app.registration.draft import RegistrationDraft
from app.registration.models import SavedDraft

LINK = "saved-draft"
LETTER = "draft-saved"
LIFETIME = timedelta(days=7)
PURPOSE = "saved-draft"


def save(draft: RegistrationDraft, email: str) -> None:
    """Store the draft for a week and email a link to it.

    Does nothing if the mailbox has reached its limit of emails (app.messages.mailbox_limits).
    """
    if not mailbox_limits.allows(mailbox_limits.SAVE, email):
        return
    now = clock.now()
    packed = drafts.pack(draft, now)
    row = SavedDraft(
        id=uuid.uuid4().hex,
        content=encryption.encrypt(PURPOSE, packed),
        saved_at=now,
        expires_at=now + LIFETIME,
    )
    db.session.add(row)
    db.session.flush()
    link_id = links.create(LINK, row.id, LIFETIME)
    messages.post(
        NewMessage(
            letter=LETTER,
            recipient=Recipient(Channel.EMAIL, email, ""),
            key=f"draft-saved:{row.id}",
            context={
                "link": {
                    "endpoint": "registration.register_resume",
                    "purpose": LINK,
                    "link_id": str(link_id),
                }
            },
        )
    )


def is_valid(token: str) -> bool:
    """Return whether the link still opens a draft, without using it."""
    return links.peek(LINK, token) is not None


def restore(token: str) -> RegistrationDraft | None:
    """Delete the saved draft from the database and return it, or None if the link is invalid."""
    draft_id = links.spend(LINK, token)
    row = db.session.get(SavedDraft, draft_id) if draft_id else None
    if row is None:
        return None
    opened = encryption.decrypt(PURPOSE, row.content)
    db.session.delete(row)
    if opened is None:
        return None
    draft, _touched = drafts.unpack(opened)
    return draft


def delete_expired(now: datetime) -> None:
    """Delete the saved drafts that had expired at ``now``."""
    queries.delete_expired_drafts(now)
