"""Protection: a protected person's home is the ward they choose. Asking for it later redacts."""

from __future__ import annotations

from app.changes import asking, loosening, queries, ways
from app.core import audit, clock, registry
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.people import presence
from app.people.models import Person, Presence
from app.people.presence import Spot
from app.people.queries.locking import lock
from app.people.queries.ways import contacts_of
from app.people.safety import contact_details
from app.people.safety.types import LooseningKind
from app.people.types import Basis, ContactKind, Settled

OWN_PLACES = (Basis.LIVES, Basis.WORKS, Basis.COULD_HELP)


def protect(actor: Actor, person: Person, ward: str | None = None) -> None:
    """Drop every postcode kept of the person, of today and of before; keep wards.

    ward: GSS code of the ward that is kept as their home (None: the one that is known). Raises
    InvalidInput for a ward that is none. Whether the actor may is asked before.
    """
    chosen = presence.ward(ward)
    lock(person.id)
    with audit.acting(actor, AuditVerb.PERSON_PROTECT):
        person.protected_at = person.protected_at or clock.now()
        for place in queries.places_ever(person.id, OWN_PLACES):
            is_home = place.basis is Basis.LIVES and place.until_on is None
            _redact(place, chosen.id if chosen and is_home else None)
    contact_details.follow_protection(person, clock.today())
    loosening.stop_all(actor, person.id, LooseningKind.END_PROTECTION)
    _question_new_addresses(actor, person)
    for follow in registry.on_protected:
        follow(actor, person.id)


def _question_new_addresses(actor: Actor, person: Person) -> None:
    """An email address that nobody has vouched for yet may be somebody else's: it is used once the
    person was called about it.
    """
    on = clock.today()
    rows = [row for row in contacts_of(person.id, on) if ways.is_questionable(row)]
    values = [row.point.value for row in rows]
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        ways.follow(person, ways.end_all(rows, on), on)
    for value in values:
        asking.add_contact(actor, person, ContactKind.EMAIL, value)


def _redact(place: Presence, ward_id: int | None) -> None:
    before = Spot(place.settled, district=place.district, ward_id=ward_id or place.ward_id)
    spot = presence.without_postcode(before)
    place.postcode = None
    place.lsoa_id = None
    place.edition_id = None
    place.ward_id = spot.ward_id
    place.settled = spot.settled
    if spot.settled is Settled.UNSETTLED:
        place.settled_at = None


def unprotect(actor: Actor, person: Person) -> None:
    """Postcodes may be kept again, from the next one they give. Nothing dropped comes back."""
    with audit.acting(actor, AuditVerb.PERSON_UNPROTECT):
        person.protected_at = None
