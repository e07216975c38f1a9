"""Telling people that something about their details changed, where they were reached before.

The letter never says what changed, or the new value. It goes to every email address they had; to a
phone number (as a line on the call list) or postal address that was replaced; and to all of these
where no email address was known, or where how they sign in changed.
"""

from __future__ import annotations

from collections.abc import Collection

from app.accounts import notifications
from app.core import clock
from app.core.db import db
from app.messages.types import Channel, Recipient
from app.people.models import Person
from app.people.queries import details
from app.people.safety.contact_details import CHANNELS
from app.people.types import ContactKind, PersonState

Way = tuple[ContactKind, str]
# Before somebody proved who they are there is nobody to tell; afterwards nobody to protect.
NOBODY_TO_TELL = (PersonState.UNCONFIRMED, PersonState.DECLINED, PersonState.LEFT)


def ways_of(person_id: int) -> list[Way]:
    """Where somebody is reached today."""
    return [(each.kind, each.value) for each in details.contacts(person_id, clock.today())]


def changed(
    person: Person, before: Collection[Way], gone: Collection[Way] = (), *, sign_in: bool = False
) -> None:
    """Tell them. before: where they were reached before it; gone: those of them that ended."""
    if person.state(clock.today()) in NOBODY_TO_TELL:
        return
    everywhere = sign_in or not any(kind is ContactKind.EMAIL for kind, _ in before)
    told = [way for way in before if everywhere or way[0] is ContactKind.EMAIL or way in gone]
    notifications.details_changed(
        Recipient(CHANNELS[kind], value, person.full_name, person.id) for kind, value in told
    )


def sign_in_changed(user_id: int, address: str) -> None:
    """How this user signs in changed, and the letter to `address` is written: tell the other ways
    in which we know them.
    """
    person = db.session.query(Person).filter_by(user_id=user_id).first()
    if person is None:
        return
    others = [
        way
        for way in ways_of(person.id)
        if CHANNELS[way[0]] is not Channel.EMAIL or way[1].casefold() != address.casefold()
    ]
    changed(person, others, sign_in=True)
