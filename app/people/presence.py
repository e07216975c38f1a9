"""What ties people to places: homes, work, where they could help, where they agreed to serve."""

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
from app.people.queries.details import places_of, serving_place
from app.people.types import Basis, PlaceAnswer, Settled


@dataclass(frozen=True)
class Spot:
    """A place found: what a presence keeps of it. Codes and ids, no postcode unless it may stay."""

    settled: Settled
    postcode: str | None = None
    district: str | None = None
    ward_id: int | None = None
    lsoa_id: int | None = None
    edition_id: int | None = None


def ward(code: str | None) -> Place | None:
    """The ward with this code. Raises InvalidInput when there is none."""
    if not code:
        return None
    found = areas.area_by_code(code)
    if found is None or found.kind is not AreaKind.WARD:
        raise InvalidInput(_("Select a ward from the list"), "ward")
    return Place(found.id, found.kind, found.code, found.name)


def find(answer: PlaceAnswer) -> Spot:
    """What is known of a place as it was answered. Writes nothing."""
    chosen = ward(answer.ward)
    if answer.postcode is None:
        settled = Settled.CHOSEN if chosen else Settled.UNSETTLED
        return Spot(
            Settled.OUTSIDE if not chosen and _is_outside(answer.district) else settled,
            district=answer.district,
            ward_id=chosen.id if chosen else None,
        )
    where = directory.locate(answer.postcode)
    spot = Spot(
        Settled(where.settled),
        postcode=answer.postcode,
        district=where.district,
        ward_id=where.ward_id,
        lsoa_id=where.lsoa_id,
        edition_id=where.edition_id,
    )
    if spot.settled is Settled.UNSETTLED and chosen:
        return replace(spot, settled=Settled.CHOSEN, ward_id=chosen.id, lsoa_id=None)
    return spot


def _is_outside(district: str | None) -> bool:
    return district is not None and district not in programme.setting("district_codes", ())


def without_postcode(spot: Spot, chosen: Place | None = None) -> Spot:
    """What may be kept for a protected person: the ward they chose, or only the district."""
    ward_id = chosen.id if chosen else spot.ward_id
    if ward_id is not None:
        return Spot(Settled.CHOSEN, district=spot.district, ward_id=ward_id)
    outside = spot.settled is Settled.OUTSIDE
    return Spot(Settled.OUTSIDE if outside else Settled.UNSETTLED, district=spot.district)


def add(person: Person, answer: PlaceAnswer, on: date) -> Presence:
    """Write a place down. For a protected person the postcode is dropped before the write.

    Of the many places where somebody could help each is kept once.
    """
    spot = find(answer)
    if person.protected_at is not None:
        spot = without_postcode(spot, ward(answer.ward))
    if answer.basis is Basis.COULD_HELP:
        where = spot.postcode, spot.ward_id, spot.district
        for known in places_of(person.id, on, Basis.COULD_HELP):
            if (known.postcode, known.ward_id, known.district) == where:
                return known
    presence = Presence(
        person_id=person.id,
        basis=answer.basis,
        postcode=spot.postcode,
        district=spot.district,
        ward_id=spot.ward_id,
        lsoa_id=spot.lsoa_id,
        settled=spot.settled,
        settled_at=None if spot.settled is Settled.UNSETTLED else clock.now(),
        edition_id=spot.edition_id,
        from_on=on,
    )
    db.session.add(presence)
    db.session.flush()
    return presence


def end(presence: Presence, on: date) -> None:
    """The place no longer counts from `on`; one that began that day never counted."""
    if presence.from_on >= on:
        db.session.delete(presence)
    else:
        presence.until_on = on - timedelta(days=1)
    db.session.flush()


def serve(actor: Actor, person_id: int, area_id: int, on: date) -> int:
    """The person agreed to serve an area (a ward, a town, an LSOA …) from a day. Twice is once.

    Returns the presence's id.
    """
    known = serving_place(person_id, area_id, on)
    if known is not None:
        return known
    area = areas.area(area_id)
    if area is None:
        raise NotFound()
    lsoa = area.kind is AreaKind.LSOA
    presence = Presence(
        person_id=person_id,
        basis=Basis.SERVES,
        ward_id=None if lsoa else area_id,
        lsoa_id=area_id if lsoa else None,
        settled=Settled.CHOSEN,
        settled_at=clock.now(),
        from_on=on,
    )
    with audit.acting(actor, AuditVerb.PRESENCE_SERVE):
        db.session.add(presence)
    return presence.id


def stop_serving(actor: Actor, presence_id: int, on: date, why: str) -> None:
    """The person serves there no longer, from `on`. Twice is once."""
    presence = db.session.get(Presence, presence_id)
    if presence is None or presence.basis is not Basis.SERVES or presence.until_on is not None:
        return
    with audit.acting(actor, AuditVerb.PRESENCE_STOP_SERVING, why):
        end(presence, on)
