"""Notify people at their previous contact details that their details have changed.

The letter does not say what changed. It goes to every previous email address, and to a postal
address or phone number that was replaced. For a phone number, an entry is added to the call list
instead. If there was no email address, or if the sign-in address changed, the letter goes to all
previous contact details.
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

ContactDetail = tuple[ContactKind, str]
# Do not notify people in these states.
NOT_NOTIFIED_STATES = (PersonState.UNCONFIRMED, PersonState.DECLINED, PersonState.LEFT)


def current_contact_details(person_id: int) -> list[ContactDetail]:
    """Return a person's contact details today."""
    return [(each.kind, each.value) for each in details.contacts(person_id, clock.today())]


def send_change_notice(
    person: Person,
    previous_contacts: Collection[ContactDetail],
    ended_contacts: Collection[ContactDetail] = (),
    *,
    has_sign_in_changed: bool = False,
) -> None:
    """Notify the person that their details have changed.

    `previous_contacts` contains the contact details before the change. `ended_contacts` contains
    those that were removed by the change.
    """
    if person.state(clock.today()) in NOT_NOTIFIED_STATES:
        return
    notify_all = has_sign_in_changed or not any(
        kind is ContactKind.EMAIL for kind, _ in previous_contacts
    )
    recipients = [
        detail
        for detail in previous_contacts
        if notify_all or detail[0] is ContactKind.EMAIL or detail in ended_contacts
    ]
    notifications.notify_details_changed(
        Recipient(CHANNELS[kind], value, person.full_name, person.id) for kind, value in recipients
    )


def notify_sign_in_changed(user_id: int, address: str) -> None:
    """Notify a person at their other contact details that their sign-in address has changed.

    The caller must already have queued the letter to `address`.
    """
    person = db.session.query(Person).filter_by(user_id=user_id).first()
    if person is None:
        return
    others = [
        detail
        for detail in current_contact_details(person.id)
        if CHANNELS[detail[0]] is not Channel.EMAIL or detail[1].casefold() != address.casefold()
    ]
    send_change_notice(person, others, has_sign_in_changed=True)
