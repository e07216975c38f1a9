"""Queries for the delivery status of letters about places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.core import clock
from app.courses import keys
from app.courses.models import Attendee, CourseRun
from app.courses.types import LatestLetter, LetterStatus
from app.messages import queries as messages
from app.messages.types import NO_RECIPIENT, Channel
from app.people.safety.contact_details import contact_instructions_for


def letters_by_attendee(attendee_by_key: Mapping[str, int]) -> dict[int, LatestLetter]:
    """Return the latest letter to each attendee, ignoring withdrawn letters.

    `attendee_by_key` maps the keys of letters to attendee IDs.
    """
    found: dict[int, LatestLetter] = {}
    for row in messages.messages_by_key(tuple(attendee_by_key), also_voided_for=NO_RECIPIENT):
        # A person who enters an email address must not learn that its owner refused letters.
        sent_at = row.sent_at or row.voided_at
        status = (
            LetterStatus.SENT
            if sent_at
            else LetterStatus.CAME_BACK
            if row.failed_at
            else LetterStatus.WAITING
        )
        found[attendee_by_key[row.key]] = LatestLetter(
            row.letter,
            row.channel,
            status,
            on=clock.london_day(sent_at) if sent_at else None,
            by_hand=row.outcome is not None,
        )
    return found


def latest_letters(run: CourseRun, attendee_ids: Iterable[int]) -> dict[int, LatestLetter]:
    """Return the latest letter to each attendee about their place on the run."""
    return letters_by_attendee(
        {
            key: attendee_id
            for attendee_id in attendee_ids
            for key in keys.all_keys(run.id, run.revision, run.completions, attendee_id)
        }
    )


def contact_channels(attendees: Iterable[Attendee]) -> tuple[dict[int, Channel], frozenset[int]]:
    """Return the channel for contacting each attendee, and the IDs of those who want no contact.

    Attendees who cannot be contacted have no channel and are left out.
    """
    people_on_run = list(attendees)
    ids = [attendee.person_id for attendee in people_on_run if attendee.person_id is not None]
    people = contact_instructions_for(ids, clock.today())
    channels: dict[int, Channel] = {}
    silent: set[int] = set()
    for attendee in people_on_run:
        details = people.get(attendee.person_id or 0)
        if details is None:
            if attendee.person_id is None and attendee.email:
                channels[attendee.id] = Channel.EMAIL
        elif details.wishes.silent:
            silent.add(attendee.id)
        elif details.channel is not None:
            channels[attendee.id] = details.channel
    return channels, frozenset(silent)
