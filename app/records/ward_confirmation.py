"""Settling people's places once a postcode directory knows them.

What nobody knew is filled in, with when and by which edition. A ward that is known, and that the
directory sees elsewhere, is only proposed: what is accepted holds from that day, and the past stays
as it was counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from app.areas import queries as areas
from app.core import audit, clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.people import presence, queries
from app.people.models import Presence
from app.people.queries.locking import lock
from app.people.types import Settled
from app.records.queries import ward_confirmation as reads
from app.records.queries.ward_confirmation import Proposal

SHOWN = 50  # proposals on the page


@dataclass(frozen=True)
class Open:
    """What is open: people whose places can be settled, and places seen elsewhere."""

    people: int
    elsewhere: int
    proposals: Sequence[Proposal] = ()


def confirm_wards(actor: Actor, now: bool) -> int:
    """How many people's wards the directory can confirm; with `now` they are confirmed."""
    actor.require("people:change")
    scope = Scope.of(actor)
    if not now:
        return reads.count(scope)
    settled = reads.confirm_wards(scope)
    audit.record_all(
        actor,
        AuditVerb.PRESENCE_CONFIRM_WARD,
        "presences",
        {presence_id: {"person_id": who, "settled": how} for presence_id, who, how in settled},
    )
    return len({person_id for _, person_id, _ in settled})


def look(actor: Actor) -> Open:
    """What is open, for who may change people."""
    scope = Scope.of(actor)
    return Open(
        reads.count(scope), reads.count_proposals(scope), reads.proposals(scope, limit=SHOWN)
    )


def count(actor: Actor) -> Open:
    """How much is open, for the home page. Without a directory that has wards there is nothing."""
    if not any(edition.has_wards for edition in areas.directories()):
        return Open(0, 0)
    scope = Scope.of(actor)
    return Open(reads.count(scope), reads.count_proposals(scope))


def accept(actor: Actor, presence_id: int) -> None:
    """The directory is right: from today the place lies where it says. Raises NotFound."""
    actor.require("people:change")
    _lock_whose(Scope.of(actor), presence_id)
    found = reads.proposed(Scope.of(actor), presence_id)
    if found is None:
        raise NotFound()
    old, said = found
    on = clock.today()
    with audit.acting(actor, AuditVerb.PRESENCE_CONFIRM_WARD):
        db.session.add(
            Presence(
                person_id=old.person_id,
                basis=old.basis,
                postcode=old.postcode,
                district=said.said_district,
                ward_id=said.ward_id,
                lsoa_id=said.lsoa_id,
                settled=Settled.DIRECTORY,
                settled_at=clock.now(),
                edition_id=said.said_edition,
                from_on=on,
            )
        )
        presence.end(old, on)


def _lock_whose(scope: Scope, presence_id: int) -> None:
    """Lock the person before the place: the order in which everybody does.

    Raises NotFound when there is no such place, or the reader may not know of it or its person.
    """
    on = clock.today()
    whose = reads.person_of(scope, presence_id, on)
    if whose is None:
        raise NotFound()
    lock(whose)


def find(actor: Actor, person_id: int, presence_id: int) -> Presence:
    """A place of theirs that nobody knows where to find. Raises NotFound; Conflict when somebody
    does by now.
    """
    if not actor.may("people:change"):
        raise NotFound()
    person = lock(queries.get_visible(Scope.of(actor), person_id, clock.today()).id)
    scope, on = Scope.of(actor), clock.today()
    place = reads.place_locked(scope, person.id, presence_id, on)
    if place is None or person.left_on is not None:
        raise NotFound()
    if place.settled is not Settled.UNSETTLED or place.until_on is not None:
        raise Conflict(_("This place already has a ward."))
    return place


def choose(actor: Actor, person_id: int, presence_id: int, ward: str) -> None:
    """The person said in which ward (GSS code) it is; what was counted before stays.

    Raises NotFound, Conflict, InvalidInput.
    """
    old, on = find(actor, person_id, presence_id), clock.today()
    chosen = presence.ward(ward)
    if chosen is None:
        raise InvalidInput(_("Select the ward"), "ward")
    with audit.acting(actor, AuditVerb.PRESENCE_CONFIRM_WARD):
        place = old if old.from_on >= on else _going_on(old, on)
        place.ward_id = chosen.id
        place.settled, place.settled_at = Settled.CHOSEN, clock.now()
        db.session.flush()


def _going_on(old: Presence, on: date) -> Presence:
    """The same place from today, so that what is learnt of it now says nothing of days before."""
    place = Presence(
        person_id=old.person_id,
        basis=old.basis,
        postcode=old.postcode,
        district=old.district,
        settled=old.settled,
        edition_id=old.edition_id,
        from_on=on,
    )
    db.session.add(place)
    presence.end(old, on)
    return place


def keep(actor: Actor, presence_id: int) -> None:
    """The ward stays as it is, whatever this edition says. Raises NotFound."""
    actor.require("people:change")
    found = reads.proposed(Scope.of(actor), presence_id)
    if found is None:
        raise NotFound()
    place, said = found
    with audit.acting(actor, AuditVerb.PRESENCE_KEEP):
        place.edition_id = said.said_edition
