"""The status of letters about people's places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import func, or_, select

from app.core import clock
from app.core.db import db
from app.courses import keys
from app.courses.models import Attendee, CourseRun
from app.courses.types import LetterStatus, News
from app.messages.models import Message
from app.messages.types import NOT_ANYBODYS, Channel
from app.people.safety.contact_details import how_to_reach_all


def news(wanted: Mapping[str, int]) -> dict[int, News]:
    """Attendee → the newest of their letters that still counts; `wanted`: key → attendee."""
    rows = db.session.execute(
        select(
            Message.key,
            Message.letter,
            Message.channel,
            # Whoever typed an address must not learn that its owner wants no letters.
            func.coalesce(Message.sent_at, Message.voided_at).label("sent_at"),
            Message.failed_at,
            Message.outcome,
        )
        .where(
            Message.key.in_(tuple(wanted)),
            or_(Message.voided_at.is_(None), Message.void_reason == NOT_ANYBODYS),
        )
        .order_by(Message.id)
    )
    found: dict[int, News] = {}
    for key, letter, channel, sent_at, failed_at, outcome in rows:
        status = (
            LetterStatus.SENT
            if sent_at
            else LetterStatus.CAME_BACK
            if failed_at
            else LetterStatus.WAITS
        )
        found[wanted[key]] = News(
            letter,
            channel,
            status,
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


def reached_by(attendees: Iterable[Attendee]) -> tuple[dict[int, Channel], frozenset[int]]:
    """Attendee → the channel on which they would be told now, without those who can't be reached;
    and those who want no contact.
    """
    everybody = list(attendees)
    ids = [one.person_id for one in everybody if one.person_id is not None]
    people = how_to_reach_all(ids, clock.today())
    channels: dict[int, Channel] = {}
    silent: set[int] = set()
    for one in everybody:
        how = people.get(one.person_id or 0)
        if how is None:
            if one.person_id is None and one.email:
                channels[one.id] = Channel.EMAIL
        elif how.wishes.silent:
            silent.add(one.id)
        elif how.channel is not None:
            channels[one.id] = how.channel
    return channels, frozenset(silent)
