"""Messages of the past count as sent when they were written; none goes out now."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.core.actor import Actor
from app.demo import queries, writing
from app.messages.rendering import Facts, render

LEFT_TO_DO = timedelta(days=12)  # calls and letters by hand that are younger wait on the list
CALLED_WITHIN = timedelta(days=2)
CALL_OUTCOME = "Spoke with them."


def mark_electronic_sent() -> None:
    """Mark emails and texts that were due by now as sent."""
    writing.mark_sent()


def mark_calls_and_post_done(office: Actor) -> None:
    """Mark calls and letters that were due by now as done by the coordinator."""
    now = clock.now()
    writing.mark_done_by_hand(now - CALLED_WITHIN, now, CALL_OUTCOME, office.user_id)


def store_texts() -> int:
    """Fill in what each of these letters said, with its links masked; returns how many."""
    facts = Facts.current()
    texts = []
    for row in queries.letters_without_text():
        rendered = render(
            row.letter,
            row.channel,
            row.name,
            row.context,
            facts,
            neutral=row.neutral,
            signs_in=row.user_id is not None,
        )
        texts.append({"id": row.id, "subject": rendered.subject, "text": rendered.kept})
    writing.fill_in(texts)
    return len(texts)
