"""Places where a person lives, works or helps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from flask_babel import gettext as _

from app.areas import queries as areas
from app.areas import service as directory
from app.areas.types import AreaKind, Place
from app.core import audit, clock, programme
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.people.models import Person, Presence
from app.people.queries.details import find_presences, find_serving_presence
from app.people.types import AreaSource, Basis, PlaceAnswer


@dataclass(frozen=True)
class ResolvedPlace:
    """The area codes and IDs of a place, with its postcode if we are allowed to keep it."""

    settled: AreaSource
    postcode: str | None = None
    district: str | None = None
    ward_id: int | None = None
    lsoa_id: int | None = None
    edition_id: int | None = None


def find_ward(code: str | None) -> Place | None:
    """Return the ward with this GSS code, or None if the code is None.

    Raises InvalidInput if the ward does not exist.
    """
    if not code:
        return None
    found = areas.area_by_code(code)
    if found is None or found.kind is not AreaKind.WARD:
        raise InvalidInput(_("Select a ward from the list"), "ward")
    return Place(found.id, found.kind, found.code, found.name)


def resolve_place(answer: PlaceAnswer) -> ResolvedPlace:
    """Look up the codes and IDs of a place. Does not write to the database."""
    chosen = find_ward(answer.ward)
    if answer.postcode is None:
        settled = AreaSource.CHOSEN if chosen else AreaSource.UNSETTLED
        return ResolvedPlace(
            AreaSource.OUTSIDE
            if not chosen and _is_outside_programme(answer.district)
            else settled,
            district=answer.district,
            ward_id=chosen.id if chosen else None,
        )
    where = directory.locate(answer.postcode)
    place = ResolvedPlace(
        AreaSource(where.settled),
        postcode=answer.postcode,
        district=where.district,
        ward_id=where.ward_id,
        lsoa_id=where.lsoa_id,
        edition_id=where.edition_id,
    )
    if place.settled is AreaSource.UNSETTLED and chosen:
        return replace(place, settled=AreaSource.CHOSEN, ward_id=chosen.id, lsoa_id=None)
    return place


def _is_outside_programme(district: str | None) -> bool:
    return district is not None and district not in programme.setting("district_codes", ())


def remove_postcode(place: ResolvedPlace, chosen: Place | None = None) -> ResolvedPlace:
    """Return the place without its postcode, for a protected person.

    Only the ward that the person chose is kept. If they chose none, only the district is kept.
    """
    ward_id = chosen.id if chosen else place.ward_id
    if ward_id is not None:
        return ResolvedPlace(AreaSource.CHOSEN, district=place.district, ward_id=ward_id)
    outside = place.settled is AreaSource.OUTSIDE
    return ResolvedPlace(
        AreaSource.OUTSIDE if outside else AreaSource.UNSETTLED, district=place.district
    )


def add_presence(person: Person, answer: PlaceAnswer, on: date) -> Presence:
    """Add a place to the person's record.

    A place where the person could help is added only once. The postcode is removed first if the
    person is protected.
    """
    place = resolve_place(answer)
    if person.protected_at is not None:
        place = remove_postcode(place, find_ward(answer.ward))
    if answer.basis is Basis.COULD_HELP:
        where = place.postcode, place.ward_id, place.district
        for known in find_presences(person.id, on, Basis.COULD_HELP):
            if (known.postcode, known.ward_id, known.district) == where:
                return known
    presence = Presence(
        person_id=person.id,
        basis=answer.basis,
        postcode=place.postcode,
        district=place.district,
        ward_id=place.ward_id,
        lsoa_id=place.lsoa_id,
        settled=place.settled,
        settled_at=None if place.settled is AreaSource.UNSETTLED else clock.now(),
        edition_id=place.edition_id,
        from_on=on,
    )
    db.session.add(presence)
    db.session.flush()
    return presence


def end_presence(presence: Presence, on: date) -> None:
    """End a presence from a given day. Delete it if it started on that day."""
    if presence.from_on >= on:
        db.session.delete(presence)
    else:
        presence.until_on = on - timedelta(days=1)
    db.session.flush()


def start_serving(actor: Actor, person_id: int, area_id: int, on: date) -> int:
    """Record that the person helps in an area from a given day, and return the presence ID.

    Idempotent. Raises NotFound if the area does not exist.
    """
    known = find_serving_presence(person_id, area_id, on)
    if known is not None:
        return known
    area = areas.find_area(area_id)
    if area is None:
        raise NotFound()
    lsoa = area.kind is AreaKind.LSOA
    presence = Presence(
        person_id=person_id,
        basis=Basis.SERVES,
        ward_id=None if lsoa else area_id,
        lsoa_id=area_id if lsoa else None,
        settled=AreaSource.CHOSEN,
        settled_at=clock.now(),
        from_on=on,
    )
    with audit.acting(actor, AuditVerb.PRESENCE_SERVE):
        db.session.add(presence)
    return presence.id


def stop_serving(actor: Actor, presence_id: int, on: date, why: str) -> None:
    """Record that the person stops helping at a place from a given day. Idempotent."""
    presence = db.session.get(Presence, presence_id)
    if presence is None or presence.basis is not Basis.SERVES or presence.until_on is not None:
        return
    with audit.acting(actor, AuditVerb.PRESENCE_STOP_SERVING, why):
        end_presence(presence, on)
