"""What staff read after a decision: whether the person hears of it by email, or from one of us."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.core.actor import Actor
from app.messages.types import Channel
from app.people.types import DecisionNotice


def approved(actor: Actor, told: DecisionNotice, *, entered: bool = False) -> Markup:
    """Somebody was taken on; entered: and written down by the same press of a button."""
    match told.by:
        case Channel.PHONE | Channel.POST | None:
            said = _by_hand(actor, told)
        case _by_itself:
            said = escape(_("We are sending them an email about it."))
    done = _("Added and approved.") if entered else _("Approved.")
    if told.signs_in is None:
        return _sentences(done, said)
    signs_in = (
        _("They can sign in.")
        if told.signs_in
        else _(
            "They cannot sign in, because they need a confirmed email address that nobody"
            " else uses to sign in."
        )
    )
    return _sentences(done, said, signs_in)


def declined(actor: Actor, told: DecisionNotice) -> Markup:
    """Somebody was turned down."""
    match told.by:
        case Channel.PHONE | Channel.POST:
            return _sentences(_("Declined."), _by_hand(actor, told))
        case None:
            return _sentences(_("Declined."), _("We will not send them a message."))
        case _by_itself:
            said = _("We are sending them an email that does not say why.")
            return _sentences(_("Declined."), said)


def _by_hand(actor: Actor, told: DecisionNotice) -> Markup:
    """Nobody has told them yet; who may, finds the list by the link."""
    if told.by is None:
        return escape(_("They do not know yet, and we have no way to contact them."))
    ringing = told.by is Channel.PHONE
    text = _("people to call") if ringing else _("people to write to")
    said = escape(_("They do not know yet. They are on the list of"))
    if actor.may("contacts:work"):
        link = Markup('<a class="govuk-link" href="{}">{}</a>')
        return Markup("{} {}.").format(said, link.format(url_for("reminders.overview"), text))
    return Markup("{} {}.").format(said, text)


def _sentences(*said: str) -> Markup:
    return Markup(" ").join(said)
