"""Who signs in is hidden from readers without the permission, and restored to people who return."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries
from app.applications import approval
from app.changes import service as changes
from app.core import clock
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts, organisations, people
from tests.integration.people import letters


def text(reply: Any) -> str:
    return reply.get_data(as_text=True)


def hidden_champion(email: str) -> Person:
    """Return a champion of only a sensitive network who signs in with this address."""
    network = organisations.network("domestic-abuse-support")
    user = accounts.user(Role.CHAMPION, email=email)
    return people.person(email=email, networks=[network], user=user)


def test_nothing_reveals_that_a_hidden_person_signs_in(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    hidden_champion("known@example.org")
    reader = sign_in(accounts.coordinator(sensitive=False))
    pages_seen = []
    for email in ("known@example.org", "nobody@example.org"):
        person = people.applicant("Ann Smith", email=email)
        page = text(reader.post(at(f"/applications/{person.id}/approve"), follow_redirects=True))
        assert "Approved." in page
        assert "sign in" not in page.partition("<main")[2]
        record = text(reader.get(at(f"/people/{person.id}")))
        assert "Can sign in" not in record
        pages_seen.append(letters.sent_to(session, email)[-1].context)
    assert pages_seen[0] == pages_seen[1]


def test_readers_with_the_permission_see_who_signs_in(client: FlaskClient, sign_in: Any) -> None:
    hidden_champion("known@example.org")
    reader = sign_in(accounts.coordinator())
    for email, sentence in (
        ("known@example.org", "cannot sign in"),
        ("new@example.org", "can sign in"),
    ):
        person = people.applicant(email=email)
        page = text(reader.post(at(f"/applications/{person.id}/approve"), follow_redirects=True))
        assert f"This person {sentence}" in page
        assert "Can sign in" in text(reader.get(at(f"/people/{person.id}")))


def test_person_who_left_and_returns_can_sign_in(
    client: FlaskClient, session: Session, no_attempts: None
) -> None:
    on = clock.today()
    left = people.applicant(email="back@example.org")
    approval.approve(SYSTEM, left.id)
    letters.sign_in(client, session, "back@example.org")
    user_id = left.user_id
    assert user_id is not None
    changes.leave_network(SYSTEM, left.id, "moved away")
    back = people.applicant(email="back@example.org")
    approval.approve(SYSTEM, back.id)
    letters.sign_in(client, session, "back@example.org")
    assert (left.user_id, back.user_id) == (None, user_id)
    assert Role.CHAMPION in queries.roles_held(user_id, on + timedelta(days=1))
    written = session.scalars(
        select(AuditEntry.changes)
        .where(AuditEntry.subject_type == "people", AuditEntry.subject_id == left.id)
        .order_by(AuditEntry.id)
    ).all()
    assert "user_id" in (written[-1] or {})
