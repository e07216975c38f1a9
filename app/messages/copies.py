"""Messages to nobody in place of a letter to an address that somebody entered.

If the address is that of a person who gets a letter of their own, no second letter is sent to it.
The message to nobody names the person's letter in its context (`COPY_OF`). It waits until the first
attempts to send that letter have an outcome, and gets the outcome that a letter to the address
would have had. What happens to the person's letter later does not change it. Otherwise, whoever
entered the address could learn that its owner has a record.
"""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.messages.models import Message
from app.messages.queries.copies import find_message_by_key
from app.messages.types import COPY_OF, NO_RECIPIENT, Channel

_LOOK_AGAIN_AFTER = timedelta(minutes=1)


def settle(message: Message) -> None:
    """Give a message to nobody the outcome of the letter in its place, if that is known."""
    now, copy = clock.now(), find_message_by_key(message.context.get(COPY_OF) or "")
    if copy is not None and _is_at_entered_address(copy):
        if copy.outcome or (copy.failed_at and not copy.is_in_doubt):
            message.failed_at, message.last_error = now, copy.last_error
            return
        if not (copy.sent_at or copy.voided_at or copy.failed_at):
            message.send_after = max(copy.send_after, now + _LOOK_AGAIN_AFTER)
            return
    sent_at = copy.sent_at if copy is not None else None
    message.voided_at = sent_at if sent_at and sent_at > message.created_at else now
    message.void_reason = NO_RECIPIENT


def _is_at_entered_address(copy: Message) -> bool:
    """Return whether a letter still goes to the address that was entered, and not elsewhere."""
    return copy.channel is Channel.EMAIL and copy.redirects == 0
