"""Create people whose certificates expire, and earlier messages to them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from app.certificates.models import Certificate
from app.core import clock
from app.core.db import db
from app.messages.models import Message
from app.messages.types import Category, Channel
from app.people.models import NoticeGiven, Person
from app.people.types import Source
from tests.factories import certificates, people

THREE_YEARS = timedelta(days=3 * 365)


def notice(person: Person, on: date) -> None:
    """Record that the person was given the privacy notice."""
    db.session.add(
        NoticeGiven(person_id=person.id, version=1, given_at=clock.start_of_day(on), how="test")
    )
    db.session.flush()


def earlier_letter(person: Person, on: date) -> None:
    """Record an earlier message to the person."""
    at = clock.start_of_day(on)
    db.session.add(
        Message(
            key=f"before:{person.id}",
            letter="sign-in",
            category=Category.SERVICE,
            channel=Channel.EMAIL,
            address="before@example.org",
            name=person.full_name,
            person_id=person.id,
            context={},
            created_at=at,
            send_after=at,
            attempts=1,
            sent_at=at,
        )
    )
    db.session.flush()


def expiring_certificate(person: Person, expires_on: date, kind: str = "mhfa-adult") -> Certificate:
    """Create a confirmed certificate that was recorded when it was awarded."""
    return certificates.certificate(
        person, kind, awarded_on=expires_on - THREE_YEARS, expires_on=expires_on
    )


def holder(
    expires_on: date,
    name: str | None = None,
    *,
    has_notice: bool = True,
    contacted_before: bool = True,
    kind: str = "mhfa-adult",
    **more: Any,
) -> Person:
    """Create a long-standing approved person whose certificate expires on a day.

    With `has_notice` False, they came from a partner's list and have not had the privacy notice.
    """
    long_ago = clock.today() - timedelta(days=400)
    made = people.person(name, registered_at=clock.start_of_day(long_ago), **more)
    if has_notice:
        notice(made, long_ago)
    else:
        made.source = Source.IMPORT
    if contacted_before:
        earlier_letter(made, long_ago)
    expiring_certificate(made, expires_on, kind)
    return made
