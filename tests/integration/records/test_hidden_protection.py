"""Only readers with the permission can tell which people are protected."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock
from app.core.permissions import Role
from app.messages.types import Channel
from app.people.models import Person
from app.people.types import AreaSource
from tests.addresses import at, public_id
from tests.factories import accounts, areas, messages, organisations, people
from tests.telling import TOLD_BY_PHONE

PROTECTED = "asked us not to keep a postcode"
SignIn = Callable[[Any], FlaskClient]


def pair(**more: Any) -> list[Person]:
    """Return two people who differ only in protection."""
    ward = areas.area(name="Thetford Same")
    at = clock.now()
    found = []
    for protected in (False, True):
        one = people.person(
            "Sam Same", protected=protected, registered_at=at, email=None, phone="+447700900888",
            **more,
        )  # fmt: skip
        people.presence(one, ward_id=ward.id)
        people.presence(one, settled=AreaSource.UNSETTLED)
        found.append(one)
    return found


def without_identifiers(text: str) -> str:
    """Return a page without the identifiers of its rows."""
    return re.sub(r"/[a-z2-7]{26}|(csrf_token|value|id)=\"[^\"]*\"", "", text)


def read(client: FlaskClient, address: str) -> str:
    reply = client.get(address)
    assert reply.status_code == 200
    return without_identifiers(reply.text)


@pytest.mark.parametrize("reader", ["coordinator", "partner"])
def test_records_of_protected_and_other_people_look_the_same(
    session: Session, sign_in: SignIn, reader: str
) -> None:
    farming = organisations.network()
    yana = organisations.organisation()
    farming.approver_id = yana.id
    organisations.agreement(yana, farming)
    user = (
        accounts.coordinator(sensitive=False)
        if reader == "coordinator"
        else organisations.partner(yana)
    )
    client = sign_in(user)
    for approved, address in ((True, "/people/{}"), (False, "/applications/{}")):
        one, other = pair(networks=[farming], approved=approved)
        texts = [read(client, at(address.format(each.id))) for each in (one, other)]
        assert "Thetford Same" in texts[0]
        assert texts[0] == texts[1]


def test_neutral_letters_are_listed_by_their_purpose(session: Session, sign_in: SignIn) -> None:
    client = sign_in(accounts.coordinator(sensitive=False))
    texts = []
    for each in pair():
        letter = messages.message(letter="approved", person_id=each.id)
        letter.neutral = each.protected_at is not None
        letter.subject = "A message for you" if letter.neutral else "Welcome"
        letter.sent_at = clock.now()
        texts.append(read(client, at(f"/people/{each.id}")))
    assert "Email sent: “Tell them that they have been approved”" in texts[0]
    assert texts[0] == texts[1]


def test_a_postal_letter_is_only_for_readers_with_the_permission(
    session: Session, sign_in: SignIn
) -> None:
    """Its wording reveals who is protected, and so does a line that only some people have."""
    for protected in (False, True):
        one = people.person("Paula Post", protected=protected, email=None, post="1 Lane\nDereham")
        letter = messages.message(
            letter="approved",
            person_id=one.id,
            channel=Channel.POST,
            context={"sign_in": "", "needs_sign_in": False},
        )
        letter.neutral = protected
        page = at(f"/reminders/contacts/{letter.id}")
        line = public_id("messages", letter.id)
        without_permission, with_permission = (
            accounts.coordinator(sensitive=False),
            accounts.coordinator(),
        )
        assert sign_in(without_permission).get(page).status_code == 404
        assert line not in sign_in(without_permission).get("/reminders").text
        assert sign_in(with_permission).get(page).status_code == 200
        assert line in sign_in(with_permission).get("/reminders").text


def test_returned_emails_look_the_same(session: Session, sign_in: SignIn) -> None:
    texts = []
    for each in pair():
        letter = messages.message(
            "sam@same.example", letter="approved", person_id=each.id, channel=Channel.EMAIL
        )
        letter.neutral = each.protected_at is not None
        letter.failed_at, letter.last_error = clock.now(), "no such mailbox"
        page = at(f"/reminders/contacts/{letter.id}")
        texts.append(read(sign_in(accounts.coordinator(sensitive=False)), page))
    assert texts[0] == texts[1]
    assert "get in touch" in texts[0].lower() or "message for you" in texts[0].lower()


def test_exported_rows_look_the_same(session: Session, sign_in: SignIn) -> None:
    pair()
    reply = sign_in(accounts.coordinator(sensitive=False)).post(
        "/people/export?q=sam+same", data={"reason": "Calls", "kind": "csv"}
    )
    _headings, one, other = reply.get_data(as_text=True).splitlines()
    assert "Use only: phone call." in one
    assert one == other


def test_numbers_to_call_look_the_same(session: Session, sign_in: SignIn) -> None:
    """This covers the form, its errors, and the page for checking a change."""
    client = sign_in(accounts.coordinator(sensitive=False))
    forms, refusals, checks = [], [], []
    for each in pair():
        page = at(f"/people/{each.id}/contact")
        forms.append(read(client, page))
        number = public_id("person_contacts", each.contacts[0].id)
        data = {**TOLD_BY_PHONE, "phone": "01362 656871", "called": number}
        refused = client.post(page, data=data)
        assert refused.status_code == 422
        refusals.append(without_identifiers(refused.text))
        data = {**TOLD_BY_PHONE, "phone": "01362 656871", "called": "no"}
        checks.append(without_identifiers(client.post(page, data=data, follow_redirects=True).text))
    assert "two of us will meet them" in forms[0]
    assert "Two coordinators need to meet" in checks[0]
    for one, other in (forms, refusals, checks):
        assert one == other


def test_readers_with_the_permission_are_offered_recorded_numbers(
    session: Session, sign_in: SignIn
) -> None:
    with clock.frozen(clock.now() - timedelta(days=9)):
        found = pair()
    client = sign_in(accounts.coordinator())
    offered = ["Yes, on" in read(client, at(f"/people/{each.id}/contact")) for each in found]
    assert offered == [True, False]


def test_readers_with_the_permission_see_who_is_protected(
    session: Session, sign_in: SignIn
) -> None:
    client = sign_in(accounts.coordinator())
    for approved, address in ((True, "/people/{}"), (False, "/applications/{}")):
        one, other = pair(approved=approved)
        is_told = [
            PROTECTED in client.get(at(address.format(each.id))).text for each in (one, other)
        ]
        assert is_told == [False, True]


def test_the_merge_page_does_not_reveal_protection(session: Session, sign_in: SignIn) -> None:
    kept, _other = pair()
    for protected in (True, False):
        closed = people.applicant("Sam Same", protected=protected)
        page = at(f"/applications/{closed.id}/join/{kept.id}")
        assert PROTECTED not in sign_in(accounts.coordinator(sensitive=False)).get(page).text
        is_told = PROTECTED in sign_in(accounts.coordinator()).get(page).text
        assert is_told is protected


def test_protecting_a_protected_person_looks_the_same(session: Session, sign_in: SignIn) -> None:
    client = sign_in(accounts.coordinator(sensitive=False))
    replies = [
        client.post(
            at(f"/people/{each.id}/protection"),
            data={**TOLD_BY_PHONE, "ward": ""},
            follow_redirects=True,
        )
        for each in pair()
    ]
    assert [reply.status_code for reply in replies] == [200, 200]
    first, second = (without_identifiers(reply.text) for reply in replies)
    assert first == second


def test_ending_protection_needs_the_permission(session: Session, sign_in: SignIn) -> None:
    client = sign_in(accounts.coordinator(sensitive=False))
    for each in pair():
        assert client.post(at(f"/people/{each.id}/protection/end")).status_code == 404
        session.refresh(each)
    assert client.get("/").status_code == 200


def test_audit_lines_of_all_place_changes_look_the_same(session: Session, sign_in: SignIn) -> None:
    ward = areas.area(name="Thetford Audited")
    one, other = pair()
    client = sign_in(accounts.coordinator())
    client.post(at(f"/people/{one.id}/protection"), data={**TOLD_BY_PHONE, "ward": ward.code})
    client.post(
        at(f"/people/{other.id}/place"), data={**TOLD_BY_PHONE, "basis": "works", "ward": ward.code}
    )
    admin = sign_in(accounts.user(Role.ADMIN))
    rows = re.findall(r"<tr.*?</tr>", admin.get("/audit").text, re.S)
    changed = [row for row in rows if "Changed a person’s places" in row]
    assert len(changed) > 2
    assert len({re.sub(r"<[^>]+>|\s+|\d+:\d+[ap]m", "", row) for row in changed}) == 1
    assert not any(public_id("people", one.id) in row for row in changed)
    assert "Protection" not in admin.get("/audit").text
    about = admin.get(f"/audit?subject=person+{public_id('people', one.id)}").text
    assert "Changed a person’s places" not in about
