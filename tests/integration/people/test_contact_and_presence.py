"""Where messages are sent, and recording that people help in a place."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.models import Area
from app.areas.types import AreaKind
from app.core import clock
from app.core.actor import SYSTEM
from app.messages.types import Channel
from app.people import contact, presence
from app.people.models import Presence
from app.people.types import AreaSource, Basis, ContactKind
from tests.factories import people

EMAIL, PHONE, POST = "a@example.org", "+447700900111", "1 High Street\nDereham"


def area(session: Session, kind: AreaKind) -> Area:
    query = select(Area).where(Area.kind == kind, Area.in_programme).order_by(Area.code).limit(1)
    return session.scalars(query).one()


def test_email_is_used_first_unless_another_method_is_preferred(session: Session) -> None:
    with_email = people.person(email=EMAIL, phone=PHONE, post=POST)
    prefers_phone = people.person(email=EMAIL, phone=PHONE, preferred=ContactKind.PHONE)
    only_post = people.person(email=None, post=POST)
    unreachable = people.person(email=None)
    prefers_what_they_lack = people.person(email=EMAIL, preferred=ContactKind.POST)
    ids = [
        one.id
        for one in (with_email, prefers_phone, only_post, unreachable, prefers_what_they_lack)
    ]
    found = contact.find_recipients(ids)
    assert found[with_email.id].channel is Channel.EMAIL
    assert (found[prefers_phone.id].channel, found[prefers_phone.id].address) == (
        Channel.PHONE,
        PHONE,
    )
    assert (found[only_post.id].channel, found[only_post.id].address) == (Channel.POST, POST)
    assert unreachable.id not in found
    assert found[prefers_what_they_lack.id].channel is Channel.EMAIL
    assert contact.find_recipient(unreachable.id) is None
    assert contact.find_recipients([]) == {}


def test_failing_address_is_not_used(session: Session) -> None:
    person = people.person(email=EMAIL, phone=PHONE)
    person.contacts[0].point.failing_since = clock.now()
    session.flush()
    recipient = contact.find_recipient(person.id)
    assert recipient is not None
    assert recipient.channel is Channel.PHONE


def test_verified_address_is_used_before_a_newer_unverified_one(session: Session) -> None:
    person = people.person(email="old@example.org")
    people.contact(person, ContactKind.EMAIL, "new@example.org", confirmed=False)
    recipient = contact.find_recipient(person.id)
    assert recipient is not None
    assert recipient.address == "old@example.org"


def test_recording_that_a_person_helps_is_idempotent_and_can_end(session: Session) -> None:
    on = clock.today()
    ward = area(session, AreaKind.WARD)
    person = people.person()
    first = presence.start_serving(SYSTEM, person.id, ward.id, on)
    assert presence.start_serving(SYSTEM, person.id, ward.id, on) == first
    row = session.get_one(Presence, first)
    assert (row.basis, row.ward_id, row.settled) == (Basis.SERVES, ward.id, AreaSource.CHOSEN)
    later = on + timedelta(days=10)
    presence.stop_serving(SYSTEM, first, later, "The need was met.")
    presence.stop_serving(SYSTEM, first, later + timedelta(days=5), "Again.")
    assert row.until_on == later - timedelta(days=1)
    assert presence.start_serving(SYSTEM, person.id, ward.id, later) != first


def test_a_person_can_help_in_an_lsoa(session: Session) -> None:
    lsoa = area(session, AreaKind.LSOA)
    row = session.get_one(
        Presence, presence.start_serving(SYSTEM, people.person().id, lsoa.id, clock.today())
    )
    assert (row.ward_id, row.lsoa_id) == (None, lsoa.id)


def test_ending_help_in_one_place_does_not_end_other_places(session: Session) -> None:
    home = people.presence(people.person())
    presence.stop_serving(SYSTEM, home.id, clock.today(), "Mistaken.")
    assert home.until_on is None
