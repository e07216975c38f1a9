"""What this room says of letters: true for each channel, and for what became of it."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import words
from app.courses.types import LetterStatus, News, OnRoll, TrainerReads
from app.messages.types import BY_HAND, Channel


def to_staff(news: News | None, *, silent: bool = False) -> str:
    """How somebody was told, for who manages the run. silent: they want no contact."""
    if silent and (news is None or news.status is LetterStatus.CAME_BACK):
        return str(_("Nothing was sent. Do not contact them, because they asked us not to"))
    if news is None:
        return str(_("Nothing was sent. Tell them yourself"))
    if news.status is LetterStatus.CAME_BACK:
        return str(_("Our email came back. Tell them yourself"))
    if news.status is LetterStatus.WAITS:
        waits: dict[Channel, str] = {
            Channel.PHONE: _("Waiting for a call"),
            Channel.POST: _("Waiting for a letter by post"),
            Channel.SMS: _("Waiting to be sent as a text"),
        }
        return waits.get(news.channel, str(_("Waiting to be sent by email")))
    return _done(news)


def _done(news: News) -> str:
    day = words.long_date(news.on)
    if news.channel is Channel.PHONE:
        return str(_("Called on %(day)s", day=day))
    if news.channel is Channel.POST:
        return str(_("Letter posted on %(day)s", day=day))
    if news.by_hand:
        return str(_("Told in person or by phone on %(day)s", day=day))
    if news.channel is Channel.SMS:
        return str(_("Sent as a text on %(day)s", day=day))
    return str(_("Sent by email on %(day)s", day=day))


def about(news: News | None) -> str:
    """What the letter was about, where that is not simply their place."""
    subjects: dict[str, str] = {
        "run-changed": _("About the change"),
        "run-cancelled": _("About the cancellation"),
        "training-recorded": _("About their record"),
        "training-corrected": _("About the correction"),
    }
    return subjects.get(news.letter, "") if news else ""


def booked_own(news: News | None) -> str:
    """To a champion who has just booked."""
    place = str(_("You have a place."))
    if news is None or news.status is LetterStatus.CAME_BACK:
        return f"{place} {_('The details are on this page.')}"
    if news.waits_for_somebody:
        return f"{place} {_by_hand(news)} {_('The details are on this page too.')}"
    if news.status is LetterStatus.SENT:
        return f"{place} {_('We have told you the details.')}"
    return f"{place} {_('We are sending you the details by email.')}"


def gave_up_own(news: News | None) -> str:
    """To a champion who has just given up a place."""
    given = str(_("You have given up your place."))
    if news is None or news.status is not LetterStatus.WAITS:
        return given
    if news.waits_for_somebody:
        return f"{given} {_by_hand(news)}"
    return f"{given} {_('We are sending you an email that says so.')}"


def _by_hand(news: News) -> str:
    if news.channel is Channel.PHONE:
        return str(_("Somebody from the team will call you about it."))
    return str(_("Somebody from the team will write to you by post."))


def told(people: Iterable[OnRoll]) -> str:
    """How the people on a run are told of what was just done: sentences, or nothing."""
    by_email = by_hand = 0
    yourself, silent = [], []
    for one in people:
        if one.silent:
            silent.append(one.name)
        elif one.news is None or one.news.status is LetterStatus.CAME_BACK:
            yourself.append(one.name)
        elif one.news.channel in BY_HAND:
            by_hand += 1
        else:
            by_email += 1
    return _sentences(by_email, by_hand, yourself, silent)


def will_be_told(people: Iterable[OnRoll]) -> str:
    """The same before it is done."""
    everybody = list(people)
    by_hand = sum(1 for one in everybody if one.channel in BY_HAND)
    silent = [one.name for one in everybody if one.silent]
    yourself = [one.name for one in everybody if one.channel is None and not one.silent]
    by_email = len(everybody) - by_hand - len(yourself) - len(silent)
    return _sentences(by_email, by_hand, yourself, silent)


def _sentences(by_email: int, by_hand: int, yourself: list[str], silent: list[str]) -> str:
    said = []
    if by_email:
        said.append(
            ngettext(
                "We are telling %(num)s person by email.",
                "We are telling %(num)s people by email.",
                by_email,
            )
        )
    if by_hand:
        said.append(
            ngettext(
                "%(num)s person has been added to the list of people to call or write to.",
                "%(num)s people have been added to the list of people to call or write to.",
                by_hand,
            )
        )
    if yourself:
        said.append(_("Tell these people yourself: %(names)s.", names=words.listed(yourself)))
    if silent:
        said.append(
            _(
                "Do not contact these people, because they asked us not to: %(names)s.",
                names=words.listed(silent),
            )
        )
    return " ".join(said)


def trainer_reads(choice: TrainerReads) -> str:
    """What the trainer may read, to the attendee."""
    said: dict[TrainerReads, str] = {
        TrainerReads.NAME: _("The trainer can see your name and what you need."),
        TrainerReads.NEEDS: _("The trainer can see what you need, but not your name."),
        TrainerReads.NOTHING: _("The trainer cannot see your name or what you need."),
    }
    return said[choice]
