"""The wording of the delivery status of letters about courses."""

from __future__ import annotations

from flask_babel import gettext as _

from app.core import words
from app.courses.types import LatestLetter, LetterStatus, TrainerAccess
from app.messages.types import Channel


def describe_letter_status(letter: LatestLetter | None, *, wants_no_contact: bool = False) -> str:
    """Return a sentence for staff that says how an attendee was told.

    `wants_no_contact` is True if the attendee wants no contact.
    """
    if wants_no_contact and (letter is None or letter.status is LetterStatus.CAME_BACK):
        return str(
            _("No message was sent. Do not contact this person, because they asked us not to")
        )
    if letter is None:
        return str(_("No message was sent. You need to tell them yourself"))
    if letter.status is LetterStatus.CAME_BACK:
        return str(_("Our email could not be delivered. You need to tell them yourself"))
    if letter.status is LetterStatus.WAITING:
        texts: dict[Channel, str] = {
            Channel.PHONE: _("Waiting to be called"),
            Channel.POST: _("Waiting to be sent by post"),
            Channel.SMS: _("Waiting to be sent as a text"),
        }
        return texts.get(letter.channel, str(_("Waiting to be sent by email")))
    return _sent_status(letter)


def _sent_status(letter: LatestLetter) -> str:
    day = words.long_date(letter.on)
    if letter.channel is Channel.PHONE:
        return str(_("Called on %(day)s", day=day))
    if letter.channel is Channel.POST:
        return str(_("Letter posted on %(day)s", day=day))
    if letter.by_hand:
        return str(_("Told in person or by phone on %(day)s", day=day))
    if letter.channel is Channel.SMS:
        return str(_("Sent as a text on %(day)s", day=day))
    return str(_("Sent by email on %(day)s", day=day))


def letter_topic(letter: LatestLetter | None) -> str:
    """Return the topic of a letter, or "" if the letter is only about the attendee's place."""
    subjects: dict[str, str] = {
        "run-changed": _("About the change"),
        "run-cancelled": _("About the cancellation"),
        "run-place-lost": _("About losing their place"),
        "training-recorded": _("About their record"),
        "attendance-recorded": _("About their record"),
        "training-corrected": _("About the correction"),
    }
    return subjects.get(letter.kind, "") if letter else ""


def booked_message(letter: LatestLetter | None) -> str:
    """Return the message that confirms a booking."""
    message = str(_("You have a place."))
    if letter is None or letter.status is LetterStatus.CAME_BACK:
        return f"{message} {_('The details are on this page.')}"
    if letter.needs_call_or_post:
        return f"{message} {_manual_contact(letter)} {_('The details are on this page too.')}"
    if letter.status is LetterStatus.SENT:
        return f"{message} {_('We have told you the details.')}"
    return f"{message} {_('We are sending you the details by email.')}"


def place_given_up_message(letter: LatestLetter | None) -> str:
    """Return the message that confirms that a place was given up."""
    message = str(_("You have given up your place."))
    if letter is None or letter.status is not LetterStatus.WAITING:
        return message
    if letter.needs_call_or_post:
        return f"{message} {_manual_contact(letter)}"
    return f"{message} {_('We are sending you an email to confirm this.')}"


def _manual_contact(letter: LatestLetter) -> str:
    if letter.channel is Channel.PHONE:
        return str(_("Somebody from the team will call you about your booking."))
    return str(_("Somebody from the team will send you a letter."))


def describe_trainer_access(choice: TrainerAccess) -> str:
    """Return a sentence that tells attendees what the trainer can see."""
    texts: dict[TrainerAccess, str] = {
        TrainerAccess.NAME: _("The trainer can see your name and what you need."),
        TrainerAccess.NEEDS: _("The trainer can see what you need, but not your name."),
        TrainerAccess.NOTHING: _("The trainer cannot see your name or what you need."),
    }
    return texts[choice]
