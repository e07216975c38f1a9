"""Record how people want to be contacted."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l

from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput
from app.people.models import Person, PersonContact
from app.people.queries.contacts import find_contacts, find_safe_contact
from app.people.safety import contact_details
from app.people.safety.models import SafeContact
from app.people.safety.types import ContactPreferences
from app.people.types import ContactKind

NO_METHOD = _l("Select at least one safe contact method")


def stated_wishes(person_id: int) -> ContactPreferences | None:
    """Return the contact wishes that the person has today, or None."""
    row = find_safe_contact(person_id, clock.today())
    return row.wishes if row is not None else None


def record_wishes(
    actor: Actor, person: Person, wishes: ContactPreferences | None, *, resend: bool = True
) -> None:
    """Replace the person's contact wishes from today, and redirect messages.

    ``wishes`` is None to remove all wishes. For ``resend``, see `apply_contact_choices`. The caller
    must check that the actor is allowed to make the change, and that the change can take effect
    immediately. Raises InvalidInput if no contact method is safe.
    """
    check_wishes(wishes)
    on = clock.today()
    with audit.acting(actor, AuditVerb.PERSON_SAFE_CONTACT):
        _replace_wishes(person.id, wishes, on)
        if wishes is not None and not wishes.silent:
            for contact in find_contacts(person.id, on):
                mark_safe(
                    contact, safe=bool(contact_details.METHODS[contact.point.kind] & wishes.ways)
                )
    contact_details.apply_contact_choices(person.id, on, resend=resend)


def check_wishes(wishes: ContactPreferences | None) -> None:
    """Raise InvalidInput if no contact method is safe, unless the person wants no contact."""
    if wishes is not None and not wishes.ways and not wishes.silent:
        raise InvalidInput(str(NO_METHOD), "ways")


def _replace_wishes(person_id: int, wishes: ContactPreferences | None, on: date) -> None:
    row = find_safe_contact(person_id, on)
    if row is not None and row.wishes == wishes:
        return
    if row is not None and row.from_on >= on:
        db.session.delete(row)
    elif row is not None:
        row.until_on = on - timedelta(days=1)
    if wishes is not None:
        new_row = SafeContact(person_id=person_id, from_on=on)
        new_row.write(wishes)
        db.session.add(new_row)
    db.session.flush()


def are_new_contacts_safe(person_id: int, kind: ContactKind, on: date) -> bool:
    """Return whether new contact details of this kind are safe under the person's wishes."""
    row = find_safe_contact(person_id, on)
    return row is not None and bool(contact_details.METHODS[kind] & row.wishes.ways)


def mark_safe(contact: PersonContact, *, safe: bool) -> None:
    """Mark a contact detail as safe or not safe. Does nothing if it is already marked that way."""
    contact.safe_at = (contact.safe_at or clock.now()) if safe else None
