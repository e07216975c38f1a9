"""The outbox's verbs: post a message, void it, note what was done by hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, or_

from app.core import audit, clock, registry
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.notify_worker import notify_worker
from app.messages import hours, letters, queries, writing
from app.messages.models import Message
from app.messages.types import (
    BY_HAND,
    LONGEST_OUTCOME,
    NOBODY,
    Category,
    Channel,
    NewMessage,
    Recipient,
    Ruling,
)

NOTIFIED_IN = "worker_notified_in"


def post(draft: NewMessage) -> int | None:
    """Write the message in this transaction; it is sent after the commit.

    Returns the row's id; None when the key is known, and then nothing was written.
    """
    return post_all([draft]).get(draft.key)


def post_all(drafts: Iterable[NewMessage]) -> dict[str, int]:
    """Write many messages at once: key → row's id, of those whose key was not known."""
    now = clock.now()
    every = list(drafts)
    rows = [
        _row(draft, now, ruling)
        for start in range(0, len(every), writing.BATCH)
        for draft, ruling in _with_rulings(every[start : start + writing.BATCH])
    ]
    posted = writing.add(rows)
    if posted:
        _notify_worker_once()
    return posted


def _with_rulings(drafts: Sequence[NewMessage]) -> list[tuple[NewMessage, Ruling]]:
    """Each message, where its recipient's wishes let it go, with what they mean for its words."""
    rulings = [Ruling()] * len(drafts)
    for decide in registry.contact_rulings:
        rulings = decide([draft.recipient for draft in drafts])
    return [
        (_rerouted(draft, ruling), ruling) for draft, ruling in zip(drafts, rulings, strict=True)
    ]


def _rerouted(draft: NewMessage, ruling: Ruling) -> NewMessage:
    """A message that must not go to its address goes where its recipient may be reached; one that
    was for that very mailbox goes to nobody.
    """
    letter = letters.letter(draft.letter)
    if (
        not ruling.blocked
        or (ruling.silent and letter.even_if_silent)
        or (ruling.lately and letter.tells_of_change)
    ):
        return draft
    if ruling.by_call and letter.tells_of_change:
        return _as_a_call(draft, ruling.by_call)
    if ruling.instead is None or letter.only_there:
        return replace(draft, recipient=Recipient(Channel.EMAIL, NOBODY, ""))
    return replace(draft, recipient=ruling.instead)


def _as_a_call(draft: NewMessage, to: Recipient) -> NewMessage:
    """One line a day on the call list, however many addresses the letter was for."""
    key = f"{draft.letter}:call:{to.person_id}:{clock.today().isoformat()}"
    return replace(draft, recipient=to, key=key)


def _row(draft: NewMessage, now: datetime, ruling: Ruling) -> dict[str, Any]:
    letter = letters.letter(draft.letter)
    if letter.category is Category.MARKETING:
        raise ValueError("Marketing needs the recipient's opt-in (PECR), and none is kept yet.")
    recipient = draft.recipient
    soonest = now if letter.at_any_hour else hours.next_open(now)
    return {
        "key": draft.key,
        "letter": letter.name,
        "category": letter.category,
        "channel": recipient.channel,
        "address": recipient.address,
        "name": recipient.name,
        "person_id": recipient.person_id,
        "user_id": recipient.user_id,
        "context": draft.context,
        "neutral": ruling.neutral,
        "created_at": now,
        "send_after": draft.send_after or soonest,
        "attempts": 0,
    }


def _notify_worker_once() -> None:
    """Notify the worker once a transaction, however many messages it posts."""
    session = db.session()
    transaction = session.get_transaction()
    if transaction is None or session.info.get(NOTIFIED_IN) is not transaction:
        session.info[NOTIFIED_IN] = transaction
        notify_worker("messages.send")


def void(message_id: int, reason: str) -> bool:
    """It must not go any more. False: it went already, failed, or was voided before.

    Waits for a worker that is sending this very message, and then comes too late.
    """
    return bool(writing.end(reason, Message.id == message_id))


def hand_over(from_id: int, to_id: int, reason: str) -> None:
    """Two people are one: what waits for the first must not go any more; what went, went to the
    second.
    """
    writing.end(reason, Message.person_id == from_id)
    writing.hand_over(from_id, to_id)


def void_for_user(user_id: int, letter: str, reason: str) -> None:
    """What waits of this letter for a user must not go any more."""
    writing.end(reason, Message.user_id == user_id, Message.letter == letter)


def void_for_person(person_id: int, letter: str, reason: str) -> None:
    """What waits of this letter for a person must not go any more."""
    writing.end(reason, Message.person_id == person_id, Message.letter == letter)


def redirect(
    person_id: int,
    left: Collection[tuple[Channel, str]],
    to: Recipient | None,
    reason: str,
    *,
    lately: bool = False,
    by_call: Recipient | None = None,
) -> None:
    """What waits for a person at places that they `left` goes where they are reached now, or by
    hand if that is how; without such a place, and if its link was for the old one, not at all.

    lately: they left them only by wishes that were set lately (Ruling): what tells of a change
    stays. by_call: the same, and one of what tells of a change goes there (Ruling).
    """
    if not left:
        return
    theirs = queries.addressed_to(person_id, left)
    if lately:
        theirs = and_(theirs, Message.letter.not_in(letters.of_changes()))
    if by_call is not None:
        changed = queries.first_waiting(theirs, letters.of_changes())
        line = {"channel": by_call.channel, "address": by_call.address, "name": by_call.name}
        writing.change(Message.id == changed, line)
    for_there = Message.letter.in_(letters.for_one_place())
    writing.end(reason, theirs, *([for_there] if to is not None else []))
    if to is not None:
        there = {"channel": to.channel, "address": to.address, "attempts": 0, "last_error": None}
        writing.change(theirs, there)
        _notify_worker_once()


def make_neutral(person_id: int, user_id: int | None) -> None:
    """What waits for somebody gets the locked wording."""
    theirs = Message.person_id == person_id
    if user_id is not None:
        theirs = or_(theirs, Message.user_id == user_id)
    writing.change(theirs, {"neutral": True})


def waiting_places(person_id: int) -> set[tuple[Channel, str]]:
    """Where the messages go that wait for a person: pairs of channel and address."""
    return queries.waiting_places(person_id)


def send_now(person_ids: Iterable[int]) -> list[int]:
    """Emails and texts that wait for these people may go now; their ids.

    For runs by hand, which keep no quiet hours: what was posted before must not be overtaken.
    """
    return writing.send_now(person_ids)


def done_by_hand(actor: Actor, message_id: int, outcome: str) -> None:
    """A coordinator rang or wrote: what came of it, in their words.

    For phone and post messages, and for those that could not be delivered. Whether the actor may
    see the recipient is for the caller to ask. Raises InvalidInput, Conflict (done before, or no
    longer wanted) and NotFound.
    """
    outcome = " ".join(outcome.split())
    if not outcome:
        raise InvalidInput(_("Enter what happened"), "outcome")
    if len(outcome) > LONGEST_OUTCOME:
        raise InvalidInput(_("Use %(most)s characters or fewer", most=LONGEST_OUTCOME), "outcome")
    message = queries.locked(message_id)
    if message is None or not (message.channel in BY_HAND or message.failed_at):
        raise NotFound()
    if message.voided_at:
        raise Conflict(
            _("This is no longer needed: %(void_reason)s.", void_reason=message.void_reason)
        )
    if message.sent_at:
        raise Conflict(_("Somebody has done this already."))
    message.sent_at = clock.now()
    message.failed_at = None
    message.outcome = outcome
    message.done_by_user_id = actor.user_id
    db.session.flush()
    audit.record(actor, AuditVerb.MESSAGE_DONE, "messages", message.id)
    for follow in registry.on_done_by_hand:
        follow(actor, message.letter, message.person_id)
