"""Queries for the delivery status of letters about places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from app.core import clock
from app.core.actor import Actor, Scope
from app.courses import keys
from app.courses.models import Attendee, CourseRun
from app.courses.queries import holders
from app.courses.types import LatestLetter, LetterStatus
from app.messages import queries as messages
from app.messages.types import NO_RECIPIENT, Channel
from app.people.queries import visible_names
from app.people.safety.contact_details import contact_instructions_for


def letters_by_attendee(
    attendee_by_key: Mapping[str, int], people: Mapping[int, int] | None = None
) -> dict[int, LatestLetter]:
    """Return the latest letter to each attendee, ignoring withdrawn letters.

    `attendee_by_key` maps the keys of letters to attendee IDs. With `people`, which maps attendee
    IDs to person IDs, letters to anybody else are ignored.
    """
    found: dict[int, LatestLetter] = {}
    for row in messages.messages_by_key(tuple(attendee_by_key), also_voided_for=NO_RECIPIENT):
        if people is not None and row.person_id != people[attendee_by_key[row.key]]:
            continue
        # A person who enters an email address must not learn that its owner refused letters, or
        # that somebody with a record got the letter instead.
        sent_at = row.sent_at or row.voided_at
        status = LetterStatus.CAME_BACK if row.failed_at else LetterStatus.WAITING
        found[attendee_by_key[row.key]] = LatestLetter(
            row.letter,
            row.channel,
            LetterStatus.SENT if sent_at else status,
            on=clock.london_day(sent_at) if sent_at else None,
            by_hand=row.outcome is not None,
        )
    return found


def latest_letters_for(
    actor: Actor, run: CourseRun, attendees: Iterable[Attendee], on: date
) -> dict[int, LatestLetter]:
    """Return the latest letter about the place of each attendee.

    For attendees added without an email address, that is the latest letter to the person linked to
    them, if the actor is allowed to see the link. It may be about a place that the person booked.
    For attendees who have been removed, only a letter about that counts.
    """
    wanted = list(attendees)
    removed = {each.id for each in wanted if each.cancelled_at is not None}
    unaddressed = [each for each in wanted if each.person_id is None and not each.email]
    people = visible_linked_people(actor, run, unaddressed, on)
    hidden = {
        key: link.attendee_id
        for link in (holders.list_links(list(people)) if people else ())
        if link.undone_at is None
        for key in keys.linked_keys(run, link.attendee_id, link.id)
        if link.attendee_id not in removed or key == keys.linked_giving_up_key(link.attendee_id)
    }
    shown = {
        key: each.id
        for each in wanted
        for key in keys.all_keys(run.id, run.revision, run.completions, each.id)
        if each.id not in removed or key == keys.giving_up_key(each.id)
    }
    found = letters_by_attendee(hidden, people) if hidden else {}
    found |= letters_by_attendee(shown)
    own = {each.person_id: found[each.id] for each in wanted if each.id in found}
    return {key: own[each] for key, each in people.items() if each in own} | found


def visible_linked_people(
    actor: Actor,
    run: CourseRun,
    attendees: Iterable[Attendee],
    on: date,
    new_trainer_user_id: int | None = None,
) -> dict[int, int]:
    """Return the people linked to attendees who were added by name, by attendee ID.

    People hidden from the actor are left out. Returns nothing for the trainer of the run, or its
    new trainer, who must not learn whether an attendee has a record.
    """
    is_trainer = actor.user_id in (run.trainer_user_id, new_trainer_user_id)
    if is_trainer or not actor.may("attendees:link"):
        return {}
    added_by_name = [each for each in attendees if each.person_id is None]
    linked = holders.person_ids_by_attendee(added_by_name)
    names = visible_names(Scope.for_actor(actor), set(linked.values()), on)
    return {key: person_id for key, person_id in linked.items() if person_id in names}


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
