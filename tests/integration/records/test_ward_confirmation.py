"""Confirming the wards of places with a new directory, and proposing changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.types import AreaKind
from app.core import clock, registry
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.people.models import Presence
from app.people.types import AreaSource, Basis
from app.records import ward_confirmation
from app.signin.sessions import actor_for_user
from tests.addresses import at
from tests.factories import accounts, areas, organisations, people

UNKNOWN_BEFORE = "IP24 9ZZ"


def add_to_directory(postcode: str, district: str = "E07000143") -> tuple[int, int]:
    """Add a postcode to the directory and return the ids of its ward and LSOA."""
    ward, lsoa = areas.area(), areas.area(AreaKind.LSOA, code=f"E0199{postcode[-3:]}X"[:9])
    areas.postcode(postcode, district, ward.code, lsoa.code)
    return ward.id, lsoa.id


def test_unknown_wards_are_confirmed_once(session: Session) -> None:
    person = people.person()
    place = people.presence(person, postcode=UNKNOWN_BEFORE, settled=AreaSource.UNSETTLED)
    work = people.presence(person, Basis.WORKS, postcode="IP24 9ZY", settled=AreaSource.UNSETTLED)
    before = ward_confirmation.confirm_wards(SYSTEM, save=False)
    ward_id, lsoa_id = add_to_directory(UNKNOWN_BEFORE)
    assert ward_confirmation.confirm_wards(SYSTEM, save=False) == before + 1
    settled = sum(function(SYSTEM, True) for function in registry.ward_confirmations)
    assert settled == before + 1
    session.refresh(place)
    assert (place.settled, place.ward_id, place.lsoa_id) == (AreaSource.DIRECTORY, ward_id, lsoa_id)
    assert place.settled_at is not None
    assert place.edition_id is not None
    session.refresh(work)
    assert (work.settled, work.settled_at) == (AreaSource.UNSETTLED, None)
    trail = select(AuditEntry).where(
        AuditEntry.verb == "presence.settle", AuditEntry.subject_id == place.id
    )
    assert session.scalars(trail).one().changes == {
        "person_id": person.id,
        "settled": "directory",
    }
    assert ward_confirmation.confirm_wards(SYSTEM, save=True) == 0


def test_a_place_outside_the_district(session: Session) -> None:
    person = people.person()
    place = people.presence(person, postcode=UNKNOWN_BEFORE, settled=AreaSource.UNSETTLED)
    areas.postcode(UNKNOWN_BEFORE, "E07000149")
    assert ward_confirmation.confirm_wards(SYSTEM, save=True) == 1
    session.refresh(place)
    assert (place.settled, place.district) == (AreaSource.OUTSIDE, "E07000149")


def test_a_confirmed_ward_gets_its_lsoa(session: Session) -> None:
    ward_id, lsoa_id = add_to_directory(UNKNOWN_BEFORE)
    place = people.presence(people.person(), postcode=UNKNOWN_BEFORE, ward_id=ward_id)
    assert ward_confirmation.confirm_wards(SYSTEM, save=True) == 1
    session.refresh(place)
    assert (place.settled, place.lsoa_id) == (AreaSource.DIRECTORY, lsoa_id)


def test_a_different_ward_is_proposed_and_the_past_is_kept(session: Session) -> None:
    coordinator = accounts.coordinator()

    actor = actor_for_user(coordinator.id)
    assert actor is not None
    on = clock.today()
    picked = areas.area()
    person = people.person("Ann Elsewhere")
    long_ago = on - timedelta(days=400)
    place = people.presence(person, postcode=UNKNOWN_BEFORE, ward_id=picked.id, from_on=long_ago)
    ward_id, _lsoa_id = add_to_directory(UNKNOWN_BEFORE)
    assert ward_confirmation.confirm_wards(SYSTEM, save=True) == 0
    session.refresh(place)
    assert place.ward_id == picked.id
    (mismatch,) = ward_confirmation.ward_review(actor).ward_mismatches
    assert (mismatch.name, mismatch.current_ward, mismatch.chosen) == (
        "Ann Elsewhere",
        picked.name,
        True,
    )
    ward_confirmation.accept_directory_ward(actor, place.id)
    session.refresh(place)
    assert (place.ward_id, place.until_on) == (picked.id, on - timedelta(days=1))
    new = session.scalars(
        select(Presence).where(Presence.person_id == person.id, Presence.until_on.is_(None))
    ).one()
    assert (new.ward_id, new.settled, new.from_on) == (ward_id, AreaSource.DIRECTORY, on)
    assert ward_confirmation.ward_review(actor).ward_mismatches == []


def test_a_rejected_proposal_is_not_made_again(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    person = people.person("Ann Keeps")
    place = people.presence(person, postcode=UNKNOWN_BEFORE, ward_id=areas.area().id)
    add_to_directory(UNKNOWN_BEFORE)
    assert "Ann Keeps" in client.get("/people/places").get_data(as_text=True)
    client.post(at(f"/people/places/{place.id}/keep"))
    assert "Ann Keeps" not in client.get("/people/places").get_data(as_text=True)
    assert client.post(at(f"/people/places/{place.id}/accept")).status_code == 404


def test_the_page_confirms_wards(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    people.presence(people.person(), postcode=UNKNOWN_BEFORE, settled=AreaSource.UNSETTLED)
    add_to_directory(UNKNOWN_BEFORE)
    assert "We can confirm the wards of 1 person" in client.get("/people/places").get_data(
        as_text=True
    )
    page = client.post("/people/places", follow_redirects=True).get_data(as_text=True)
    assert "We have confirmed the wards of 1 person." in page
    assert "no wards to confirm" in page


def test_places_of_hidden_people_are_not_confirmed(session: Session, sign_in: Any) -> None:
    network = organisations.network(sensitive=True)
    hidden = people.person("Hidden Place", networks=[network])
    place = people.presence(hidden, postcode=UNKNOWN_BEFORE, ward_id=areas.area().id)
    add_to_directory(UNKNOWN_BEFORE)
    client = sign_in(accounts.coordinator(sensitive=False))
    assert "Hidden Place" not in client.get("/people/places").get_data(as_text=True)
    assert client.post(at(f"/people/places/{place.id}/accept")).status_code == 404
