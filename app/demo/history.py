"""Letters of the past: they count as sent when they were written; none of them goes out now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select, update

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.messages.models import Message
from app.messages.queries import ELECTRONIC, WAITING
from app.messages.rendering import Facts, render
from app.messages.types import BY_HAND, DEMO_HISTORY

STILL_TO_DO = timedelta(days=12)  # calls and letters by hand that are younger wait on the list
RUNG_WITHIN = timedelta(days=2)
RUNG = "Spoke with them."
_AS_SENT = {"attempts": 1, "provider_reference": DEMO_HISTORY}


def send_so_far() -> None:
    """What was written by now has gone."""
    db.session.execute(
        update(Message)
        .where(WAITING, Message.channel.in_(ELECTRONIC))
        .values(sent_at=func.greatest(Message.created_at, Message.send_after), **_AS_SENT)
        .execution_options(synchronize_session=False)
    )


def do_by_hand(office: Actor) -> None:
    """The coordinator has rung and written to everybody for whom it was time."""
    now = clock.now()
    db.session.execute(
        update(Message)
        .where(WAITING, Message.channel.in_(BY_HAND), Message.created_at < now - RUNG_WITHIN)
        .values(sent_at=now, outcome=RUNG, done_by_user_id=office.user_id, **_AS_SENT)
        .execution_options(synchronize_session=False)
    )


def keep_texts() -> int:
    """Fill in what each of these letters said, with its links masked; returns how many."""
    facts = Facts.current()
    rows: Sequence[Message] = db.session.scalars(
        select(Message)
        .where(Message.provider_reference == DEMO_HISTORY, Message.text.is_(None))
        .order_by(Message.id)
    ).all()
    texts = []
    for row in rows:
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
    if texts:
        db.session.execute(update(Message), texts)
    return len(texts)
