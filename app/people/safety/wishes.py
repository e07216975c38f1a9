"""Writing down how somebody wants to be contacted."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l

from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput
from app.people.models import Person, PersonContact
from app.people.queries.ways import contacts_of, safe_contact
from app.people.safety import contact_details
from app.people.safety.models import SafeContact
from app.people.safety.types import Wishes
from app.people.types import ContactKind

NO_WAY = _l("Select at least one way that is safe")


def stated(person_id: int) -> Wishes | None:
    """What they said that counts today; None when they said nothing."""
    row = safe_contact(person_id, clock.today())
    return row.wishes if row is not None else None


def record(actor: Actor, person: Person, wishes: Wishes | None) -> None:
    """From today these wishes count, and none before; messages that wait follow them. None: they
    have no special wishes.

    Their addresses and numbers are marked safe, or no longer safe, as the wishes say. Whether the
    actor may, and whether the change has to wait, is asked before. Raises InvalidInput when no way
    is safe.
    """
    check(wishes)
    on = clock.today()
    with audit.acting(actor, AuditVerb.PERSON_SAFE_CONTACT):
        _replace(person.id, wishes, on)
        if wishes is not None and not wishes.silent:
            for contact in contacts_of(person.id, on):
                mark(contact, safe=bool(contact_details.WAYS[contact.point.kind] & wishes.ways))
    contact_details.rearrange(person.id, on)


def check(wishes: Wishes | None) -> None:
    """Raises InvalidInput for wishes that name no way and do not ask for silence."""
    if wishes is not None and not wishes.ways and not wishes.silent:
        raise InvalidInput(str(NO_WAY), "ways")


def _replace(person_id: int, wishes: Wishes | None, on: date) -> None:
    row = safe_contact(person_id, on)
    if row is not None and row.wishes == wishes:
        return
    if row is not None and row.from_on >= on:
        db.session.delete(row)
    elif row is not None:
        row.until_on = on - timedelta(days=1)
    if wishes is not None:
        made = SafeContact(person_id=person_id, from_on=on)
        made.write(wishes)
        db.session.add(made)
    db.session.flush()


def cover(person_id: int, kind: ContactKind, on: date) -> bool:
    """Whether they say that this kind of address or number is safe, so a new one is too."""
    row = safe_contact(person_id, on)
    return row is not None and bool(contact_details.WAYS[kind] & row.wishes.ways)


def mark(contact: PersonContact, *, safe: bool) -> None:
    """A way to reach them is safe from now on, or no longer. One that is safe keeps its instant."""
    contact.safe_at = (contact.safe_at or clock.now()) if safe else None
