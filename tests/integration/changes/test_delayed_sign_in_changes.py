"""A protected person's new sign-in address needs a call and takes effect a day later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.changes import effects
from app.core import clock
from app.people import contact
from app.people.models import Person, PersonContact
from app.people.safety.models import DelayedChange
from app.people.safety.types import DelayedChangeKind, Stage
from app.people.types import ContactKind
from app.signin import addresses
from tests.addresses import at, public_id
from tests.factories import accounts, people
from tests.integration.people import letters
from tests.telling import TOLD_BY_PHONE

PHONE, NEW = "+441362656870", "new@example.org"
NOON = datetime.fromisoformat("2026-11-02T12:00:00+00:00")
pytestmark = pytest.mark.usefixtures("no_attempts")


@pytest.fixture
def hidden(session: Session) -> Person:
    """Return a protected person with a number that has been safe for days."""
    with clock.frozen(NOON - timedelta(days=30)):
        person = people.champion("Mary Otter", phone=PHONE, protected=True)
    number(person).safe_at = NOON - timedelta(days=60)
    session.flush()
    return person


def number(person: Person) -> PersonContact:
    return next(each for each in person.contacts if each.point.kind is ContactKind.PHONE)


def own_browser(sign_in: Any, session: Session, person: Person) -> FlaskClient:
    client: FlaskClient = sign_in(session.get_one(User, person.user_id))
    return client


def changes(session: Session, person: Person) -> list[tuple[DelayedChangeKind, Stage]]:
    rows = session.scalars(select(DelayedChange).where(DelayedChange.person_id == person.id))
    return [(row.kind, row.stage) for row in rows]


def apply_changes_after(hours: int) -> int:
    with clock.frozen(NOON + timedelta(hours=hours)):
        return effects.apply_due_changes(clock.now())


def verify_mailbox(client: FlaskClient, session: Session) -> None:
    """Press the button in the letter to the new mailbox."""
    letter = next(
        each for each in letters.sent_to(session, NEW) if each.letter == "contact-confirm"
    )
    with clock.frozen(NOON + timedelta(hours=26)):
        client.post(f"/confirm/contact/{letters.token(letter)}")


def test_address_from_the_persons_page_can_sign_in_a_day_after_a_call(
    hidden: Person, client: FlaskClient, session: Session, sign_in: Any
) -> None:
    old = addresses.current_address(hidden.user_id)
    assert old is not None
    with clock.frozen(NOON):
        own_browser(sign_in, session, hidden).post("/me/contact", data={"email": NEW})
    assert letters.sent_to(session, NEW) == []
    assert {each.letter for each in letters.sent_to(session, old)} == {"change-asked"}
    row = session.scalars(select(DelayedChange)).one()
    data = {"number": public_id("person_contacts", number(hidden).id), "time": "12:00"}
    with clock.frozen(NOON + timedelta(minutes=5)):
        staff = sign_in(accounts.coordinator())
        staff.post(at(f"/people/{hidden.id}/changes/{row.id}"), data=data | {"sure": "yes"})
    assert apply_changes_after(23) == 0
    assert apply_changes_after(25) == 1
    assert "vouch-contact" not in {each.letter for each in letters.sent_to(session, old)}
    assert addresses.current_address(hidden.user_id) == old
    verify_mailbox(client, session)
    assert addresses.current_address(hidden.user_id) == NEW


def test_call_ends_the_old_address_at_once_and_the_new_one_waits(
    hidden: Person, client: FlaskClient, session: Session, sign_in: Any
) -> None:
    old = addresses.current_address(hidden.user_id)
    assert old is not None
    data = {
        "email": NEW,
        "phone": "01362 656870",
        "called": public_id("person_contacts", number(hidden).id),
        "silent": "y",
        "why_silent": "Her husband reads it",
    }
    with clock.frozen(NOON):
        staff = sign_in(accounts.coordinator())
        staff.post(at(f"/people/{hidden.id}/contact"), data=TOLD_BY_PHONE | data)
    assert addresses.current_address(hidden.user_id) is None
    assert letters.sent_to(session, old) == letters.sent_to(session, NEW) == []
    assert changes(session, hidden) == [(DelayedChangeKind.ADD_CONTACT, Stage.WAITING)]
    found = contact.find_recipient(hidden.id, NOON.date())
    assert found is not None and (found.channel, found.address) != ("email", old)
    assert apply_changes_after(23) == 0
    assert letters.sent_to(session, NEW) == []
    assert apply_changes_after(25) == 1
    assert letters.sent_to(session, old) == []
    verify_mailbox(client, session)
    assert letters.sign_in(client, session, NEW).get("/me").status_code == 200


def test_unvouched_address_waits_after_protection(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    person = people.champion("Mary Otter")
    old = addresses.current_address(person.user_id)
    assert old is not None
    own_client = own_browser(sign_in, session, person)
    own_client.post("/me/contact", data={"email": NEW})
    question = next(
        each for each in letters.sent_to(session, old) if each.letter == "vouch-contact"
    )
    own_client.post("/me/protection", data={"protected": "yes"})
    link = f"/confirm/change/{letters.token(question)}"
    assert client.application.test_client().post(link, data={"answer": "yes"}).status_code == 410
    assert changes(session, person) == [(DelayedChangeKind.ADD_CONTACT, Stage.ASKED)]
    assert addresses.current_address(person.user_id) == old


def test_failing_address_is_not_replaced_by_an_unverified_one(session: Session) -> None:
    person = people.champion("Mary Otter", protected=True)
    person.contacts[0].point.failing_since = clock.now()
    unproved = people.contact(person, ContactKind.EMAIL, NEW)
    unproved.vouched_at = None
    session.flush()
    found = contact.find_recipient(person.id)
    assert found is not None and (found.channel, found.address) == ("phone", "")


def test_applicant_can_read_and_stop_waiting_changes(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    person = people.applicant("Mary Otter", email="mary@example.org", protected=True)
    own_client = letters.sign_in(client, session, "mary@example.org")
    own_client.post("/me/protection", data={"protected": "no"})
    page = own_client.get("/me").text
    assert "My registration" in page and "Keep my postcode again" in page
    row = session.scalars(select(DelayedChange).where(DelayedChange.person_id == person.id)).one()
    own_client.post(at(f"/me/changes/{row.id}/stop"))
    assert changes(session, person) == [(DelayedChangeKind.END_PROTECTION, Stage.STOPPED)]
    assert "Keep my postcode again" not in own_client.get("/me").text
