"""A misspelt email address does not lose a volunteer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.changes import calls
from app.core import clock
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.messages.models import Message
from app.people.models import ContactPoint, Person, PersonContact
from app.people.types import CallOutcome, PersonState
from app.registration import confirming
from tests.addresses import at
from tests.factories import accounts, people
from tests.integration.registration.registering import address, fill_in, pages, send

pytestmark = pytest.mark.usefixtures("no_attempts")
TYPED = {"email": "ann.smith@gmial.con"}


def test_a_likely_misspelling_is_asked_about(client: FlaskClient, session: Session) -> None:
    everything = pages()
    fill_in(client, {step: everything[step] for step in ("start", "networks")})
    reply = client.post(address("contact"), data=TYPED)
    assert reply.status_code == 422
    assert "Did you mean ann.smith@gmail.com?" in reply.text
    assert "Keep ann.smith@gmial.con as typed" in reply.text
    assert 'name="email-keep"' in reply.text
    other = {"email": "ann@hotmial.com", "email-keep": TYPED["email"]}
    assert "Did you mean ann@hotmail.com?" in client.post(address("contact"), data=other).text
    kept = TYPED | {"email-keep": TYPED["email"]}
    assert client.post(address("contact"), data=kept).status_code == 302
    assert "email-keep" in client.get(address("contact")).text


def test_an_address_kept_as_typed_is_registered(client: FlaskClient, session: Session) -> None:
    send(client, pages(contact=TYPED | {"email-keep": TYPED["email"]}))
    points = session.scalars(select(ContactPoint.value)).all()
    assert TYPED["email"] in points


def test_other_domains_are_not_questioned(client: FlaskClient, session: Session) -> None:
    fill_in(client, pages(contact={"email": "ann@parish.example"}))


def unconfirmed(**more: Any) -> Person:
    """Create an applicant with a misspelt email address and a good phone number."""
    return people.applicant(
        "Ann Example",
        email="ann@gmial.con",
        phone="+447700900111",
        confirmed=False,
        **more,
    )


def emails(person: Person) -> list[str]:
    """Return the person's current email addresses."""
    return [each.point.value for each in email_rows(person)]


def email_rows(person: Person) -> list[PersonContact]:
    """Return the rows of the person's current email addresses."""
    return [
        each for each in person.contacts if each.point.kind == "email" and each.until_on is None
    ]


def test_an_applicant_with_a_phone_is_in_the_queue_and_is_confirmed_by_a_call(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    person = unconfirmed()
    cora = accounts.coordinator()
    sign_in(cora)
    assert "Ann Example" in client.get("/applications").text
    path = at(f"/applications/{person.id}")
    assert "Record a call" in client.get(path).text
    path_for_call = at(f"/applications/{person.id}/called")
    assert "Select what happened" in client.post(path_for_call, data={}).text
    assert "Enter who told you" in client.post(path_for_call, data={"result": "spoke"}).text
    spoke = {"result": "spoke", "said_by": "Ann herself", "address": "wrong"}
    assert "Enter the correct email address" in client.post(path_for_call, data=spoke).text
    client.post(path_for_call, data=spoke | {"email": "ann@example.org"})
    session.refresh(person)
    assert person.state(clock.today()) is PersonState.WAITING
    assert emails(person) == ["ann@example.org"]
    assert [each.confirmed_at for each in email_rows(person)] == [None]
    sent = session.scalars(select(Message.address).where(Message.person_id == person.id)).all()
    assert "ann@example.org" in sent
    written = session.scalars(
        select(AuditEntry).where(AuditEntry.verb == "person.confirm", AuditEntry.why.is_not(None))
    ).first()
    assert written is not None
    assert (written.why, written.actor_user_id) == ("Ann herself", cora.id)
    client.post(at(f"/applications/{person.id}/approve"))
    session.refresh(person)
    assert person.approved_at is not None


def test_an_applicant_without_another_way_cannot_be_called(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    person = people.applicant("Una Unproved", confirmed=False)
    sign_in(accounts.coordinator())
    assert "Una Unproved" not in client.get("/applications").text
    spoke = {"result": "spoke", "said_by": "Una", "address": "right"}
    client.post(at(f"/applications/{person.id}/called"), data=spoke)
    session.refresh(person)
    assert person.confirmed_at is None


def test_unconfirmed_applicants_are_kept_until_two_calls_fail_or_90_days_have_passed(
    session: Session,
) -> None:
    now = clock.now()
    ages = {"only email": 31, "reachable": 31, "failed once": 31, "failed twice": 31, "old": 91}
    made = {
        name: (people.applicant if name == "only email" else unconfirmed)(
            **({"confirmed": False} if name == "only email" else {}),
            registered_at=now - timedelta(days=days),
        )
        for name, days in ages.items()
    }
    today = clock.today()
    for name, days in (("failed once", (0,)), ("failed twice", (1, 0))):
        for each in days:
            on = today - timedelta(days=each)
            calls.record_call(SYSTEM, made[name].id, CallOutcome.NOT_REACHED, on)
    session.flush()
    ids = {person.id: name for name, person in made.items()}
    confirming.delete_unconfirmed_registrations(now)
    left = session.scalars(select(Person.id).where(Person.id.in_(ids))).all()
    assert {ids[each] for each in left} == {"reachable", "failed once"}
