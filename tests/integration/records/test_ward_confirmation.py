"""Settling people's places once a directory knows them; proposing where it knows better."""

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
from app.people.types import Basis, Settled
from app.records import ward_confirmation
from app.signin.sessions import actor_of
from tests.addresses import at
from tests.factories import accounts, areas, organisations, people

UNKNOWN_BEFORE = "IP24 9ZZ"


def directory_knows(postcode: str, district: str = "E07000143") -> tuple[int, int]:
    """A directory with wards knows this postcode; the ids of its ward and LSOA."""
    ward, lsoa = areas.area(), areas.area(AreaKind.LSOA, code=f"E0199{postcode[-3:]}X"[:9])
    areas.postcode(postcode, district, ward.code, lsoa.code)
    return ward.id, lsoa.id


def test_unknown_places_are_settled_once_with_when_and_how(session: Session) -> None:
    person = people.person()
    place = people.presence(person, postcode=UNKNOWN_BEFORE, settled=Settled.UNSETTLED)
    work = people.presence(person, Basis.WORKS, postcode="IP24 9ZY", settled=Settled.UNSETTLED)
    before = ward_confirmation.confirm_wards(SYSTEM, now=False)
    ward_id, lsoa_id = directory_knows(UNKNOWN_BEFORE)
    assert ward_confirmation.confirm_wards(SYSTEM, now=False) == before + 1
    settled = sum(function(SYSTEM, True) for function in registry.ward_confirmations)
    assert settled == before + 1
    session.refresh(place)
    assert (place.settled, place.ward_id, place.lsoa_id) == (Settled.DIRECTORY, ward_id, lsoa_id)
    assert place.settled_at is not None
    assert place.edition_id is not None
    session.refresh(work)
    assert (work.settled, work.settled_at) == (Settled.UNSETTLED, None)
    trail = select(AuditEntry).where(
        AuditEntry.verb == "presence.settle", AuditEntry.subject_id == place.id
    )
    assert session.scalars(trail).one().changes == {
        "person_id": person.id,
        "settled": "directory",
    }
    assert ward_confirmation.confirm_wards(SYSTEM, now=True) == 0


def test_a_place_that_proves_to_lie_outside(session: Session) -> None:
    person = people.person()
    place = people.presence(person, postcode=UNKNOWN_BEFORE, settled=Settled.UNSETTLED)
    areas.postcode(UNKNOWN_BEFORE, "E07000149")
    assert ward_confirmation.confirm_wards(SYSTEM, now=True) == 1
    session.refresh(place)
    assert (place.settled, place.district) == (Settled.OUTSIDE, "E07000149")


def test_a_ward_that_agrees_gains_its_lsoa(session: Session) -> None:
    ward_id, lsoa_id = directory_knows(UNKNOWN_BEFORE)
    place = people.presence(people.person(), postcode=UNKNOWN_BEFORE, ward_id=ward_id)
    assert ward_confirmation.confirm_wards(SYSTEM, now=True) == 1
    session.refresh(place)
    assert (place.settled, place.lsoa_id) == (Settled.DIRECTORY, lsoa_id)


def test_a_ward_that_differs_is_proposed_and_the_past_stays(session: Session) -> None:
    coordinator = accounts.coordinator()

    actor = actor_of(coordinator.id)
    assert actor is not None
    on = clock.today()
    picked = areas.area()
    person = people.person("Ann Elsewhere")
    long_ago = on - timedelta(days=400)
    place = people.presence(person, postcode=UNKNOWN_BEFORE, ward_id=picked.id, from_on=long_ago)
    ward_id, _lsoa_id = directory_knows(UNKNOWN_BEFORE)
    assert ward_confirmation.confirm_wards(SYSTEM, now=True) == 0
    session.refresh(place)
    assert place.ward_id == picked.id
    (proposal,) = ward_confirmation.look(actor).proposals
    assert (proposal.name, proposal.now, proposal.chosen) == ("Ann Elsewhere", picked.name, True)
    ward_confirmation.accept(actor, place.id)
    session.refresh(place)
    assert (place.ward_id, place.until_on) == (picked.id, on - timedelta(days=1))
    new = session.scalars(
        select(Presence).where(Presence.person_id == person.id, Presence.until_on.is_(None))
    ).one()
    assert (new.ward_id, new.settled, new.from_on) == (ward_id, Settled.DIRECTORY, on)
    assert ward_confirmation.look(actor).proposals == []


def test_what_is_kept_is_not_proposed_again(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    person = people.person("Ann Keeps")
    place = people.presence(person, postcode=UNKNOWN_BEFORE, ward_id=areas.area().id)
    directory_knows(UNKNOWN_BEFORE)
    assert "Ann Keeps" in client.get("/people/places").get_data(as_text=True)
    client.post(at(f"/people/places/{place.id}/keep"))
    assert "Ann Keeps" not in client.get("/people/places").get_data(as_text=True)
    assert client.post(at(f"/people/places/{place.id}/accept")).status_code == 404


def test_the_page_offers_and_settles(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    people.presence(people.person(), postcode=UNKNOWN_BEFORE, settled=Settled.UNSETTLED)
    directory_knows(UNKNOWN_BEFORE)
    assert "the places of 1 person" in client.get("/people/places").get_data(as_text=True)
    page = client.post("/people/places", follow_redirects=True).get_data(as_text=True)
    assert "The wards of 1 person have been confirmed." in page
    assert "no wards to confirm" in page


def test_whom_the_reader_may_not_see_is_not_settled_by_them(session: Session, sign_in: Any) -> None:
    network = organisations.network(sensitive=True)
    hidden = people.person("Hidden Place", networks=[network])
    place = people.presence(hidden, postcode=UNKNOWN_BEFORE, ward_id=areas.area().id)
    directory_knows(UNKNOWN_BEFORE)
    client = sign_in(accounts.coordinator(sensitive=False))
    assert "Hidden Place" not in client.get("/people/places").get_data(as_text=True)
    assert client.post(at(f"/people/places/{place.id}/accept")).status_code == 404
