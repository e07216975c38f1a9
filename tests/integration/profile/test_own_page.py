"""A person can change everything on their own page, and nothing that belongs to anybody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.areas.models import Area
from app.core import clock
from app.core.actor import AgreedAccess, Scope
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.people import contact, queries
from app.people.models import Affiliation, Membership, Person, Presence
from app.people.queries import details
from app.people.queries.joining import open_network_ids
from app.people.types import AreaSource, Basis, ContactKind, PersonState
from tests.addresses import at, public_id
from tests.factories import accounts, organisations, people
from tests.integration.people import letters
from tests.integration.people.private_words import open_private_word


def text(reply: Any) -> str:
    return reply.get_data(as_text=True)


@pytest.fixture
def me(session: Session) -> Person:
    return people.champion("Charlie Champion")


@pytest.fixture
def page(me: Person, session: Session, sign_in: Any) -> FlaskClient:
    client: FlaskClient = sign_in(session.get_one(User, me.user_id))
    return client


def networks(session: Session, person: Person) -> set[int]:
    """Return the networks that a person belongs to or has applied to join."""
    rows = session.scalars(
        select(Membership).where(Membership.person_id == person.id, Membership.until_on.is_(None))
    )
    return {row.network_id for row in rows} | open_network_ids(person.id)


@pytest.mark.parametrize(
    "path",
    ["", "/name", "/contact", "/places", "/reach", "/networks", "/protection", "/pause"]
    + ["/hidden", "/leave"],
)
def test_every_page_opens_for_champions_only(page: FlaskClient, sign_in: Any, path: str) -> None:
    reply = page.get(f"/me{path}")
    assert reply.status_code == 200
    assert 'href="/exit"' in text(reply)
    for reader in (accounts.coordinator(), organisations.partner(organisations.organisation())):
        assert sign_in(reader).get(f"/me{path}").status_code == 404


def test_champion_without_a_record_has_no_page(sign_in: Any) -> None:
    assert sign_in(accounts.user(Role.CHAMPION)).get("/me").status_code == 404


def test_the_name_can_be_changed(page: FlaskClient, me: Person, session: Session) -> None:
    assert page.post("/me/name", data={"name": " "}).status_code == 422
    page.post("/me/name", data={"name": "Charlotte Champion"})
    session.refresh(me)
    assert me.full_name == "Charlotte Champion"


def test_new_address_is_used_once_it_is_verified(
    page: FlaskClient, me: Person, session: Session
) -> None:
    old = contact.find_recipient(me.id)
    assert old is not None
    page.post("/me/contact", data={"email": "new@example.org"})
    assert contact.find_recipient(me.id) == old
    (letter,) = letters.sent_to(session, "new@example.org")
    address = f"/confirm/contact/{letters.token(letter)}"
    assert page.get(address).status_code == 200
    assert contact.find_recipient(me.id) == old
    reply = page.post(address)
    assert reply.status_code == 200 and "one more step" in reply.text
    assert contact.find_recipient(me.id) == old
    request = letters.sent_to(session, old.address)[-1]
    page.post(f"/confirm/change/{letters.token(request)}", data={"answer": "yes"})
    new = contact.find_recipient(me.id)
    assert new is not None
    assert new.address == "new@example.org"
    assert session.get_one(User, me.user_id).email == "new@example.org"
    assert page.get(address).status_code == 410
    assert page.post(address).status_code == 410


def test_phone_number_and_preferred_method_can_be_changed(
    page: FlaskClient, me: Person, session: Session
) -> None:
    page.post("/me/contact", data={"phone": "07700 900123", "preferred": "phone"})
    recipient = contact.find_recipient(me.id)
    assert recipient is not None
    assert recipient.address == "+447700900123"
    reply = page.post("/me/contact", data={"preferred": "post"})
    assert reply.status_code == 422


def test_neither_the_last_contact_detail_nor_somebody_elses_can_be_removed(
    page: FlaskClient, me: Person, session: Session
) -> None:
    (own_email,) = me.contacts
    reply = page.post(at(f"/me/contact/{own_email.id}/remove"), follow_redirects=True)
    assert "Add another email address, phone number or postal address first" in text(reply)
    other_persons = people.person().contacts[0]
    assert page.post(at(f"/me/contact/{other_persons.id}/remove")).status_code == 404
    phone = people.contact(me, ContactKind.PHONE, "+447700900123")
    page.post(at(f"/me/contact/{phone.id}/remove"))
    recipient = contact.find_recipient(me.id)
    assert recipient is not None
    assert recipient.channel == "email"


def test_places_can_be_added_and_removed(page: FlaskClient, me: Person, session: Session) -> None:
    before = people.presence(me, postcode="NR19 1AE", settled=AreaSource.UNSETTLED)
    page.post("/me/places", data={"basis": "lives", "postcode": "IP24 1JD", "ward": "E05010259"})
    session.refresh(before)
    assert before.until_on == clock.today() - timedelta(days=1)
    new = session.scalars(
        select(Presence).where(Presence.person_id == me.id, Presence.until_on.is_(None))
    ).one()
    assert (new.basis, new.postcode, new.settled) == (Basis.LIVES, "IP24 1JD", AreaSource.CHOSEN)
    page.post("/me/places", data={"basis": "could_help", "ward": "E05010260"})
    shown = text(page.get("/me/places"))
    assert "Thetford Castle" in shown
    assert "IP24" not in shown
    page.post(at(f"/me/places/{new.id}/remove"))
    assert session.get(Presence, new.id) is None
    reply = page.post("/me/places", data={"basis": "works"})
    assert reply.status_code == 422
    other_persons = people.presence(people.person())
    assert page.post(at(f"/me/places/{other_persons.id}/remove")).status_code == 404


def test_agreed_place_cannot_be_removed_here(page: FlaskClient, me: Person) -> None:
    agreed = people.presence(me, Basis.SERVES)
    assert page.post(at(f"/me/places/{agreed.id}/remove")).status_code == 404


def test_the_travel_distance_can_be_changed(
    page: FlaskClient, me: Person, session: Session
) -> None:
    page.post("/me/reach", data={"reach": "40", "excluded": ["E05010259", "E05010260"]})
    session.refresh(me)
    assert me.reach_km == 40
    page.post("/me/reach", data={"reach": "40", "excluded": ["E05010260"]})
    shown = text(page.get("/me"))
    assert "Thetford Castle" in shown
    assert "Thetford Burrell" not in shown
    assert page.post("/me/reach", data={"reach": "900"}).status_code == 422


def test_joining_a_sensitive_network_leads_to_protection(
    page: FlaskClient, me: Person, session: Session
) -> None:
    farming = organisations.network("farming").id
    sensitive = organisations.network("domestic-abuse-support").id
    reply = page.post("/me/networks", data={"networks": ["farming"]})
    assert reply.location == "/me"
    assert networks(session, me) == {farming}
    reply = page.post("/me/networks", data={"networks": ["farming", "domestic-abuse-support"]})
    assert reply.location == "/me/protection"
    assert networks(session, me) == {farming, sensitive}
    assert "Supporting survivors" not in text(page.get("/me"))
    assert page.post("/me/networks", data={"csrf_token": "off"}).location == "/me"
    assert networks(session, me) == {sensitive}  # a network that the form does not show is kept
    open_private_word(page)
    assert "Supporting survivors" in text(page.get("/me"))
    assert page.post("/me/networks", data={"csrf_token": "off"}).location == "/me"
    assert networks(session, me) == set()


def test_later_protection_deletes_postcodes(
    page: FlaskClient, me: Person, session: Session
) -> None:
    lsoa = session.scalars(select(Area.id).where(Area.kind == "lsoa").limit(1)).one()
    ward = session.scalars(select(Area).where(Area.code == "E05010259")).one()
    long_ago = clock.today() - timedelta(days=20)
    places = [
        people.presence(
            me, basis, postcode="IP24 1JD", ward_id=ward.id, lsoa_id=lsoa, until_on=until
        )
        for basis, until in ((Basis.LIVES, long_ago), (Basis.LIVES, None), (Basis.WORKS, None))
    ]
    page.post("/me/protection", data={"protected": "yes", "ward": "E05010260"})
    for place in places:
        session.refresh(place)
        assert (place.postcode, place.lsoa_id, place.settled) == (None, None, AreaSource.CHOSEN)
    castle = session.scalars(select(Area.id).where(Area.code == "E05010260")).one()
    assert [place.ward_id for place in places] == [ward.id, castle, ward.id]
    page.post("/me/places", data={"basis": "lives", "postcode": "NR19 1AE", "ward": "E05010242"})
    home = session.scalars(
        select(Presence).where(
            Presence.person_id == me.id,
            Presence.basis == Basis.LIVES,
            Presence.until_on.is_(None),
        )
    ).one()
    assert (home.postcode, home.settled) == (None, AreaSource.CHOSEN)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "presences"))
    assert "IP24" not in str([entry.changes for entry in entries])
    page.post("/me/protection", data={"protected": "no"})
    session.refresh(me)
    assert me.protected_at is not None  # ending it needs a call: see test_delayed_changes


def test_a_person_can_pause_and_come_back(page: FlaskClient, me: Person, session: Session) -> None:
    yesterday = clock.today() - timedelta(days=1)
    wrong = {
        "until-day": yesterday.day,
        "until-month": yesterday.month,
        "until-year": yesterday.year,
    }
    assert page.post("/me/pause", data=wrong).status_code == 422
    page.post("/me/pause", data={})
    session.refresh(me)
    assert me.state(clock.today()) is PersonState.AWAY
    assert "I am back" in text(page.get("/me"))
    page.post("/me/back")
    session.refresh(me)
    assert me.state(clock.today()) is PersonState.ACTIVE


def test_a_person_can_confirm_that_they_are_still_here(
    page: FlaskClient, me: Person, session: Session
) -> None:
    in_a_year = clock.now() + timedelta(days=400)
    with clock.frozen(in_a_year):
        with page.session_transaction() as cookie:
            cookie["signed_in_at"] = clock.now().isoformat()
        assert "Yes, I am still here" in text(page.get("/me"))
        for _ in range(2):
            page.post("/me/here")
        session.refresh(me)
        assert me.state(clock.today()) is PersonState.ACTIVE


def test_a_person_can_block_an_organisation(
    page: FlaskClient, me: Person, session: Session
) -> None:
    partner = organisations.organisation("Nosy Charity")
    farming = organisations.network("farming")
    organisations.agreement(partner, farming)
    people.membership(me, farming, from_on=clock.today())
    scope = Scope(
        user_id=organisations.partner(partner).id,
        organisation_ids=frozenset({partner.id}),
        network_ids=frozenset({farming.id}),
        agreed_access=frozenset({AgreedAccess(partner.id, farming.id, clock.today())}),
    )

    def sees() -> bool:
        condition = queries.visible_to(scope, clock.today())
        return me.id in set(session.scalars(select(Person.id).where(condition)))

    assert sees()
    assert "Nosy Charity" in text(page.get("/me"))
    page.post("/me/hidden", data={"viewer": public_id("organisations", partner.id)})
    page.post("/me/hidden", data={"viewer": public_id("organisations", partner.id)})
    assert not sees()
    shown = text(page.get("/me")).split('id="who"')[1]
    assert "because you belong to" not in shown
    assert shown.count("Nosy Charity") == 1
    block = next(iter(block_ids(me)))
    assert page.post(at(f"/me/hidden/{block}/remove")).status_code == 302
    assert not sees()  # ending the block needs a call: see test_delayed_changes
    other_persons = people.block(people.person(), organisation=partner)
    assert page.post(at(f"/me/hidden/{other_persons.id}/remove")).status_code == 404
    own_council = organisations.organisation("Breckland Council")
    reply = page.post("/me/hidden", data={"viewer": public_id("organisations", own_council.id)})
    assert reply.status_code == 422


def test_a_person_can_block_one_member_of_staff(
    page: FlaskClient, me: Person, session: Session
) -> None:
    user = accounts.coordinator()
    scope = Scope(user_id=user.id, everyone=True, sensitive=True)

    def sees() -> bool:
        condition = queries.visible_to(scope, clock.today())
        return me.id in set(session.scalars(select(Person.id).where(condition)))

    assert sees()
    assert user.name in text(page.get("/me/hidden"))
    page.post("/me/hidden", data={"viewer": public_id("users", user.id)})
    assert not sees()
    assert f"However, {user.name} can never see you." in text(page.get("/me"))
    reply = page.post("/me/hidden", data={"viewer": f"user:{me.user_id}"})
    assert reply.status_code == 422
    page.post(at(f"/me/hidden/{block_ids(me)[0]}/remove"))
    assert not sees()  # ending the block needs a call: see test_delayed_changes


def block_ids(person: Person) -> list[int]:
    return [one.id for one in details.blocks(person.id, clock.today())]


def test_a_person_can_remove_an_organisation(
    page: FlaskClient, me: Person, session: Session
) -> None:
    row = Affiliation(person_id=me.id, named="Elsing Bowls", from_on=clock.today())
    other_persons = Affiliation(person_id=people.person().id, named="Other", from_on=clock.today())
    session.add_all([row, other_persons])
    session.flush()
    assert "Elsing Bowls" in text(page.get("/me"))
    page.post(at(f"/me/organisations/{row.id}/remove"))
    assert "Elsing Bowls" not in text(page.get("/me"))
    assert page.post(at(f"/me/organisations/{other_persons.id}/remove")).status_code == 404


def test_a_person_can_leave_the_network(page: FlaskClient, me: Person, session: Session) -> None:
    sent = {"reason": "Moving to Wales", "csrf_token": "a"}
    reply = page.post("/me/leave", data=sent)
    left = text(page.get(reply.location))
    assert "You have left the network" in left
    assert 'href="/exit"' in left
    assert 'href="/sign-in"' in left
    assert "Sign out" not in left
    # A second press of the button, which comes when the session has ended.
    again = page.post("/me/leave", data=sent)
    assert (again.status_code, again.location) == (302, reply.location)
    another = page.post("/me/leave", data=sent | {"csrf_token": "b"})
    assert another.status_code == 401
    session.refresh(me)
    assert me.state(clock.today()) is PersonState.LEFT
    assert me.left_reason == "Moving to Wales"
    assert page.get("/me").status_code == 302  # signed out
    user = session.get_one(User, me.user_id)
    assert [grant.until_on for grant in user.grants] == [clock.today()]


def test_person_with_only_a_sensitive_network_is_told_who_sees_them(
    page: FlaskClient, me: Person, session: Session
) -> None:
    people.membership(me, organisations.network("domestic-abuse-support"), from_on=clock.today())
    people.make_not_general(me)
    assert "Because of your choices" not in text(page.get("/me"))
    open_private_word(page)
    assert "only a few people with special permission" in text(page.get("/me"))
