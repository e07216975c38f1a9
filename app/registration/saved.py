"""Save registration drafts for a week, encrypted. Each link to a draft works once."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from app.core import clock, encryption, links, throttling
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
NOTHING_SAVED_LETTER = "draft-missing"
LIFETIME = timedelta(days=7)
PURPOSE = "saved-draft"


def save_draft(draft: RegistrationDraft, email: str, source: str) -> None:
    """Save a draft for a week and email a link to it.

    Any earlier version of the draft is replaced. `source` is the network address of the request. If
    the source or the mailbox has reached its limit of emails, no email is sent, and the link in the
    previous email opens the new draft.
    """
    now = clock.now()
    content = encryption.encrypt(PURPOSE, drafts.pack_draft(draft, now))
    if not mailbox_limits.count_requested_letter(mailbox_limits.SAVE, email, source):
        queries.update_draft(draft.key, _hash_address(email), content)
        return
    discard_draft(draft.key)
    row = SavedDraft(
        id=uuid.uuid4().hex,
        content=content,
        mailbox=_hash_address(email),
        draft_key=draft.key,
        saved_at=now,
        expires_at=now + LIFETIME,
    )
    db.session.add(row)
    db.session.flush()
    link_id = links.create(LINK, row.id, LIFETIME)
    _post_link(LETTER, email, link_id, {"link": _link_data(link_id)})


def send_link_again(email: str, source: str) -> None:
    """Email a new link to the latest draft for this address. The old link stops working.

    If there is no draft, the email says so. With the neutral wording, it has only a link, which
    leads to a page that says so. Both cases run the same statements, so that response
    times do not reveal whether an address is known. Nothing is sent if the mailbox has reached its
    limit of emails.
    """
    if not mailbox_limits.count_requested_letter(mailbox_limits.SAVE, email, source):
        return
    row = queries.find_latest_draft(_hash_address(email), clock.now())
    subject = row.id if row is not None else uuid.uuid4().hex
    links.revoke(LINK, subject)
    link_id = links.create(LINK, subject, row.expires_at - clock.now() if row else LIFETIME)
    context: dict[str, Any] = {"link": _link_data(link_id)}
    if row is not None:
        _post_link(LETTER, email, link_id, context)
    else:
        page = {"endpoint": "registration.register_start", "values": {}}
        _post_link(NOTHING_SAVED_LETTER, email, link_id, context | {"page": page})


def discard_draft(draft_key: str) -> None:
    """Delete a saved draft."""
    for row_id in queries.delete_drafts(draft_key):
        links.revoke(LINK, row_id)


def _hash_address(email: str) -> str:
    return throttling.hash_name(f"saved-draft:{email.strip().lower()}")


def _link_data(link_id: uuid.UUID) -> dict[str, str]:
    return {
        "endpoint": "registration.resume_registration",
        "purpose": LINK,
        "link_id": str(link_id),
    }


def _post_link(letter: str, email: str, link_id: uuid.UUID, context: dict[str, Any]) -> None:
    messages.post(
        NewMessage(
            letter=letter,
            recipient=Recipient(Channel.EMAIL, email, ""),
            key=f"{letter}:{link_id}",
            context=context,
        )
    )


def is_link_valid(token: str) -> bool:
    """Return whether a link leads to a saved draft. The check does not use up the link."""
    draft_id = links.peek(LINK, token)
    return draft_id is not None and db.session.get(SavedDraft, draft_id) is not None


def restore_draft(token: str) -> RegistrationDraft | None:
    """Use up the link and return the saved draft, or None if the link is not valid.

    The draft stays saved, so that the person can request another link.
    """
    draft_id = links.spend(LINK, token)
    row = db.session.get(SavedDraft, draft_id) if draft_id else None
    opened = encryption.decrypt(PURPOSE, row.content) if row is not None else None
    if opened is None:
        return None
    draft, _changed_at = drafts.unpack_draft(opened)
    return draft


def delete_expired(now: datetime) -> None:
    """Delete the saved drafts that have expired by ``now``."""
    queries.delete_expired_drafts(now)
