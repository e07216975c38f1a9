"""What became of the letters about people's places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.courses import keys
from app.courses.models import Attendee, CourseRun
from app.courses.types import Became, News
from app.messages.models import Message
from app.messages.types import Channel
from app.people.contact import recipients_of


def news(wanted: Mapping[str, int]) -> dict[int, News]:
    """Attendee → the newest of their letters that still counts; `wanted`: key → attendee."""
    rows = db.session.execute(
        select(
            Message.key,
            Message.letter,
            Message.channel,
            Message.sent_at,
            Message.failed_at,
            Message.outcome,
        )
        .where(Message.key.in_(tuple(wanted)), Message.voided_at.is_(None))
        .order_by(Message.id)
    )
    found: dict[int, News] = {}
    for key, letter, channel, sent_at, failed_at, outcome in rows:
        became = Became.SENT if sent_at else Became.CAME_BACK if failed_at else Became.WAITS
        found[wanted[key]] = News(
            letter,
            channel,
            became,
            on=clock.london_day(sent_at) if sent_at else None,
            by_hand=outcome is not None,
        )
    return found


def latest_news(run: CourseRun, attendee_ids: Iterable[int]) -> dict[int, News]:
    """The same, of everything that may have been said about their places on the run."""
    return news(
        {
            key: attendee_id
            for attendee_id in attendee_ids
            for key in keys.every(run.id, run.revision, run.completions, attendee_id)
        }
    )


def reached_by(attendees: Iterable[Attendee]) -> dict[int, Channel]:
    """Attendee → the channel on which they would be told now; nobody who can't be reached."""
    everybody = list(attendees)
    people = recipients_of([one.person_id for one in everybody if one.person_id is not None])
    found = {one.id: people[one.person_id].channel for one in everybody if one.person_id in people}
    return found | {
        one.id: Channel.EMAIL for one in everybody if one.person_id is None and one.email
    }
