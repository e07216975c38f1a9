"""Use a new postcode directory to confirm the wards of people's places.

Unknown wards are filled in. If a ward differs from the one in the directory, staff decide whether
to change it. Past figures do not change.
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
from app.people.queries.locking import lock_person
from app.people.types import AreaSource
from app.records.queries import ward_confirmation as reads
from app.records.queries.ward_confirmation import WardMismatch

MAX_SHOWN = 50  # places on the page


@dataclass(frozen=True)
class WardReview:
    """The number of people whose wards can be confirmed, and the places whose wards differ.

    ``ward_mismatches`` contains only the first few of the ``mismatch_count`` places.
    """

    people: int
    mismatch_count: int
    ward_mismatches: Sequence[WardMismatch] = ()


def confirm_wards(actor: Actor, save: bool) -> int:
    """Return the number of people whose wards the directory can confirm.

    If ``save`` is true, also confirm the wards.
    """
    actor.require("people:change")
    scope = Scope.for_actor(actor)
    if not save:
        return reads.count_confirmable(scope)
    confirmed = reads.confirm_wards(scope)
    audit.record_all(
        actor,
        AuditVerb.PRESENCE_CONFIRM_WARD,
        "presences",
        {
            presence_id: {"person_id": person_id, "settled": state}
            for presence_id, person_id, state in confirmed
        },
    )
    return len({person_id for _, person_id, _ in confirmed})


def ward_review(actor: Actor) -> WardReview:
    """Return the wards to confirm and the first places whose wards differ."""
    scope = Scope.for_actor(actor)
    return WardReview(
        reads.count_confirmable(scope),
        reads.count_ward_mismatches(scope),
        reads.ward_mismatches(scope, limit=MAX_SHOWN),
    )


def count_confirmable(actor: Actor) -> WardReview:
    """Return the counts for the home page. They are zero if no directory contains wards."""
    if not any(edition.has_wards for edition in areas.imported_directories()):
        return WardReview(0, 0)
    scope = Scope.for_actor(actor)
    return WardReview(reads.count_confirmable(scope), reads.count_ward_mismatches(scope))


def accept_directory_ward(actor: Actor, presence_id: int) -> None:
    """Change the ward of a place to the one in the directory, from today.

    Raises NotFound if the ward already matches the directory.
    """
    actor.require("people:change")
    _lock_person_for_place(Scope.for_actor(actor), presence_id)
    found = reads.lock_ward_mismatch(Scope.for_actor(actor), presence_id)
    if found is None:
        raise NotFound()
    old, directory = found
    on = clock.today()
    with audit.acting(actor, AuditVerb.PRESENCE_CONFIRM_WARD):
        db.session.add(
            Presence(
                person_id=old.person_id,
                basis=old.basis,
                postcode=old.postcode,
                district=directory.directory_district,
                ward_id=directory.ward_id,
                lsoa_id=directory.lsoa_id,
                settled=AreaSource.DIRECTORY,
                settled_at=clock.now(),
                edition_id=directory.directory_edition,
                from_on=on,
            )
        )
        presence.end_presence(old, on)


def _lock_person_for_place(scope: Scope, presence_id: int) -> None:
    """Lock the person who has this place. Always lock people before places.

    Raises NotFound if the place does not exist or is hidden from the reader.
    """
    on = clock.today()
    person_id = reads.find_person_id(scope, presence_id, on)
    if person_id is None:
        raise NotFound()
    lock_person(person_id)


def find_place(actor: Actor, person_id: int, presence_id: int) -> Presence:
    """Lock the person and return one of their places with an unknown ward.

    Raises NotFound if the actor is not allowed to change the place, and Conflict if the ward is
    already known.
    """
    if not actor.may("people:change"):
        raise NotFound()
    person = lock_person(queries.get_visible(Scope.for_actor(actor), person_id, clock.today()).id)
    scope, on = Scope.for_actor(actor), clock.today()
    place = reads.lock_place(scope, person.id, presence_id, on)
    if place is None or person.left_on is not None:
        raise NotFound()
    if place.settled is not AreaSource.UNSETTLED or place.until_on is not None:
        raise Conflict(_("This place already has a ward."))
    return place


def choose_ward(actor: Actor, person_id: int, presence_id: int, ward: str) -> None:
    """Set the ward (GSS code) of a place from today.

    Raises NotFound if the actor is not allowed to change the place, Conflict if the ward is already
    known, and InvalidInput if the ward does not exist.
    """
    old, on = find_place(actor, person_id, presence_id), clock.today()
    chosen = presence.find_ward(ward)
    if chosen is None:
        raise InvalidInput(_("Select the ward"), "ward")
    with audit.acting(actor, AuditVerb.PRESENCE_CONFIRM_WARD):
        place = old if old.from_on >= on else _replace_place(old, on)
        place.ward_id = chosen.id
        place.settled, place.settled_at = AreaSource.CHOSEN, clock.now()
        db.session.flush()


def _replace_place(old: Presence, on: date) -> Presence:
    """End a place and create a new row from today, so that past figures do not change."""
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
    presence.end_presence(old, on)
    return place


def keep_current_ward(actor: Actor, presence_id: int) -> None:
    """Keep the current ward, and do not ask again until a newer directory is imported.

    Raises NotFound if the ward already matches the directory.
    """
    actor.require("people:change")
    found = reads.lock_ward_mismatch(Scope.for_actor(actor), presence_id)
    if found is None:
        raise NotFound()
    place, directory = found
    with audit.acting(actor, AuditVerb.PRESENCE_KEEP):
        place.edition_id = directory.directory_edition
