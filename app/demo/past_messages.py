"""Mark the messages of the demonstration as sent, so that the worker does not send them."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.core.actor import Actor
from app.demo import queries, writing
from app.messages.rendering import ProgrammeFacts, render

KEEP_WAITING = timedelta(days=12)  # newer calls and postal letters stay on the list
CALLED_WITHIN = timedelta(days=2)
CALL_OUTCOME = "Spoke with them."


def mark_electronic_messages_sent() -> None:
    """Mark emails and texts that are due as sent."""
    writing.mark_messages_sent()


def mark_calls_and_post_done(coordinator: Actor) -> None:
    """Mark calls and postal letters that are due as done by the coordinator."""
    now = clock.now()
    writing.mark_manual_messages_done(now - CALLED_WITHIN, now, CALL_OUTCOME, coordinator.user_id)


def store_texts() -> int:
    """Store the rendered text of each message, with masked links. Return the number of messages."""
    facts = ProgrammeFacts.current()
    texts = []
    for row in queries.messages_without_text():
        rendered = render(
            row.letter,
            row.channel,
            row.name,
            row.context,
            facts,
            neutral=row.neutral,
            signs_in=row.user_id is not None,
        )
        texts.append({"id": row.id, "subject": rendered.subject, "text": rendered.stored_text})
    writing.set_message_texts(texts)
    return len(texts)
