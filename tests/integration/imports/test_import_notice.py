"""Imported people get the privacy notice before any reminder."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM
from app.messages import service as outbox
from app.messages.models import Message
from app.people import notices
from app.people.models import Person
from app.reminders import service as reminders
from tests.integration.imports.lists import Imports, row


@pytest.fixture
def imports(app: Flask, session: Session, tmp_path: Path) -> Imports:
    """Return a runner for the command."""
    return Imports(app, session, tmp_path)


def letters_to(session: Session, name: str) -> list[str]:
    """Return the letters to a person, in the order they were written."""
    query = (
        select(Message.letter)
        .join(Person, Person.id == Message.person_id)
        .where(Person.full_name == name)
        .order_by(Message.id)
    )
    return list(session.scalars(query))


def test_the_notice_is_sent_before_any_reminder(imports: Imports, session: Session) -> None:
    on = clock.today()
    due = on.replace(year=on.year - 3, day=1) + timedelta(days=40)  # expires within a few weeks
    cell = due.strftime("%d/%m/%Y")
    imports.rows(row(1, date=cell), row(2, date=cell, email="", phone="07700 900 125"))
    reminders.run(SYSTEM, on, at_once=True)
    by_email, by_phone = "Listed Person 1", "Listed Person 2"
    assert letters_to(session, by_email) == ["details-received"]
    assert letters_to(session, by_phone) == ["details-received"]
    email, phone = (session.get_one(Message, number) for number in notices.unsent_notices())
    email.sent_at = clock.now()
    outbox.record_manual_contact(SYSTEM, phone.id, "Told them by phone")
    reminders.run(SYSTEM, on, at_once=True)
    for name in (by_email, by_phone):
        assert letters_to(session, name)[:2] == ["details-received", "reminder"]
