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


def notice(of: Person, on: date) -> None:
    """Record that the person was given the privacy notice."""
    db.session.add(
        NoticeGiven(person_id=of.id, version=1, given_at=clock.start_of_day(on), how="test")
    )
    db.session.flush()


def letter_before(of: Person, on: date) -> None:
    """Record an earlier message to the person."""
    at = clock.start_of_day(on)
    db.session.add(
        Message(
            key=f"before:{of.id}",
            letter="sign-in",
            category=Category.SERVICE,
            channel=Channel.EMAIL,
            address="before@example.org",
            name=of.full_name,
            person_id=of.id,
            context={},
            created_at=at,
            send_after=at,
            attempts=1,
            sent_at=at,
        )
    )
    db.session.flush()


def lapsing(of: Person, expires_on: date, kind: str = "mhfa-adult") -> Certificate:
    """Create a confirmed certificate that was recorded when it was awarded."""
    return certificates.certificate(
        of, kind, awarded_on=expires_on - THREE_YEARS, expires_on=expires_on
    )


def holder(
    expires_on: date,
    name: str | None = None,
    *,
    told: bool = True,
    contacted_before: bool = True,
    kind: str = "mhfa-adult",
    **more: Any,
) -> Person:
    """Create a long-standing approved person whose certificate expires on a day.

    With `told` False, the person came from a partner's list and has not had the privacy notice.
    """
    long_ago = clock.today() - timedelta(days=400)
    made = people.person(name, registered_at=clock.start_of_day(long_ago), **more)
    if told:
        notice(made, long_ago)
    else:
        made.source = Source.IMPORT
    if contacted_before:
        letter_before(made, long_ago)
    lapsing(made, expires_on, kind)
    return made
