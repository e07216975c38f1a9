"""Posting messages, voiding them, and recording what was done by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.audit import AuditEntry
from app.core.clock import london_instant
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.permissions import Role
from app.messages import service
from app.messages.letters import add_letter
from app.messages.models import Message
from app.messages.types import Category, Channel, Letter
from tests.factories import messages as make

COORDINATOR = Actor("user", "Cora", user_id=7, roles=frozenset({Role.COORDINATOR}))
pytestmark = pytest.mark.usefixtures("letter")


def test_an_existing_key_posts_nothing(session: Session) -> None:
    assert service.post(make.draft(key="once")) is not None
    assert service.post(make.draft("another@example.org", key="once")) is None
    assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_of_many_messages_only_those_with_new_keys_are_posted(session: Session) -> None:
    service.post(make.draft(key="k:1"))
    posted = service.post_all(make.draft(key=f"k:{number}") for number in range(2_500))
    assert len(posted) == 2_499
    assert "k:1" not in posted


def test_an_unregistered_letter_is_an_error(session: Session) -> None:
    with pytest.raises(LookupError, match="nothing-like-it"):
        service.post(make.draft(letter="nothing-like-it"))


def test_marketing_is_refused_without_an_opt_in(session: Session) -> None:
    add_letter(Letter("test-offer", "to sell", category=Category.MARKETING))
    with pytest.raises(ValueError, match="opt-in"):
        service.post(make.draft(letter="test-offer"))


def test_a_letter_that_can_wait_is_sent_in_the_morning(
    session: Session, letter: Callable[..., None]
) -> None:
    letter("test-slow", can_wait=True)
    evening = london_instant(date(2027, 3, 27), time(21))
    with clock.frozen(evening):
        slow, quick = make.message(letter="test-slow"), make.message()
        message = make.message(letter="test-slow", send_after=evening)
    assert slow.send_after == london_instant(date(2027, 3, 28), time(8))
    assert quick.send_after == evening
    assert message.send_after == evening


def test_a_voided_message_stays_voided(session: Session) -> None:
    waiting = make.message()
    assert service.cancel_message(waiting.id, "renewed")
    assert not service.cancel_message(waiting.id, "left")
    session.refresh(waiting)
    assert waiting.void_reason == "renewed"


def test_what_was_done_by_hand_is_recorded_once_and_audited(session: Session) -> None:
    call = make.message("01362 000000", channel=Channel.PHONE)
    service.record_manual_contact(COORDINATOR, call.id, "  Will book\n in May ")
    assert call.outcome == "Will book in May"
    assert call.sent_at is not None
    assert call.done_by_user_id == 7
    with pytest.raises(Conflict):
        service.record_manual_contact(COORDINATOR, call.id, "Again")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "message.done")).one()
    assert (entry.subject_id, entry.actor_user_id) == (call.id, 7)
    assert "May" not in str(entry.changes)


@pytest.mark.parametrize("outcome", ["", "   ", "x" * 201])
def test_an_outcome_must_not_be_empty_or_too_long(session: Session, outcome: str) -> None:
    call = make.message("01362 000000", channel=Channel.PHONE)
    with pytest.raises(InvalidInput) as raised:
        service.record_manual_contact(COORDINATOR, call.id, outcome)
    assert raised.value.field == "outcome"


def test_an_automatic_message_cannot_be_done_by_hand(session: Session) -> None:
    with pytest.raises(NotFound):
        service.record_manual_contact(COORDINATOR, make.message().id, "Rang")
    with pytest.raises(NotFound):
        service.record_manual_contact(COORDINATOR, 999_999_999, "Rang")


def test_a_voided_message_says_why_it_is_no_longer_needed(session: Session) -> None:
    call = make.message("01362 000000", channel=Channel.PHONE)
    service.cancel_message(call.id, "renewed")
    session.refresh(call)
    with pytest.raises(Conflict, match="renewed"):
        service.record_manual_contact(COORDINATOR, call.id, "Rang")
