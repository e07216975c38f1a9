"""Ask each person once a year whether they are still taking part, and record the answer.

Each person is asked on their own day of the year. The link in the letter opens a form that does not
require signing in. People who do not answer, and have not been in touch, are added to the call
list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from app.changes import leaving
from app.changes import service as changes
from app.core import clock, links, locks
from app.core.actor import Actor
from app.core.locks import Lock
from app.messages import service as messages
from app.messages.letters import add_letter
from app.messages.types import BY_HAND, Letter, NewMessage, Recipient
from app.people import activity, contact
from app.people.queries.locking import lock_people
from app.people.types import PersonState
from app.reminders.queries import yearly as queries
from app.reminders.queries.obsolete_messages import CALL, CALL_ME, LETTER

PURPOSE = "still-here"
LINK_LIFETIME = timedelta(days=90)
ANSWER_WITHIN = timedelta(days=28)
NOT_NEEDED = "we have heard from the person, or they no longer take part"


class Answer(StrEnum):
    """An answer to the question of whether a person is still taking part."""

    HERE = "here"
    PAUSE = "pause"
    CALL = "call"
    STOP = "stop"
    BACK = "back"  # take part again after stopping


@dataclass(frozen=True)
class Question:
    """The question behind a link. `can_return` is True if the person has left but can come back."""

    actor: Actor
    can_return: bool


def register_letters() -> None:
    """Register the letters of the yearly question."""
    add_letter(Letter(LETTER, _l("Ask whether they are still taking part"), at_any_hour=False))
    add_letter(Letter(CALL, _l("Ask whether they are still taking part"), at_any_hour=False))
    add_letter(Letter(CALL_ME, _l("Call them, because they asked us to")))


def ask_people(actor: Actor, on: date) -> dict[str, int]:
    """Ask people whether they are still taking part, and add calls to those who did not reply.

    Return the counts. Idempotent on the same day.
    """
    locks.acquire(Lock.REMINDERS)
    for message_id in queries.unneeded_calls(on):
        messages.cancel_message(message_id, NOT_NEEDED)
    asked = queries.people_to_ask(on)
    recipients = contact.find_recipients([person_id for person_id, _ in asked], on)
    drafts = [
        _make_question(recipients[person_id], key)
        for person_id, key in asked
        if person_id in recipients
    ]
    unanswered = queries.people_to_call(on, ANSWER_WITHIN)
    entries = contact.call_list_entries([person_id for person_id, _ in unanswered], on)
    calls = [
        NewMessage(CALL, entries[person_id], key)
        for person_id, key in unanswered
        if person_id in entries
    ]
    posted = messages.post_all([*drafts, *calls])
    return {
        "asked": sum(draft.key in posted for draft in drafts),
        "to_call": sum(call.key in posted for call in calls),
    }


def _make_question(recipient: Recipient, key: str) -> NewMessage:
    link: dict[str, Any] | None = None
    if recipient.channel not in BY_HAND:
        link_id = links.create(PURPOSE, recipient.person_id or 0, LINK_LIFETIME)
        link = {"endpoint": "reminders.still_here", "purpose": PURPOSE, "link_id": str(link_id)}
    return NewMessage(LETTER, recipient, key, {"answer": link})


def find_question(token: str) -> Question | None:
    """Return the question behind a link, or None if it can no longer be answered.

    A link can be used more than once, to change the answer.
    """
    subject = links.peek(PURPOSE, token)
    found = lock_people([int(subject)]) if subject else []
    if not found:
        return None
    person = found[0]
    actor = Actor(kind="public", name="a signed link", person_id=person.id)
    state = person.state(clock.today())
    if state is PersonState.LEFT:
        return Question(actor, can_return=True) if leaving.can_undo_leaving(person.id) else None
    return None if person.approved_at is None else Question(actor, can_return=False)


def record_answer(actor: Actor, answer: Answer, until: date | None = None) -> None:
    """Record the actor's answer.

    The actor has followed the link in a letter or is signed in. Raises NotFound if they are not
    able to give this answer, and InvalidInput if the break ends in the past.
    """
    match answer:
        case Answer.BACK:
            leaving.undo_leaving(actor)
        case Answer.STOP:
            leaving.leave_with_undo(actor)
        case Answer.PAUSE:
            changes.start_absence(actor, None, until)
            activity.record_activity(actor, actor.person_id)
        case Answer.HERE | Answer.CALL:
            changes.confirm_activity(actor, None)
    if answer is Answer.CALL and actor.person_id is not None:
        entry = contact.call_list_entries([actor.person_id], clock.today()).get(actor.person_id)
        if entry is not None:
            key = f"{CALL_ME}:{actor.person_id}:{clock.today().isoformat()}"
            messages.post(NewMessage(CALL_ME, entry, key))
