"""Emails that came back, when a choice of the person makes another address usable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.changes import delayed_changes, effects, protection
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.courses import notifications
from app.courses.running import get_current_run
from app.messages.models import Message
from app.people.models import Person
from app.people.safety import wishes
from app.people.safety.models import DelayedChange
from app.people.safety.types import ContactMethod, ContactPreferences, DelayedChangeKind
from app.people.types import ContactKind
from tests.addresses import at
from tests.factories import courses, people
from tests.integration.changes.test_address_ends import coordinator_browser, me, page, user
from tests.telling import TOLD_BY_PHONE

__all__ = ["coordinator_browser", "me", "page", "user"]
pytestmark = pytest.mark.usefixtures("no_attempts")
NEW, NUMBER = "ann@new.example", "+447700900123"
Change = Callable[[FlaskClient, FlaskClient, Person], object]


@pytest.fixture
def returned_email(session: Session, me: Person) -> Message:
    """Return an email that came back. The person has another address since, and a number."""
    run = courses.run(clock.today() + timedelta(days=30))
    notifications.notify_of_booking(get_current_run(run.id), courses.attendee(run, me))
    for each in me.contacts:
        each.point.failing_since = clock.now()
    people.contact(me, ContactKind.PHONE, NUMBER)
    people.contact(me, ContactKind.EMAIL, NEW)
    message = session.scalars(select(Message)).one()
    message.failed_at, message.last_error = clock.now(), "550 5.1.1 no such user"
    session.flush()
    session.expire_all()
    return message


def by_phone_only(person: Person) -> None:
    wishes.record_wishes(SYSTEM, person, ContactPreferences(ways=frozenset({ContactMethod.CALL})))


def apply_later(person: Person, kind: DelayedChangeKind, detail: dict[str, object]) -> None:
    """Apply a change as the worker does, a day after we called about it."""
    delayed_changes.request_delayed_change(SYSTEM, person, kind, detail)
    db.session.scalars(select(DelayedChange)).one().due_at = clock.now()
    assert effects.apply_due_changes(clock.now()) == 1


def own_wishes(mine: FlaskClient, _staff: FlaskClient, person: Person) -> None:
    by_phone_only(person)
    reply = mine.post("/me/contact/safe", data={"how": "any"})
    assert reply.status_code in (302, 303), reply.text


def own_preference(mine: FlaskClient, _staff: FlaskClient, person: Person) -> None:
    person.preferred = ContactKind.PHONE
    mine.post("/me/contact", data={"email": NEW, "phone": NUMBER, "preferred": "email"})


def staff_preference(_mine: FlaskClient, staff: FlaskClient, person: Person) -> None:
    person.preferred = ContactKind.PHONE
    data = {**TOLD_BY_PHONE, "email": NEW, "phone": NUMBER, "preferred": "email"}
    staff.post(at(f"/people/{person.id}/contact"), data=data)


def later_preference(_mine: FlaskClient, _staff: FlaskClient, person: Person) -> None:
    person.preferred = ContactKind.PHONE
    apply_later(person, DelayedChangeKind.SET_PREFERENCE, {"kind": "email"})


def later_wishes(_mine: FlaskClient, _staff: FlaskClient, person: Person) -> None:
    by_phone_only(person)
    apply_later(person, DelayedChangeKind.CHANGE_WISHES, {"wishes": None})


def end_of_protection(_mine: FlaskClient, _staff: FlaskClient, person: Person) -> None:
    person.preferred = ContactKind.PHONE
    protection.protect(SYSTEM, person)
    person.preferred = None
    protection.unprotect(SYSTEM, person)


@pytest.mark.parametrize(
    "change",
    [
        own_wishes,
        own_preference,
        staff_preference,
        later_preference,
        later_wishes,
        end_of_protection,
    ],
)
def test_an_email_is_sent_again_when_a_choice_makes_another_address_usable(
    session: Session,
    page: FlaskClient,
    coordinator_browser: FlaskClient,
    me: Person,
    returned_email: Message,
    change: Change,
) -> None:
    """It stayed on the call list, as only a new address sent it again."""
    change(page, coordinator_browser, me)
    session.expire_all()
    assert (returned_email.address, returned_email.failed_at) == (NEW, None)


def test_an_email_stays_on_the_call_list_if_the_person_wants_calls(
    session: Session, me: Person, returned_email: Message
) -> None:
    by_phone_only(me)
    session.expire_all()
    assert returned_email.address != NEW
    assert returned_email.failed_at is not None
