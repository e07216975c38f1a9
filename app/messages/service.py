"""Post and void messages, and record calls and letters made by staff."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
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
    TO_NOBODY,
    Category,
    Channel,
    ContactDecision,
    NewMessage,
    Recipient,
)

NOTIFIED_IN = "worker_notified_in"  # the transaction in which the worker was notified


def post(draft: NewMessage) -> int | None:
    """Add the message in this transaction, to be sent after the commit.

    Return the ID of the message, or None if the key already exists.
    """
    return post_all([draft]).get(draft.key)


def post_all(drafts: Iterable[NewMessage]) -> dict[str, int]:
    """Add the messages whose keys are new, and return their IDs by key."""
    now = clock.now()
    all_drafts = list(drafts)
    rows = [
        _message_row(draft, now, decision)
        for start in range(0, len(all_drafts), writing.BATCH)
        for draft, decision in _apply_contact_decisions(all_drafts[start : start + writing.BATCH])
    ]
    posted = writing.add_messages(rows)
    if posted:
        _notify_worker_once()
    return posted


def _apply_contact_decisions(
    drafts: Sequence[NewMessage],
) -> list[tuple[NewMessage, ContactDecision]]:
    """Return each message with its contact decision, with a new recipient if necessary."""
    decisions = _find_contact_decisions([draft.recipient for draft in drafts])
    return [
        (_reroute_draft(draft, decision), decision)
        for draft, decision in zip(drafts, decisions, strict=True)
    ]


def _find_contact_decisions(recipients: Sequence[Recipient]) -> Sequence[ContactDecision]:
    """Return the contact decision for each recipient, based on their wishes."""
    decisions: Sequence[ContactDecision] = [ContactDecision()] * len(recipients)
    for decide in registry.contact_decisions:
        decisions = decide(recipients)
    return decisions


def _reroute_draft(draft: NewMessage, decision: ContactDecision) -> NewMessage:
    """Redirect a message that is blocked to the recipient's other address, or to nobody.

    A letter with a fixed address cannot be redirected.
    """
    letter = letters.find_letter(draft.letter)
    if (
        not decision.blocked
        or (decision.silent and letter.even_if_silent)
        or (decision.recent_only and letter.reports_change)
    ):
        return draft
    if decision.by_call and letter.reports_change:
        return _convert_to_call(draft, decision.by_call)
    if decision.alternative is None or letter.fixed_address:
        return replace(draft, recipient=TO_NOBODY)
    return replace(draft, recipient=decision.alternative)


def _convert_to_call(draft: NewMessage, to: Recipient) -> NewMessage:
    """Convert the message to a call. Several letters on one day become one call."""
    key = f"{draft.letter}:call:{to.person_id}:{clock.today().isoformat()}"
    return replace(draft, recipient=to, key=key)


def _message_row(draft: NewMessage, now: datetime, decision: ContactDecision) -> dict[str, Any]:
    letter = letters.find_letter(draft.letter)
    if letter.category is Category.MARKETING:
        raise ValueError("Marketing needs the recipient's opt-in (PECR), which we do not store.")
    recipient = draft.recipient
    earliest = now if letter.at_any_hour else hours.next_opening(now)
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
        "neutral": decision.neutral,
        "created_at": now,
        "send_after": draft.send_after or earliest,
        "attempts": 0,
    }


def _notify_worker_once() -> None:
    """Notify the worker, once in each transaction."""
    session = db.session()
    transaction = session.get_transaction()
    if transaction is None or session.info.get(NOTIFIED_IN) is not transaction:
        session.info[NOTIFIED_IN] = transaction
        notify_worker("messages.send")


def cancel_message(message_id: int, reason: str) -> bool:
    """Cancel a message. Return False if it has already been sent, voided or failed.

    If a worker is sending the message, wait for the worker and return False.
    """
    return bool(writing.void_messages(reason, Message.id == message_id))


def restore_messages(ids: Collection[int]) -> None:
    """Make cancelled messages wait again."""
    writing.restore_messages(ids)


def withdraw_messages(keys: Iterable[str], reason: str) -> int:
    """Cancel the messages with these keys that are waiting or came back.

    Messages that may have been sent, and would have been sent again, are cancelled too. Return how
    many of the cancelled messages were certainly not delivered.
    """
    return len(writing.withdraw_messages(reason, Message.key.in_(list(keys))))


def reassign_messages(from_id: int, to_id: int, reason: str) -> None:
    """Move a person's messages to another person after a merge, and cancel waiting messages."""
    writing.void_messages(reason, Message.person_id == from_id)
    writing.reassign(from_id, to_id)


def cancel_for_user(user_id: int, letter: str, reason: str) -> None:
    """Cancel a user's waiting messages of this letter."""
    writing.void_messages(reason, Message.user_id == user_id, Message.letter == letter)


def cancel_for_person(person_id: int, letter: str, reason: str) -> None:
    """Cancel a person's waiting messages of this letter."""
    writing.void_messages(reason, Message.person_id == person_id, Message.letter == letter)


def redirect_messages(
    person_id: int,
    old: Collection[tuple[Channel, str]],
    to: Recipient | None,
    reason: str,
    *,
    recent_only: bool = False,
    by_call: Recipient | None = None,
) -> None:
    """Redirect waiting messages from the addresses in `old` to the recipient `to`.

    Messages are cancelled if `to` is None or if the letter has a fixed address. With `recent_only`,
    letters that report a change still go to the old addresses (see ContactDecision). With
    `by_call`, the oldest of those letters becomes a call to the recipient `by_call`.
    """
    if not old:
        return
    condition = queries.is_addressed_to(person_id, old)
    if recent_only:
        condition = and_(condition, Message.letter.not_in(letters.change_report_names()))
    if by_call is not None:
        changed = queries.oldest_waiting_message_id(condition, letters.change_report_names())
        values = {"channel": by_call.channel, "address": by_call.address, "name": by_call.name}
        writing.update_waiting_messages(Message.id == changed, values)
    is_fixed = Message.letter.in_(letters.fixed_address_names())
    writing.void_messages(reason, condition, *([is_fixed] if to is not None else []))
    if to is not None:
        writing.redirect_waiting_messages(condition, {"channel": to.channel, "address": to.address})
        _notify_worker_once()


def leave_to_staff(person_id: int, old: Collection[tuple[Channel, str]], reason: str) -> None:
    """Add waiting emails and texts to the addresses in `old` to the list of people to contact.

    `reason` is why they cannot be sent. Letters with a fixed address are cancelled, and so are
    messages that were already for staff to pass on.
    """
    if old:
        condition = queries.is_addressed_to(person_id, old)
        is_fixed = Message.letter.in_(letters.fixed_address_names())
        writing.void_messages(reason, condition, or_(is_fixed, Message.channel.in_(BY_HAND)))
        writing.stop_waiting_messages(condition, reason)


def resend_undelivered(person_id: int, to: Recipient | None, on: date) -> None:
    """Send a person's undelivered emails again if their messages now go to another email address.

    `to` is the person's current channel and address. Emails that could not be delivered to that
    address are not sent again, nor are emails that are no longer needed. If `to` is not an email
    address, they stay on the call list.
    """
    if to is None or to.channel is not Channel.EMAIL:
        return
    undelivered = [
        (message_id, letters.find_letter(letter).at_any_hour)
        for message_id, letter, address in queries.undelivered_emails(
            person_id, on, letters.fixed_address_names()
        )
        if address.casefold() != to.address.casefold()
    ]
    if not undelivered:
        return
    (decision,) = _find_contact_decisions([to])
    if decision.blocked:
        return
    values = {"address": to.address} | ({"neutral": True} if decision.neutral else {})
    now, resent = clock.now(), False
    for at_any_hour, send_after in ((True, now), (False, hours.next_opening(now))):
        ids = [message_id for message_id, any_hour in undelivered if any_hour is at_any_hour]
        resent |= writing.resend_undelivered(ids, values | {"send_after": send_after})
    if resent:
        _notify_worker_once()


def make_messages_neutral(person_id: int, user_id: int | None, emails: Collection[str]) -> None:
    """Use the fixed text for a person's waiting messages.

    This includes messages to one of their email addresses that name neither a person nor a user.
    """
    condition = or_(Message.person_id == person_id, queries.is_addressed_only_to(emails))
    if user_id is not None:
        condition = or_(condition, Message.user_id == user_id)
    writing.update_waiting_messages(condition, {"neutral": True})


def rename_recipient(person_id: int, before: str, after: str) -> None:
    """Use a person's new name in their unsent messages."""
    writing.rename_recipient(person_id, before, after)


def destinations_of_waiting_messages(person_id: int) -> set[tuple[Channel, str]]:
    """Return the channels and addresses of the messages that are waiting for a person."""
    return queries.destinations_of_waiting_messages(person_id)


def skip_quiet_hours(person_ids: Iterable[int]) -> list[int]:
    """Allow waiting emails and texts for these people to be sent now, even during quiet hours.

    Return their IDs.
    """
    return writing.skip_quiet_hours(person_ids)


def record_manual_contact(actor: Actor, message_id: int, outcome: str) -> None:
    """Record that a coordinator called or wrote, and the outcome in their words.

    Use this for phone and post messages, and for messages that could not be delivered. Callers must
    check that the actor is allowed to see the recipient. Raises InvalidInput, NotFound, or Conflict
    if the message has already been recorded or is no longer needed.
    """
    outcome = " ".join(outcome.split())
    if not outcome:
        raise InvalidInput(_("Enter what happened"), "outcome")
    if len(outcome) > LONGEST_OUTCOME:
        raise InvalidInput(_("Use %(most)s characters or fewer", most=LONGEST_OUTCOME), "outcome")
    message = queries.lock_message(message_id)
    if message is None or not (message.channel in BY_HAND or message.failed_at):
        raise NotFound()
    if message.voided_at:
        raise Conflict(
            _("This is no longer needed: %(void_reason)s.", void_reason=message.void_reason)
        )
    if message.sent_at:
        raise Conflict(_("This has already been done."))
    message.sent_at = clock.now()
    message.failed_at = None
    message.outcome = outcome
    message.done_by_user_id = actor.user_id
    db.session.flush()
    audit.record(actor, AuditVerb.MESSAGE_DONE, "messages", message.id)
    for hook in registry.on_done_by_hand:
        hook(actor, message.letter, message.person_id)
