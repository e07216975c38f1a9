"""Staff change networks, absences and travel distance as the person can on their page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.areas.models import Area
from app.core import clock
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.messages.models import Message
from app.people import pausing
from app.people.models import (
    Absence,
    ActivityConfirmation,
    ExcludedArea,
    Membership,
    Person,
    PersonContact,
)
from app.people.queries.contacts import find_contacts
from app.people.queries.joining import open_network_ids
from app.people.safety import wishes
from app.people.safety.types import ContactPreferences
from app.people.types import ContactKind, PersonState
from tests.addresses import at
from tests.factories import accounts, organisations, people
from tests.integration.people.private_words import open_private_word
from tests.telling import TOLD_BY_PHONE

SignIn = Callable[[Any], FlaskClient]
SURVIVORS = "domestic-abuse-support"
BURRELL, CASTLE = "E05010259", "E05010260"


def own_browser(session: Session, sign_in: SignIn, person: Person) -> FlaskClient:
    """Return the person's browser, with their memorable word entered."""
    return open_private_word(sign_in(session.get_one(User, person.user_id)))


def networks_of(session: Session, person: Person) -> set[int]:
    """Return the networks that a person belongs to or has applied to join."""
    rows = session.scalars(
        select(Membership).where(Membership.person_id == person.id, Membership.until_on.is_(None))
    )
    return {row.network_id for row in rows} | open_network_ids(person.id)


def excluded_by(session: Session, person: Person) -> set[str]:
    return set(
        session.scalars(
            select(Area.code)
            .join(ExcludedArea, ExcludedArea.area_id == Area.id)
            .where(ExcludedArea.person_id == person.id)
        )
    )


def audited(session: Session, table: str, verb: str) -> list[int | None]:
    """Return the ids of the users who changed rows of this table, from the audit log."""
    return list(
        session.scalars(
            select(AuditEntry.actor_user_id)
            .where(AuditEntry.subject_type == table, AuditEntry.verb == verb)
            .order_by(AuditEntry.id)
        )
    )


def messages_to(session: Session, person: Person) -> int:
    return len(session.scalars(select(Message.id).where(Message.person_id == person.id)).all())


def day(value: date) -> dict[str, int]:
    return {"until-day": value.day, "until-month": value.month, "until-year": value.year}


def read(client: FlaskClient, address: str) -> str:
    """Return the page without identifiers and flash messages."""
    client.get(address)
    page = client.get(address).text
    return re.sub(r"/[a-z2-7]{26}|(csrf_token|value|id)=\"[^\"]*\"", "", page)


@pytest.mark.parametrize("by_staff", [False, True])
def test_staff_and_the_person_can_change_networks(
    session: Session, sign_in: SignIn, by_staff: bool
) -> None:
    farming, survivors = organisations.network("farming"), organisations.network(SURVIVORS)
    person = people.champion(networks=[farming])
    if by_staff:
        reader = accounts.coordinator()
        client, page = sign_in(reader), at(f"/people/{person.id}/networks")
        protection = at(f"/people/{person.id}/protection")
    else:
        reader = session.get_one(User, person.user_id)
        client, page = own_browser(session, sign_in, person), "/me/networks"
        protection = "/me/protection"
    assert re.search(r'value="farming"[^>]*checked', client.get(page).text)
    reply = client.post(page, data={**TOLD_BY_PHONE, "networks": [SURVIVORS]})
    assert reply.location == protection
    assert networks_of(session, person) == {survivors.id}
    assert set(audited(session, "memberships", "person.networks")) == {reader.id}
    client.post(page, data={**TOLD_BY_PHONE, "csrf_token": "none"})
    assert networks_of(session, person) == set()
    assert messages_to(session, person) == 0


def test_hidden_membership_is_neither_shown_nor_ended(session: Session, sign_in: SignIn) -> None:
    farming, survivors = organisations.network("farming"), organisations.network(SURVIVORS)
    plain = people.champion("Sam Same")
    member = people.champion("Sam Same", networks=[survivors], general=True)
    without_permission = sign_in(accounts.coordinator(sensitive=False))
    texts = []
    for person in (plain, member):
        page = at(f"/people/{person.id}/networks")
        shown = read(without_permission, page)
        assert survivors.name not in shown and SURVIVORS not in shown
        replies = [
            without_permission.post(page, data={**TOLD_BY_PHONE, "networks": ["farming"]}),
            without_permission.post(page, data={**TOLD_BY_PHONE, "csrf_token": "none"}),
        ]
        assert [reply.location for reply in replies] == [at(f"/people/{person.id}")] * 2
        texts.append(shown)
    assert texts[0] == texts[1]
    assert networks_of(session, plain) == set()
    assert networks_of(session, member) == {survivors.id}
    with_permission = sign_in(accounts.coordinator())
    page = at(f"/people/{member.id}/networks")
    assert survivors.name in with_permission.get(page).text
    with_permission.post(page, data={**TOLD_BY_PHONE, "networks": ["farming"]})
    assert networks_of(session, member) == {farming.id}


def test_staff_without_the_permission_cannot_add_to_a_sensitive_network(
    session: Session, sign_in: SignIn
) -> None:
    person = people.champion()
    without_permission = sign_in(accounts.coordinator(sensitive=False))
    reply = without_permission.post(
        at(f"/people/{person.id}/networks"), data={**TOLD_BY_PHONE, "networks": [SURVIVORS]}
    )
    assert reply.status_code in (404, 422)
    assert networks_of(session, person) == set()


def test_staff_are_asked_about_general_champions_next(session: Session, sign_in: SignIn) -> None:
    survivor = people.champion(networks=[organisations.network(SURVIVORS)], general=False)
    page = at(f"/people/{survivor.id}/networks")
    assert sign_in(accounts.coordinator(sensitive=False)).get(page).status_code == 404
    reply = sign_in(accounts.coordinator()).post(
        page, data={**TOLD_BY_PHONE, "networks": [SURVIVORS, "farming"]}
    )
    assert reply.location == at(f"/people/{survivor.id}/seen")


@pytest.mark.parametrize("by_staff", [False, True])
def test_staff_and_the_person_can_record_an_absence(
    session: Session, sign_in: SignIn, by_staff: bool
) -> None:
    person = people.champion()
    if by_staff:
        client = sign_in(accounts.coordinator())
        path = at(f"/people/{person.id}")
        away, back = f"{path}/away", f"{path}/back"
    else:
        client = own_browser(session, sign_in, person)
        path, away, back = "/me", "/me/pause", "/me/back"
    assert (
        client.post(away, data=TOLD_BY_PHONE | day(clock.today() - timedelta(days=1))).status_code
        == 422
    )
    until = clock.today() + timedelta(days=9)
    assert client.post(away, data=TOLD_BY_PHONE | day(until)).location == path
    session.refresh(person)
    assert person.state(clock.today()) is PersonState.AWAY
    absence = session.scalars(select(Absence).where(Absence.person_id == person.id)).one()
    assert (absence.from_on, absence.until_on) == (clock.today(), until)
    assert client.post(back, data=TOLD_BY_PHONE).location == path
    session.refresh(person)
    assert person.state(clock.today()) is PersonState.ACTIVE
    assert messages_to(session, person) == 0


def test_staff_see_an_absence_and_end_it(session: Session, sign_in: SignIn) -> None:
    coordinator = accounts.coordinator()
    client, person = sign_in(coordinator), people.champion()
    path = at(f"/people/{person.id}")
    assert "Record that they are away" in client.get(path).text
    assert "They are back" not in client.get(path).text
    page = client.post(f"{path}/away", data=TOLD_BY_PHONE, follow_redirects=True).text
    assert "Until they tell us" in page and "They are back" in page
    assert audited(session, "absences", "person.pause") == [coordinator.id]
    client.post(f"{path}/back", data=TOLD_BY_PHONE)
    by = select(ActivityConfirmation.by_user_id).where(
        ActivityConfirmation.person_id == person.id, ActivityConfirmation.on == clock.today()
    )
    assert session.scalars(by).all() == [coordinator.id]


def test_applicant_cannot_be_away(session: Session, sign_in: SignIn) -> None:
    client = sign_in(accounts.coordinator())
    waiting = people.applicant()
    path = at(f"/people/{waiting.id}")
    assert "Record that they are away" not in client.get(path).text
    page = client.post(f"{path}/away", data=TOLD_BY_PHONE).text
    assert "This person is not in the network yet." in page
    assert session.scalars(select(Absence).where(Absence.person_id == waiting.id)).all() == []


def test_staff_changes_end_neither_a_suspension_nor_a_wish_for_no_contact(
    session: Session, sign_in: SignIn
) -> None:
    client = sign_in(accounts.coordinator())
    paused, silent = people.champion(), people.champion()
    pausing.pause_person(SYSTEM, paused.id, clock.today(), None, clock.today())
    wishes.record_wishes(SYSTEM, silent, ContactPreferences(silent=True))
    for person in (paused, silent):
        path = at(f"/people/{person.id}")
        client.post(f"{path}/networks", data={**TOLD_BY_PHONE, "networks": ["farming"]})
        client.post(f"{path}/travel", data={**TOLD_BY_PHONE, "reach": "40"})
        client.post(f"{path}/away", data=TOLD_BY_PHONE)
        client.post(f"{path}/back", data=TOLD_BY_PHONE)
        session.refresh(person)
        assert person.reach_km == 40
        assert messages_to(session, person) == 0
    assert paused.state(clock.today()) is PersonState.PAUSED
    assert wishes.stated_wishes(silent.id) == ContactPreferences(silent=True)


@pytest.mark.parametrize("by_staff", [False, True])
def test_staff_and_the_person_can_change_the_travel_distance(
    session: Session, sign_in: SignIn, by_staff: bool
) -> None:
    person = people.champion()
    if by_staff:
        client, page = sign_in(accounts.coordinator()), at(f"/people/{person.id}/travel")
    else:
        client, page = own_browser(session, sign_in, person), "/me/reach"
    assert client.post(page, data={**TOLD_BY_PHONE, "reach": "900"}).status_code == 422
    client.post(page, data={**TOLD_BY_PHONE, "reach": "40", "excluded": [BURRELL, CASTLE]})
    session.refresh(person)
    assert person.reach_km == 40
    assert excluded_by(session, person) == {BURRELL, CASTLE}
    assert re.search(rf'value="{BURRELL}"[^>]*checked', client.get(page).text)
    client.post(page, data={**TOLD_BY_PHONE, "reach": "30", "excluded": [CASTLE]})
    assert excluded_by(session, person) == {CASTLE}
    assert messages_to(session, person) == 0


def test_excluded_wards_are_for_staff_with_the_permission(
    session: Session, sign_in: SignIn
) -> None:
    person, other = (people.champion("Sam Same", protected=each) for each in (True, False))
    own_browser(session, sign_in, person).post(
        "/me/reach", data={"reach": "15", "excluded": [CASTLE]}
    )
    without_permission = sign_in(accounts.coordinator(sensitive=False))
    pages = [read(without_permission, at(f"/people/{each.id}/travel")) for each in (person, other)]
    assert pages[0] == pages[1]
    assert "Thetford Castle" not in pages[0]
    sent = {"reach": "25", "excluded": [BURRELL]}
    assert (
        without_permission.post(
            at(f"/people/{person.id}/travel"), data=TOLD_BY_PHONE | sent
        ).status_code
        == 302
    )
    session.refresh(person)
    assert person.reach_km == 25
    assert excluded_by(session, person) == {CASTLE}


def test_pages_need_the_permission_to_change_people(session: Session, sign_in: SignIn) -> None:
    farming, partner = organisations.network("farming"), organisations.organisation()
    organisations.agreement(partner, farming)
    person = people.champion(networks=[farming])
    path = at(f"/people/{person.id}")
    for reader in (organisations.partner(partner), accounts.user(Role.SAFEGUARDING)):
        client = sign_in(reader)
        record = client.get(path).text
        for page in ("networks", "travel", "away"):
            assert f"{path}/{page}" not in record
            assert client.get(f"{path}/{page}").status_code == 404
            assert (
                client.post(f"{path}/{page}", data={**TOLD_BY_PHONE, "reach": "1"}).status_code
                == 404
            )
        assert client.post(f"{path}/back", data=TOLD_BY_PHONE).status_code == 404
    assert networks_of(session, person) == {farming.id}


@pytest.mark.parametrize("by_staff", [False, True])
def test_staff_and_the_person_can_change_contact_details(
    session: Session, sign_in: SignIn, by_staff: bool
) -> None:
    person = people.champion(phone="+447700900111")
    (email,) = [each for each in person.contacts if each.point.kind is ContactKind.EMAIL]
    if by_staff:
        client, page = sign_in(accounts.coordinator()), at(f"/people/{person.id}/contact")
        data = {"email": email.point.value, "called": "no"}
    else:
        client, page, data = own_browser(session, sign_in, person), "/me/contact", {}
    data |= {"phone": "07700 900222", "post": "1 Lane\nDereham", "preferred": "phone"}
    assert client.post(page, data=TOLD_BY_PHONE | data).status_code == 302
    session.refresh(person)

    def current() -> set[tuple[ContactKind, str]]:
        rows: list[PersonContact] = find_contacts(person.id, clock.today())
        return {(row.point.kind, row.point.value) for row in rows}

    assert current() == {
        (ContactKind.EMAIL, email.point.value),
        (ContactKind.PHONE, "+447700900222"),
        (ContactKind.POST, "1 Lane\nDereham"),
    }
    assert person.preferred is ContactKind.PHONE
    letters = session.scalars(select(Message.letter).where(Message.address == email.point.value))
    assert letters.all() == ["something-changed"]


def test_an_empty_field_removes_details_only_on_a_prefilled_form(
    session: Session, sign_in: SignIn
) -> None:
    changed_by_themselves, changed_by_staff = (
        people.champion(phone="+447700900111") for _each in range(2)
    )
    own_browser(session, sign_in, changed_by_themselves).post(
        "/me/contact", data={"post": "1 Lane\nDereham"}
    )
    kinds = {each.point.kind for each in find_contacts(changed_by_themselves.id, clock.today())}
    assert kinds == set(ContactKind)
    client = sign_in(accounts.coordinator())
    data = {"email": "", "phone": "07700 900111", "post": "", "called": "no"}
    client.post(at(f"/people/{changed_by_staff.id}/contact"), data=TOLD_BY_PHONE | data)
    kinds = {each.point.kind for each in find_contacts(changed_by_staff.id, clock.today())}
    assert kinds == {ContactKind.PHONE}
