"""Safeguarding reports: sending, reading and escalating them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.audit import AuditEntry
from app.core.jobs import Job
from app.core.permissions import Role
from app.messages.models import Message
from app.safeguarding import escalation
from app.safeguarding.models import SafeguardingReport
from tests.addresses import at
from tests.factories import accounts, people

SignIn = Callable[[Any], FlaskClient]
REPORT = {
    "what": "Quetzalcoatl shouts at the children",
    "about": "Quincy Quetzal, Thetford",
    "reach": "07700 900123 after six",
}
TUESDAY = datetime(2027, 3, 23, 10, 0, tzinfo=clock.LONDON)


@pytest.fixture
def lead(session: Session) -> User:
    """Return the safeguarding lead."""
    return accounts.user(Role.SAFEGUARDING, name="Lee Lead")


def only_report(session: Session) -> SafeguardingReport:
    return session.scalars(select(SafeguardingReport)).one()


def test_the_page_and_its_numbers_are_public(client: FlaskClient, session: Session) -> None:
    for path in ("/", "/help-now", "/register"):
        assert 'href="/worried"' in client.get(path, follow_redirects=True).text
    page = client.get("/worried").text
    for number in ("999", "101", "0344 800 8020"):
        assert number in page
    assert "Exit this page" in page
    assert "has not confirmed it yet" not in page
    assert client.get("/worried").headers["Cache-Control"] == "no-store"


def test_staff_see_which_numbers_are_not_confirmed(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(accounts.coordinator())
    assert "The organisation has not confirmed it yet" in client.get("/worried").text


def test_only_a_lead_reads_a_message_and_each_opening_is_recorded(
    session: Session, client: FlaskClient, sign_in: SignIn, lead: User, caplog: Any
) -> None:
    champion = people.champion()
    with caplog.at_level(logging.DEBUG):
        sign_in(session.get_one(User, champion.user_id))  # signed in, but not recorded
        assert client.post("/worried", data=REPORT).location == "/worried/sent"
    assert "within one working day" in client.get("/worried/sent").text
    row = only_report(session)
    assert (row.what, row.about, row.reach) == (REPORT["what"], REPORT["about"], REPORT["reach"])
    sign_in(lead)
    home = client.get("/").text
    assert "Open 1 message in the safeguarding queue" in home
    queue = client.get("/safeguarding").text
    assert "uetzal" not in queue + home
    unopened = client.get(at(f"/safeguarding/{row.id}"))  # only the button opens a message
    assert (unopened.status_code, unopened.location) == (302, "/safeguarding")
    reply = client.post(at(f"/safeguarding/{row.id}/open"), follow_redirects=True)
    for text in REPORT.values():
        assert text in reply.text
    assert (row.opened_at is not None, row.opened_by_user_id) == (True, lead.id)
    decided = client.post(
        at(f"/safeguarding/{row.id}"), data={"words": "Rang the county", "close": "yes"}
    )
    assert decided.status_code == 302
    page = client.get(at(f"/safeguarding/{row.id}")).text
    assert "Rang the county" in page
    assert "Lee Lead" in page
    verbs = [entry.verb for entry in session.scalars(select(AuditEntry))]
    for verb in ("safeguarding.open", "safeguarding.read", "safeguarding.decide"):
        assert verb in verbs
    everywhere = [
        str([(entry.changes, entry.why) for entry in session.scalars(select(AuditEntry))]),
        str([(each.subject, each.text, each.context) for each in session.scalars(select(Message))]),
        str([(job.parameters, job.result, job.error) for job in session.scalars(select(Job))]),
        caplog.text,
    ]
    for text in everywhere:
        assert "uetzal" not in text
        assert "900123" not in text
        assert "Rang the county" not in text
    sender = [
        entry
        for entry in session.scalars(select(AuditEntry))
        if entry.actor_user_id == champion.user_id
    ]
    assert not [entry for entry in sender if "safeguarding" in entry.subject_type]


@pytest.mark.parametrize(
    "roles",
    [
        (Role.COORDINATOR, Role.SENSITIVE),
        (Role.ADMIN,),
        (Role.TRAINER,),
        (Role.PARTNER,),
        (Role.ANALYST,),
        (Role.CHAMPION,),
    ],
)
def test_only_leads_see_the_queue(
    session: Session, client: FlaskClient, sign_in: SignIn, roles: tuple[Role, ...]
) -> None:
    client.post("/worried", data=REPORT)
    row = only_report(session)
    sign_in(accounts.user(*roles))
    assert "safeguarding queue" not in client.get("/").text
    absent = client.get(at("/safeguarding/999999"))
    for path in ("/safeguarding", at(f"/safeguarding/{row.id}")):
        assert client.get(path).status_code == absent.status_code == 404
    assert client.post(at(f"/safeguarding/{row.id}/open")).status_code == 404
    assert client.post(at(f"/safeguarding/{row.id}"), data={"words": "x"}).status_code == 404
    session.refresh(row)
    assert row.opened_at is None


def test_an_empty_message_is_rejected_and_other_input_is_kept(
    client: FlaskClient, session: Session
) -> None:
    reply = client.post("/worried", data=REPORT | {"what": " "})
    assert reply.status_code == 422
    assert "Enter what you are worried about" in reply.text
    assert REPORT["about"] in reply.text
    assert session.scalars(select(SafeguardingReport)).all() == []


def letters_to(session: Session) -> list[str]:
    rows = select(Message).where(Message.letter == "safeguarding-waits").order_by(Message.id)
    return [row.address for row in session.scalars(rows)]


def test_the_lead_is_told_then_other_leads_then_administrators(
    session: Session, client: FlaskClient, lead: User
) -> None:
    second = accounts.user(Role.SAFEGUARDING)
    admin = accounts.user(Role.ADMIN)
    with clock.frozen(TUESDAY):
        client.post("/worried", data=REPORT)
    assert letters_to(session) == [lead.email]
    for hours, expected in (
        (23, [lead.email]),
        (25, [lead.email, second.email]),
        (26, [lead.email, second.email]),  # nobody is told again
        (49, [lead.email, second.email, admin.email]),
    ):
        now = TUESDAY + timedelta(hours=hours)
        with clock.frozen(now):
            escalation.send_due_letters(now)
        assert letters_to(session) == expected


def test_administrators_are_told_after_one_day_if_there_is_one_lead(
    session: Session, client: FlaskClient, lead: User
) -> None:
    admin = accounts.user(Role.ADMIN)
    friday_before_easter_monday = datetime(2027, 3, 25, 16, 0, tzinfo=clock.LONDON)
    with clock.frozen(friday_before_easter_monday):
        client.post("/worried", data=REPORT)
    for now, expected in (
        (datetime(2027, 3, 30, 15, 0, tzinfo=clock.LONDON), [lead.email]),
        (datetime(2027, 3, 30, 16, 1, tzinfo=clock.LONDON), [lead.email, admin.email]),
    ):
        with clock.frozen(now):
            escalation.send_due_letters(now)
        assert letters_to(session) == expected


def test_administrators_are_told_at_once_if_there_is_no_lead(
    session: Session, client: FlaskClient
) -> None:
    admin = accounts.user(Role.ADMIN)
    client.post("/worried", data=REPORT)
    assert letters_to(session) == [admin.email]


def test_an_opened_message_is_not_escalated(
    session: Session, client: FlaskClient, sign_in: SignIn, lead: User
) -> None:
    accounts.user(Role.ADMIN)
    with clock.frozen(TUESDAY):
        client.post("/worried", data=REPORT)
        sign_in(lead)
        client.post(at(f"/safeguarding/{only_report(session).id}/open"))
    later = TUESDAY + timedelta(days=7)
    with clock.frozen(later):
        assert escalation.send_due_letters(later) == 0
    assert letters_to(session) == [lead.email]
