"""Letters that tell people that a run has changed or been cancelled.

They share their keys and calendar files with the other letters about courses
(app/courses/notifications.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from app.core import clock, words
from app.core.db import db
from app.courses import keys, notifications, queries, suitability
from app.courses.models import Attendee, Booking, CourseRun
from app.courses.queries import holders, rows
from app.courses.suitability import UnsuitableReason
from app.courses.types import LatestLetter, LetterStatus, RollEntry, RunFacts
from app.messages import service
from app.messages.types import COPY_OF, TO_NOBODY, NewMessage, Recipient
from app.people.contact import find_recipient


def notify_of_change(run: RunFacts) -> None:
    """Tell everybody on a run about a change to its times, venue or trainer.

    The letter tells people why if they cannot attend on the run's days. If the email address that
    was entered for an attendee is the linked person's own, only the letter to the person is sent.
    Otherwise the address may belong to whoever added the attendee, so it is not told why.
    """
    attendees = rows.list_attendees(run.id)
    _withdraw_outdated_messages(run, rows.attendee_ids_ever_on(run.id))
    linked = holders.linked_people(attendees)
    for attendee in attendees:
        recipient = notifications.find_attendee_recipient(attendee)
        problem, copy = _problem_with_days(run, attendee, attendee.person_id), {}
        if attendee.id in linked:
            person = _notify_linked_person(run, attendee, linked[attendee.id])
            if notifications.is_same_mailbox(recipient, person):
                recipient = TO_NOBODY
                copy = {COPY_OF: keys.linked_change_key(run.id, run.revision, attendee.id)}
        key = keys.change_key(run.id, run.revision, attendee.id)
        notifications.post_letter(
            recipient, "run-changed", key, run, attendee, problem=problem, **copy
        )


def _problem_with_days(run: RunFacts, attendee: Attendee, person_id: int | None) -> str:
    """Return a sentence that tells a person why they cannot attend on the run's days, or ""."""
    if person_id is None:
        return ""
    earlier_seen = attendee.earlier_seen_at is not None
    reason = suitability.find_date_problem(person_id, run, earlier_seen=earlier_seen)
    return suitability.explain_to_person(reason, run) if reason else ""


def _notify_linked_person(run: RunFacts, attendee: Attendee, person_id: int) -> Recipient | None:
    """Tell the person linked to an attendee about a change, and return the recipient.

    The letter is sent only if they cannot attend on the run's days, or if they may have been told
    about an earlier change. Returns None if it is not sent.
    """
    problem = _problem_with_days(run, attendee, person_id)
    if not problem and not notifications.was_told_of_change(run, person_id):
        return None
    person, key = find_recipient(person_id), keys.linked_change_key
    new = key(run.id, run.revision, attendee.id)
    notifications.post_letter(person, "run-changed", new, run, attendee, problem=problem)
    return person


def notify_of_lost_place(run: RunFacts, attendee: Attendee, reason: UnsuitableReason) -> None:
    """Tell an attendee that they have lost their place, and suggest other dates."""
    _withdraw_outdated_messages(run, [attendee.id])
    notifications.post_letter(
        notifications.find_attendee_recipient(attendee),
        "run-place-lost",
        keys.lost_place_key(run.id, run.revision, attendee.id),
        run,
        attendee,
        cancelled=True,
        reason=suitability.explain_to_person(reason, run),
        others=_alternatives_as_context(attendee.person_id, run),
    )


def notify_of_cancellation(run: RunFacts) -> None:
    """Tell everybody on a run that it has been cancelled, and suggest other dates.

    A linked person who was told about a change is told too. If the email address that was entered
    for the attendee is the person's own, only the letter to the person is sent.
    """
    attendees = rows.list_attendees(run.id)
    _withdraw_outdated_messages(run, rows.attendee_ids_ever_on(run.id))
    linked = holders.linked_people(attendees)
    for attendee in attendees:
        recipient = notifications.find_attendee_recipient(attendee)
        person_id, copy = linked.get(attendee.id), {}
        if person_id and notifications.was_told_of_change(run, person_id):
            person = find_recipient(person_id)
            key = keys.linked_cancellation_key(run.id, attendee.id)
            _post_cancellation(person, key, run, attendee, person_id)
            if notifications.is_same_mailbox(recipient, person):
                recipient, copy = TO_NOBODY, {COPY_OF: key}
        key = keys.cancellation_key(run.id, attendee.id)
        _post_cancellation(recipient, key, run, attendee, attendee.person_id, **copy)


def _post_cancellation(
    recipient: Recipient | None,
    key: str,
    run: RunFacts,
    attendee: Attendee,
    person_id: int | None,
    **copy: str,
) -> None:
    details = {"cancelled": True, "reason": run.cancel_reason or "", **copy}
    others = _alternatives_as_context(person_id, run)
    notifications.post_letter(
        recipient, "run-cancelled", key, run, attendee, others=others, **details
    )


def notify_holders(
    letter: str, run: RunFacts, holders: Iterable[tuple[Booking, Recipient]]
) -> None:
    """Tell users who hold unnamed places on a run about a change or cancellation.

    Each user gets one letter. Letters to these users about earlier changes that are waiting or came
    back are withdrawn.
    """
    places: dict[Recipient, int] = {}
    for booking, recipient in holders:
        places[recipient] = places.get(recipient, 0) + booking.headcount
    _withdraw_messages(
        _holder_key("held-places-changed", run.id, revision, recipient.user_id or 0)
        for recipient in places
        for revision in range(1, run.revision)
    )
    for recipient, number in places.items():
        service.post(
            NewMessage(
                letter=letter,
                recipient=recipient,
                key=_holder_key(letter, run.id, run.revision, recipient.user_id or 0),
                context=notifications.run_details(run)
                | {
                    "places": number,
                    "reason": run.cancel_reason or "",
                    "others": _to_context(suitability.alternative_runs(None, run, clock.today())),
                },
            )
        )


def _holder_key(letter: str, run_id: int, revision: int, user_id: int) -> str:
    """Return the key of the letter to a user who holds unnamed places on a run."""
    return f"{letter}:{run_id}:{revision}:{user_id}"


def _alternatives_as_context(person_id: int | None, run: RunFacts) -> list[dict[str, Any]]:
    return _to_context(suitability.alternative_runs(person_id, run, clock.today()))


def _to_context(runs: Iterable[RunFacts]) -> list[dict[str, Any]]:
    """Return the runs in the form that letters use."""
    return [
        {
            "course": other.type.name,
            "day": words.weekday_date(other.first_day),
            "venue": other.venue,
            "page": {"endpoint": "courses.run", "values": {"run_id": other.id}},
        }
        for other in runs
    ]


def _withdraw_outdated_messages(run: RunFacts, attendee_ids: Iterable[int]) -> None:
    """Withdraw letters with earlier details of a run that are waiting or came back."""
    _withdraw_messages(
        key
        for attendee_id in attendee_ids
        for key in (
            keys.booking_key(attendee_id),
            *(
                key(run.id, revision, attendee_id)
                for key in (keys.change_key, keys.linked_change_key)
                for revision in range(1, run.revision)
            ),
        )
    )


def _withdraw_messages(outdated: Iterable[str]) -> None:
    service.withdraw_messages(outdated, "the course has changed again")


def add_change_letters(run_id: int, entries: Iterable[RollEntry]) -> list[RollEntry]:
    """Return the roll entries with only the letters about the latest change to the run."""
    run = db.session.get_one(CourseRun, run_id)
    people = list(entries)
    found = queries.letters_by_attendee(
        {
            key(run_id, run.revision, entry.attendee_id): entry.attendee_id
            for entry in people
            for key in (keys.change_key, keys.lost_place_key)
        }
    )
    return [_add_letter(entry, found, "run-changed") for entry in people]


def add_cancellation_letters(run_id: int, entries: Iterable[RollEntry]) -> list[RollEntry]:
    """Return the roll entries with only the letters about the cancellation of the run."""
    people = list(entries)
    found = queries.letters_by_attendee(
        {keys.cancellation_key(run_id, entry.attendee_id): entry.attendee_id for entry in people}
    )
    return [_add_letter(entry, found, "run-cancelled") for entry in people]


def _add_letter(entry: RollEntry, found: Mapping[int, LatestLetter], kind: str) -> RollEntry:
    """Return a roll entry with its letter.

    The letters of people who are told because they were linked to an attendee are not in `found`.
    """
    letter = found.get(entry.attendee_id)
    if letter is None and entry.person_id is None and entry.channel is not None:
        letter = LatestLetter(kind, entry.channel, LetterStatus.WAITING)
    return replace(entry, letter=letter)
