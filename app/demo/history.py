"""Letters of the past: they count as sent when they were written; none of them goes out now."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.core.actor import Actor
from app.demo import queries, writing
from app.messages.rendering import Facts, render

STILL_TO_DO = timedelta(days=12)  # calls and letters by hand that are younger wait on the list
RUNG_WITHIN = timedelta(days=2)
RUNG = "Spoke with them."


def send_so_far() -> None:
    """What was written by now has gone."""
    writing.mark_sent()


def do_by_hand(office: Actor) -> None:
    """The coordinator has rung and written to everybody for whom it was time."""
    now = clock.now()
    writing.mark_done_by_hand(now - RUNG_WITHIN, now, RUNG, office.user_id)


def keep_texts() -> int:
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
