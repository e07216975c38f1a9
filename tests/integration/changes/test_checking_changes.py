"""Pages describe a pending change correctly to staff and to the person."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.people.models import ContactPoint, Person, PersonContact
from app.people.safety.models import DelayedChange
from app.people.safety.types import Stage
from app.people.types import ContactKind
from tests.addresses import at, public_id
from tests.factories import accounts, people
from tests.telling import TOLD_BY_PHONE

PHONE = "+441362656870"
POST = "1 High Street\nThetford"
NOON = datetime.fromisoformat("2026-11-02T12:00:00+00:00")


def text(reply: Any) -> str:
    return html.unescape(reply.get_data(as_text=True))


def with_number(*, safe: bool, protected: bool) -> Person:
    with clock.frozen(NOON - timedelta(days=30)):
        person = people.champion("Mary Otter", phone=PHONE, post=POST, protected=protected)
    if safe:
        number_of(person).safe_at = NOON - timedelta(days=60)
    return person


def number_of(person: Person) -> PersonContact:
    return next(each for each in person.contacts if each.point.kind is ContactKind.PHONE)


def email_of(person: Person) -> str:
    return next(each.point.value for each in person.contacts if each.point.kind == "email")


def change(session: Session, person: Person) -> DelayedChange:
    row = session.scalar(select(DelayedChange).where(DelayedChange.person_id == person.id))
    assert row is not None
    return row


def test_change_that_needs_a_meeting_does_not_mention_a_call(
    session: Session, sign_in: Any
) -> None:
    person = with_number(safe=False, protected=True)
    staff = sign_in(accounts.coordinator())
    with clock.frozen(NOON):
        page = text(staff.post(at(f"/people/{person.id}/protection/end"), follow_redirects=True))
        record = text(staff.get(at(f"/people/{person.id}")))
    assert "Two coordinators need to meet this person to check the change." in page
    assert "Two coordinators need to meet this person to check the change." in record
    assert "Staff need to call this person to check the change." not in page + record


def test_number_on_record_is_not_described_as_safe(session: Session, sign_in: Any) -> None:
    """A coordinator who may not know who is protected adds a number for an unprotected person.

    A colleague who may know can call a number that is only on record.
    """
    person = with_number(safe=False, protected=False)
    staff = sign_in(accounts.coordinator(sensitive=False))
    sent_in = {"email": email_of(person), "phone": "01362 700900", "post": POST}
    with clock.frozen(NOON):
        reply = staff.post(
            at(f"/people/{person.id}/contact"), data=TOLD_BY_PHONE | sent_in, follow_redirects=True
        )
        assert "Two coordinators need to meet this person to check the change." in text(reply)
        page = at(f"/people/{person.id}/changes/{change(session, person).id}")
        reply = sign_in(accounts.coordinator()).get(page)
    assert "Staff need to call this person to check the change." in text(reply)
    assert "Call this person on a number that we had before they asked" in text(reply)
    assert "told us is safe" not in text(reply)


def test_call_counts_if_the_same_form_removes_the_number(session: Session, sign_in: Any) -> None:
    person = with_number(safe=True, protected=True)
    number = number_of(person)
    sent_in = {
        "email": "new@example.org",
        "phone": "",
        "post": POST,
        "preferred": "email",
        "called": public_id("person_contacts", number.id),
    }
    with clock.frozen(NOON):
        reply = sign_in(accounts.coordinator()).post(
            at(f"/people/{person.id}/contact"), data=TOLD_BY_PHONE | sent_in, follow_redirects=True
        )
    assert reply.status_code == 200
    row = change(session, person)
    assert (row.stage, row.called_contact_id) == (Stage.WAITING, number.id)
    left = session.scalars(
        select(ContactPoint.value)
        .join(PersonContact, PersonContact.contact_point_id == ContactPoint.id)
        .where(PersonContact.person_id == person.id, PersonContact.until_on.is_(None))
    )
    assert PHONE not in set(left)


def test_notice_is_shown_once(session: Session, sign_in: Any) -> None:
    person = with_number(safe=True, protected=True)
    client = sign_in(session.get_one(User, person.user_id))
    client.post("/me/protection", data={"protected": "no"})
    client.post("/me/contact/safe", data={"how": "none"})
    client.post("/me/contact/safe", data={"how": "any"})
    page = text(client.get("/me"))
    assert page.count("we have not made this change yet") == 1
    labels = re.findall(r'app-notice[^>]* role="[a-z]+" aria-label="([^"]*)"', page)
    assert len(labels) == 2
    assert len(set(labels)) == 2
