"""A partner coordinator calls the people whose registration they decided."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.permissions import Role
from app.messages import service as messages
from app.messages.models import Message
from app.messages.types import Channel, NewMessage, Recipient
from tests.addresses import at
from tests.factories import accounts, organisations, people


def test_an_approval_without_email_is_on_the_partners_own_list(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    charity = organisations.organisation("Farm Charity")
    yana = organisations.network("yana", approver=charity)
    organisations.agreement(charity, yana)
    partner = organisations.partner(charity)
    ann = people.applicant("Ann Example", email=None, phone="+447700900111", networks=[yana])
    other = people.person("Bob Brown", email=None, phone="+447700900112")
    for person, letter in ((other, "approved"), (ann, "details-received")):
        to = Recipient(Channel.PHONE, "+447700900112", person.full_name, person.id)
        messages.post(NewMessage(letter, to, f"{letter}:test", {"sign_in": None, "privacy": None}))
    sign_in(partner)
    assert "There is nobody to contact" in client.get("/reminders/contacts").text
    approved = client.post(at(f"/applications/{ann.id}/approve"), follow_redirects=True)
    assert 'href="/reminders/contacts"' in approved.text
    page = client.get("/reminders/contacts").text
    assert "Ann Example" in page
    assert "Tell them that they have been approved" in page
    assert "Tell them where we got their details" not in page
    assert "Bob Brown" not in page
    assert "Call or write to people" in client.get("/").text
    assert client.get("/reminders").status_code == 404
    call = session.scalars(
        select(Message.id).where(Message.person_id == ann.id, Message.letter == "approved")
    ).one()
    path = at(f"/reminders/contacts/{call}")
    assert "What to say" in client.get(path).text
    done = client.post(path, data={"result": "done", "outcome": "Welcomed her"})
    assert done.location == "/reminders/contacts"
    assert "Ann Example" not in client.get("/reminders/contacts").text
    people.suspension(ann, clock.today())
    assert client.get(path).status_code in (302, 404)
    sign_in(accounts.user(Role.TRAINER))
    assert client.get("/reminders/contacts").status_code == 404
