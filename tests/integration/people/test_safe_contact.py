"""Messages are sent according to the person's contact wishes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.changes import protection
from app.changes.verification_numbers import safe_number
from app.core import clock
from app.core.actor import SYSTEM
from app.messages import service as messages
from app.messages.models import Message
from app.messages.types import NOBODY, Channel, NewMessage, Recipient
from app.people import contact
from app.people.models import Person, PersonContact
from app.people.queries.contacts import find_safe_contact
from app.people.safety import wishes
from app.people.safety.contact_details import contact_instructions
from app.people.safety.types import ContactMethod, ContactPreferences
from app.people.types import ContactKind
from tests.factories import people

PHONE = "+441362656870"


def _point(person: Person, kind: ContactKind) -> PersonContact:
    return next(each for each in person.contacts if each.point.kind is kind)


def _address(person: Person) -> tuple[Channel, str] | None:
    found = contact.find_recipient(person.id)
    return (found.channel, found.address) if found else None


def _message(session: Session, person: Person, letter: str = "approved") -> Message:
    recipient = contact.find_recipient(person.id)
    assert recipient is not None
    return _posted(session, recipient, letter)


def _posted(session: Session, recipient: Recipient, letter: str = "approved") -> Message:
    message_id = messages.post(NewMessage(letter, recipient, f"{letter}:test:{recipient.address}"))
    assert message_id is not None
    return session.get_one(Message, message_id)


def test_without_wishes_another_method_replaces_a_failing_one(session: Session) -> None:
    person = people.person(email="ann@example.org", phone=PHONE)
    assert _address(person) == (Channel.EMAIL, "ann@example.org")
    _point(person, ContactKind.EMAIL).point.failing_since = clock.now()
    assert _address(person) == (Channel.PHONE, PHONE)


def test_for_protected_people_no_method_replaces_another(session: Session) -> None:
    person = people.person(email="ann@example.org", phone=PHONE, protected=True)
    _point(person, ContactKind.EMAIL).point.failing_since = clock.now()
    assert _address(person) == (Channel.PHONE, "")
    found = contact_instructions(person.id, clock.today())
    assert found is not None
    assert found.numbers == ()


def test_safe_method_may_replace_another(session: Session) -> None:
    person = people.person(email="ann@example.org", phone=PHONE, protected=True)
    _point(person, ContactKind.EMAIL).point.failing_since = clock.now()
    _point(person, ContactKind.PHONE).safe_at = clock.now()
    assert _address(person) == (Channel.PHONE, PHONE)


def test_person_with_wishes_is_contacted_only_by_safe_methods(session: Session) -> None:
    person = people.person(email="ann@example.org", phone=PHONE, post="1 High Street\nThetford")
    wishes.record_wishes(SYSTEM, person, ContactPreferences(ways=frozenset({ContactMethod.POST})))
    assert _address(person) == (Channel.POST, "1 High Street\nThetford")
    wishes.record_wishes(SYSTEM, person, ContactPreferences(ways=frozenset({ContactMethod.TEXT})))
    assert _address(person) == (Channel.SMS, PHONE)
    wishes.record_wishes(SYSTEM, person, ContactPreferences(silent=True))
    assert _address(person) is None


def test_wishes_keep_their_history(session: Session) -> None:
    person = people.person(email="ann@example.org", phone=PHONE)
    with clock.frozen(clock.now() - timedelta(days=10)):
        wishes.record_wishes(
            SYSTEM, person, ContactPreferences(ways=frozenset({ContactMethod.CALL}))
        )
    wishes.record_wishes(SYSTEM, person, ContactPreferences(ways=frozenset({ContactMethod.EMAIL})))
    before = find_safe_contact(person.id, clock.today() - timedelta(days=3))
    now = find_safe_contact(person.id, clock.today())
    assert before is not None
    assert now is not None
    assert (before.ways, now.ways) == (["call"], ["email"])


def test_wishes_apply_to_waiting_messages(session: Session) -> None:
    person = people.person(email="ann@example.org", phone=PHONE)
    waiting = _message(session, person)
    wishes.record_wishes(SYSTEM, person, ContactPreferences(ways=frozenset({ContactMethod.CALL})))
    session.refresh(waiting)
    assert (waiting.channel, waiting.address) == (Channel.PHONE, PHONE)
    wishes.record_wishes(SYSTEM, person, ContactPreferences(silent=True))
    session.refresh(waiting)
    assert waiting.voided_at is not None


def test_protection_applies_to_waiting_messages(session: Session) -> None:
    person = people.person(email="ann@example.org", phone=PHONE)
    waiting = _message(session, person)
    assert not waiting.neutral
    protection.protect(SYSTEM, person)
    session.refresh(waiting)
    assert waiting.neutral


def test_no_code_can_post_to_an_unsafe_address(session: Session) -> None:
    person = people.person(email="ann@example.org", phone=PHONE)
    wishes.record_wishes(SYSTEM, person, ContactPreferences(ways=frozenset({ContactMethod.CALL})))
    unsafe = Recipient(Channel.EMAIL, "ann@example.org", "Ann", person.id)
    sent = _posted(session, unsafe)
    assert (sent.channel, sent.address) == (Channel.PHONE, PHONE)
    link = _posted(session, unsafe, "sign-in")
    assert (link.channel, link.address) == (Channel.EMAIL, NOBODY)


def test_sign_in_letters_to_protected_people_are_neutral(session: Session) -> None:
    person = people.champion(protected=True)
    user_id, email = person.user_id, "shared@example.org"
    sent = _posted(session, Recipient(Channel.EMAIL, email, "Ann", user_id=user_id), "sign-in")
    assert sent.neutral


@pytest.mark.parametrize(("hours", "counts"), [(23, False), (25, True)])
def test_number_counts_as_safe_a_day_after_it_was_recorded(
    session: Session, hours: int, counts: bool
) -> None:
    person = people.person(email="ann@example.org", phone=PHONE)
    assert safe_number(person.id, clock.now()) is None
    _point(person, ContactKind.PHONE).safe_at = clock.now() - timedelta(hours=hours)
    session.flush()
    assert safe_number(person.id, clock.now()) == (PHONE if counts else None)


def test_number_that_may_not_be_called_is_not_offered_for_a_check(session: Session) -> None:
    person = people.person(email="ann@example.org", phone=PHONE)
    _point(person, ContactKind.PHONE).safe_at = clock.now() - timedelta(days=3)
    wishes.record_wishes(SYSTEM, person, ContactPreferences(ways=frozenset({ContactMethod.TEXT})))
    assert safe_number(person.id, clock.now()) is None
