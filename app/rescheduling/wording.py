"""Sentences that say how people are told about a changed or cancelled run."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import words
from app.courses.types import LetterStatus, RollEntry
from app.messages.types import BY_HAND


def notification_summary(people: Iterable[RollEntry]) -> str:
    """Return a sentence that says how the people on a run are being told about a change."""
    by_email = by_hand = 0
    unreachable, want_no_contact = [], []
    for entry in people:
        if entry.silent:
            want_no_contact.append(entry.name)
        elif entry.letter is None or entry.letter.status is LetterStatus.CAME_BACK:
            unreachable.append(entry.name)
        elif entry.letter.channel in BY_HAND:
            by_hand += 1
        else:
            by_email += 1
    sentences = []
    if by_email:
        sentences.append(
            ngettext(
                "We are telling %(num)s person by email.",
                "We are telling %(num)s people by email.",
                by_email,
            )
        )
    if by_hand:
        sentences.append(
            ngettext(
                "%(num)s person has been added to the list of people to call or write to.",
                "%(num)s people have been added to the list of people to call or write to.",
                by_hand,
            )
        )
    return " ".join([*sentences, *_describe_not_notified(unreachable, want_no_contact)])


def notification_preview(people: Iterable[RollEntry]) -> str:
    """Return a sentence that says how the people on a run will be told about a change."""
    everybody = list(people)
    by_hand = sum(1 for entry in everybody if entry.channel in BY_HAND)
    want_no_contact = [entry.name for entry in everybody if entry.silent]
    unreachable = [entry.name for entry in everybody if entry.channel is None and not entry.silent]
    by_email = len(everybody) - by_hand - len(unreachable) - len(want_no_contact)
    sentences = []
    if by_email:
        sentences.append(
            ngettext(
                "We will tell %(num)s person by email.",
                "We will tell %(num)s people by email.",
                by_email,
            )
        )
    if by_hand:
        sentences.append(
            ngettext(
                "%(num)s person will be added to the list of people to call or write to.",
                "%(num)s people will be added to the list of people to call or write to.",
                by_hand,
            )
        )
    return " ".join([*sentences, *_describe_not_notified(unreachable, want_no_contact)])


def _describe_not_notified(unreachable: list[str], want_no_contact: list[str]) -> list[str]:
    """Return sentences about the people who will not get a message."""
    sentences = []
    if unreachable:
        sentences.append(
            _("Tell these people yourself: %(names)s.", names=words.join_list(unreachable))
        )
    if want_no_contact:
        sentences.append(
            _(
                "Do not contact these people, because they asked us not to: %(names)s.",
                names=words.join_list(want_no_contact),
            )
        )
    return sentences
