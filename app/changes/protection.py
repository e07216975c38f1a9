"""Protect a person: delete their postcodes, and keep only a ward as their home."""

from __future__ import annotations

from app.changes import contact_ends, delayed_changes, delays, queries
from app.core import audit, clock, registry
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.people import presence
from app.people.models import Person, Presence
from app.people.presence import ResolvedPlace
from app.people.queries.contacts import find_contacts
from app.people.queries.locking import lock_person
from app.people.safety import contact_details
from app.people.safety.types import DelayedChangeKind
from app.people.types import AreaSource, Basis, ContactKind

OWN_PLACES = (Basis.LIVES, Basis.WORKS, Basis.COULD_HELP)


def protect(actor: Actor, person: Person, ward: str | None = None) -> None:
    """Delete all the person's past and present postcodes, and keep the wards.

    `ward` is the GSS code of the home ward to keep, or None to keep the current one. The caller
    must check that the actor is allowed to do this. Raises InvalidInput if the ward does not exist.
    """
    chosen = presence.find_ward(ward)
    lock_person(person.id)
    with audit.acting(actor, AuditVerb.PERSON_PROTECT):
        person.protected_at = person.protected_at or clock.now()
        for place in queries.reload_places(person.id, OWN_PLACES):
            is_home = place.basis is Basis.LIVES and place.until_on is None
            _remove_postcode(place, chosen.id if chosen and is_home else None)
    contact_details.apply_protection(person, clock.today())
    delayed_changes.cancel_changes(actor, person.id, DelayedChangeKind.END_PROTECTION)
    _recheck_new_addresses(actor, person)
    for hook in registry.on_protected:
        hook(actor, person.id)


def _recheck_new_addresses(actor: Actor, person: Person) -> None:
    """Require a call before unvouched email addresses can be used.

    They could belong to somebody else.
    """
    on = clock.today()
    rows = [row for row in find_contacts(person.id, on) if contact_ends.is_unvouched_email(row)]
    values = [row.point.value for row in rows]
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        contact_ends.redirect_messages(person, contact_ends.end_contacts(rows, on), on)
    for value in values:
        delays.request_contact(actor, person, ContactKind.EMAIL, value)


def _remove_postcode(place: Presence, ward_id: int | None) -> None:
    before = ResolvedPlace(place.settled, district=place.district, ward_id=ward_id or place.ward_id)
    kept_place = presence.remove_postcode(before)
    place.postcode = None
    place.lsoa_id = None
    place.edition_id = None
    place.ward_id = kept_place.ward_id
    place.settled = kept_place.settled
    if kept_place.settled is AreaSource.UNSETTLED:
        place.settled_at = None


def unprotect(actor: Actor, person: Person) -> None:
    """Stop protecting a person. Deleted postcodes are not restored."""
    with audit.acting(actor, AuditVerb.PERSON_UNPROTECT):
        person.protected_at = None
    contact_details.apply_contact_choices(person.id, clock.today())
