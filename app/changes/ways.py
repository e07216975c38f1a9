"""How somebody is reached on a day, and ending a way with all that hangs on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from app.core import links
from app.core.db import db
from app.messages import service as messages
from app.people import contact, signing_in
from app.people.models import Person, PersonContact
from app.people.types import ContactKind

CONFIRM = "confirm-contact"  # a link that proves the mailbox of a new address
VOUCH = "vouch-contact"  # a link to the old mailbox, which asks whether it was they
Way = tuple[ContactKind, str]
LEFT = "they are not reached there any more"


def is_questionable(row: PersonContact) -> bool:
    """Whether it is an email address of which it is not known that they gave it."""
    return row.point.kind is ContactKind.EMAIL and row.vouched_at is None


def end_all(rows: Iterable[PersonContact], on: date) -> list[Way]:
    """They can no longer be reached there from `on`; what `follow` is to be told."""
    return [_end(row, on) for row in rows]


def follow(person: Person, left: Collection[Way], on: date) -> None:
    """What was on its way to where they are not reached any more goes where they are."""
    if any(kind is ContactKind.EMAIL for kind, _ in left):
        links.revoke(signing_in.CONFIRM, person.id)
    gone = [(contact.CHANNELS[kind], value) for kind, value in left]
    messages.redirect(person.id, gone, contact.recipient_of(person.id, on), LEFT)


def _end(row: PersonContact, on: date) -> Way:
    way = (row.point.kind, row.point.value)
    links.revoke(CONFIRM, row.id)
    links.revoke(VOUCH, row.id)
    if row.from_on >= on:
        db.session.delete(row)
    else:
        row.until_on = on - timedelta(days=1)
    db.session.flush()
    return way
