"""The messages that staff see after they make a decision about a person."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.core.actor import Actor
from app.messages.types import Channel
from app.people.types import DecisionNotice


def approved_message(
    actor: Actor, notice: DecisionNotice, *, added_by_staff: bool = False
) -> Markup:
    """Return the message after an approval.

    ``added_by_staff`` is True if staff have just added the person.
    """
    match notice.channel:
        case Channel.PHONE | Channel.POST | None:
            sentence = _manual_contact_message(actor, notice)
        case _electronic:
            sentence = escape(_("We are emailing the person about this."))
    done = _("Added and approved.") if added_by_staff else _("Approved.")
    if notice.signs_in is None:
        return _join_sentences(done, sentence)
    signs_in = (
        _("This person can sign in.")
        if notice.signs_in
        else _(
            "This person cannot sign in, because they need a confirmed email address that nobody"
            " else signs in with."
        )
    )
    return _join_sentences(done, sentence, signs_in)


def declined_message(actor: Actor, notice: DecisionNotice) -> Markup:
    """Return the message after a person was declined."""
    match notice.channel:
        case Channel.PHONE | Channel.POST:
            return _join_sentences(_("Declined."), _manual_contact_message(actor, notice))
        case None:
            return _join_sentences(_("Declined."), _("We will not send them a message."))
        case _electronic:
            sentence = _("We are sending the person an email that does not give the reason.")
            return _join_sentences(_("Declined."), sentence)


def _manual_contact_message(actor: Actor, notice: DecisionNotice) -> Markup:
    """Return a message telling staff to call or write to the person, with a link to the list."""
    if notice.channel is None:
        return escape(_("We have not told the person yet, and we have no way to contact them."))
    by_phone = notice.channel is Channel.PHONE
    text = _("people to call") if by_phone else _("people to write to")
    sentence = escape(_("We have not told the person yet. They are on the list of"))
    if actor.may("contacts:work"):
        page = "reminders.overview" if actor.may("reminders:read") else "reminders.contacts"
        link = Markup('<a class="govuk-link" href="{}">{}</a>')
        return Markup("{} {}.").format(sentence, link.format(url_for(page), text))
    return Markup("{} {}.").format(sentence, text)


def _join_sentences(*sentences: str) -> Markup:
    return Markup(" ").join(sentences)
