"""Letters about courses, and the calendar files attached to them.

Each letter has a unique key to prevent it from being sent twice. It is saved in the same
transaction as the change it is about. Its calendar file is built when it is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import clock, programme, public_ids, words
from app.core.actor import Actor
from app.core.calendars import Entry, calendar_file
from app.core.db import db
from app.courses import keys, queries
from app.courses.models import Attendee, CourseRun
from app.courses.queries import holders, rows
from app.courses.types import LatestLetter, RunFacts, SessionTimes
from app.messages import letters, service
from app.messages import queries as messages
from app.messages.types import (
    COPY_OF,
    NO_RECIPIENT,
    TO_NOBODY,
    Attachment,
    Channel,
    Letter,
    NewMessage,
    Recipient,
)
from app.people.contact import find_recipient

if TYPE_CHECKING:
    from app.messages.models import Message


def install() -> None:
    """Register the letters about courses with app.messages.letters."""
    for name, purpose, objection in (
        ("booking-confirmed", _l("Confirm their place on a course"), _reason_not_to_send),
        ("booking-cancelled", _l("Confirm that they have given up a place"), None),
        ("run-changed", _l("Tell them how a course has changed"), _reason_not_to_send),
        ("run-cancelled", _l("Tell them that a course has been cancelled"), None),
        ("run-place-lost", _l("Tell them that they have lost a place on a course"), None),
    ):
        letters.add_letter(Letter(name, purpose, repeatable=True), _attach_calendar, objection)
    for name, purpose in (
        ("held-places-changed", _l("Tell them how a course on which they hold places has changed")),
        (
            "held-places-cancelled",
            _l("Tell them that a course on which they hold places has been cancelled"),
        ),
    ):
        letters.add_letter(Letter(name, purpose, even_if_silent=True))


def notify_of_booking(run: RunFacts, attendee: Attendee) -> None:
    """Send an attendee a confirmation of their place."""
    recipient, key = find_attendee_recipient(attendee), keys.booking_key(attendee.id)
    post_letter(recipient, "booking-confirmed", key, run, attendee)


def notify_of_given_up_place(run: RunFacts, attendee: Attendee) -> None:
    """Send an attendee a confirmation that they no longer have a place.

    A linked person who was told about a change is told too. If they still have another place, they
    are not told, and letters about changes that are waiting are still sent. If the email address
    that was entered for the attendee is the person's own, only the letter to the person is sent.
    """
    recipient, linked = find_attendee_recipient(attendee), holders.current_link(attendee.id)
    copy: dict[str, str] = {}
    if linked is not None and not holders.list_places(run.id, linked.person_id):
        outdated = [each.key for each in _linked_change_letters(run, linked.person_id)]
        service.withdraw_messages(outdated, "the place was given up")
        if was_told_of_change(run, linked.person_id):
            person, key = find_recipient(linked.person_id), keys.linked_giving_up_key(attendee.id)
            post_letter(person, "booking-cancelled", key, run, attendee, cancelled=True)
            if is_same_mailbox(recipient, person):
                recipient, copy = TO_NOBODY, {COPY_OF: key}
    key = keys.giving_up_key(attendee.id)
    post_letter(recipient, "booking-cancelled", key, run, attendee, cancelled=True, **copy)


def was_told_of_change(run: RunFacts, person_id: int, *, sent: bool = False) -> bool:
    """Return whether a linked person may have been told about a change to a run.

    Callers must first withdraw outdated letters, because letters that are still waiting count. With
    `sent`, only letters that cannot be withdrawn count.
    """
    return any(
        not sent or each.sent_at is not None or each.unsettled_at is not None
        for each in _linked_change_letters(run, person_id)
    )


def _linked_change_letters(run: RunFacts, person_id: int) -> list[Message]:
    """Return the letters about changes to a run that a person got because they were linked."""
    wanted = [
        keys.linked_change_key(run.id, revision, attendee_id)
        for attendee_id in holders.list_linked_attendee_ids(run.id, person_id)
        for revision in range(1, run.revision + 1)
    ]
    found = messages.messages_by_key(wanted, also_voided_for=NO_RECIPIENT, also_in_doubt=True)
    return [each for each in found if each.person_id == person_id]


def latest_letter(actor: Actor, run_id: int, attendee_id: int) -> LatestLetter | None:
    """Return the latest letter about a place, or None if there is none.

    If no email address was entered, that is the latest letter to the person linked to the attendee,
    if the actor is allowed to see the link.
    """
    run, attendee = db.session.get_one(CourseRun, run_id), db.session.get_one(Attendee, attendee_id)
    return queries.latest_letters_for(actor, run, [attendee], clock.today()).get(attendee_id)


def wants_no_contact(attendee_id: int) -> bool:
    """Return whether an attendee asked us not to contact them."""
    attendee = db.session.get_one(Attendee, attendee_id)
    return attendee_id in queries.contact_channels([attendee])[1]


def post_letter(
    recipient: Recipient | None,
    letter: str,
    key: str,
    run: RunFacts,
    attendee: Attendee,
    **extra: Any,
) -> None:
    """Post a letter about an attendee's place. Does nothing if `recipient` is None."""
    if recipient is None:
        return
    context = {
        **run_details(run),
        "mine": {"endpoint": "profile.me"},
        "register": {"endpoint": "registration.register_start"},
        "run_id": run.id,
        "attendee_id": attendee.id,
        "known": recipient.person_id is not None,
        "cancelled": False,
        **extra,
    }
    service.post(NewMessage(letter=letter, recipient=recipient, key=key, context=context))


def run_details(run: RunFacts) -> dict[str, Any]:
    """Return the details of a run that all letters about it contain."""
    return {
        "course": run.type.name,
        "days": [format_session(times) for times in run.sessions],
        "venue": format_venue(run),
        "link": run.link,
        "trainer": run.trainer,
        "page": {"endpoint": "courses.run", "values": {"run_id": run.id}},
        "courses": {"endpoint": "courses.catalogue"},
    }


def is_same_mailbox(one: Recipient | None, other: Recipient | None) -> bool:
    """Return whether two recipients have the same channel and address."""
    if one is None or other is None:
        return False
    same_address = one.address.casefold() == other.address.casefold()
    return one.channel is other.channel and same_address


def find_attendee_recipient(attendee: Attendee) -> Recipient | None:
    """Return where to send an attendee's letters, or None. Links to records are ignored."""
    if attendee.person_id is not None:
        return find_recipient(attendee.person_id)
    if attendee.email:
        return Recipient(Channel.EMAIL, attendee.email, attendee.name or "")
    return None


def format_session(times: SessionTimes) -> str:
    """Format the times of a session, such as “Saturday 27 March 2027, 9:30am to 4:30pm”."""
    return _(
        "%(day)s, %(start)s to %(end)s",
        day=words.weekday_date(times.starts_at),
        start=words.short_time(times.starts_at),
        end=words.short_time(times.ends_at),
    )


def format_venue(run: RunFacts) -> str:
    """Return the venue and its postcode."""
    return f"{run.venue}, {run.postcode}" if run.postcode else run.venue


def _reason_not_to_send(message_id: int, context: dict[str, Any]) -> str | None:
    """Return the reason why a letter about a place must not be sent, or None if it can be sent."""
    attendee = db.session.get(Attendee, context["attendee_id"])
    run = db.session.get(CourseRun, context["run_id"])
    message = messages.find_message(message_id)
    if attendee is None:
        return "the place was given up"
    person_id = message.person_id if message is not None else attendee.person_id
    if person_id == attendee.person_id:
        has_place = attendee.cancelled_at is None
    else:
        has_place = person_id is not None and bool(holders.list_places(attendee.run_id, person_id))
    if not has_place:
        is_listed = attendee.cancelled_at is None
        return "the link was undone" if is_listed else "the place was given up"
    if run is None or run.cancelled_at is not None:
        return "the course was cancelled"
    return None


def _attach_calendar(context: dict[str, Any]) -> tuple[Attachment, ...]:
    return (
        Attachment(
            "training.ics", "text/calendar", run_calendar(context["run_id"], context["cancelled"])
        ),
    )


def run_calendar(run_id: int, cancelled: bool) -> bytes:
    """Return a calendar file with the current sessions of a run."""
    run = db.session.get_one(CourseRun, run_id)
    host = urlsplit(current_app.config["PUBLIC_URL"]).hostname or "localhost"
    current_programme = programme.current()
    contact = programme.setting("contact", {})
    return calendar_file(
        [
            Entry(
                f"{public_ids.encode('course_sessions', each.id)}@{host}",
                each.starts_at,
                each.ends_at,
            )
            for each in rows.list_sessions(run_id)
        ],
        sequence=run.revision,
        made_at=clock.now().replace(microsecond=0),
        location=run.link or ", ".join(filter(None, (run.venue, run.venue_postcode))),
        organiser=current_programme.name if current_programme else _("Champion Network"),
        address=contact.get("email") or f"no-reply@{host}",
        cancelled=cancelled,
    )
