"""Wording about safe contact, for the person and for staff."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.parsing import format_phone
from app.core.words import join_list, long_datetime
from app.messages.types import Channel
from app.people.safety.types import (
    Change,
    ContactInstructions,
    ContactMethod,
    ContactPreferences,
    Days,
    DelayedChangeKind,
    Hours,
    Stage,
)

METHODS = {
    ContactMethod.EMAIL: _l("Email"),
    ContactMethod.CALL: _l("Phone call"),
    ContactMethod.TEXT: _l("Text message"),
    ContactMethod.POST: _l("Letter by post"),
}
DAYS = {
    Days.WEEKDAYS: _l("Monday to Friday"),
    Days.SATURDAY: _l("Saturday"),
    Days.SUNDAY: _l("Sunday"),
}
HOURS = {
    Hours.MORNING: _l("Morning, 8am to 12 noon"),
    Hours.AFTERNOON: _l("Afternoon, 12 noon to 5pm"),
    Hours.EVENING: _l("Evening, 5pm to 8pm"),
}


CHANGES = {
    DelayedChangeKind.END_PROTECTION: _l("Keep their postcode again"),
    DelayedChangeKind.END_BLOCK: _l("Let somebody they blocked see them again"),
    DelayedChangeKind.ADD_CONTACT: _l("Use a new address or number"),
    DelayedChangeKind.SET_PREFERENCE: _l("Try a different address or number first"),
    DelayedChangeKind.CHANGE_WISHES: _l("Remove limits on how we contact them"),
}
OWN_CHANGES = {
    DelayedChangeKind.END_PROTECTION: _l("Keep my postcode again"),
    DelayedChangeKind.END_BLOCK: _l("Let somebody I blocked see me again"),
    DelayedChangeKind.ADD_CONTACT: _l("Use my new address or number"),
    DelayedChangeKind.SET_PREFERENCE: _l("Try a different address or number first"),
    DelayedChangeKind.CHANGE_WISHES: _l("Remove limits on how you contact me"),
}


def describe_stage(change: Change) -> str:
    """Return a sentence that describes the stage of a pending change."""
    if change.due_at is not None:
        return str(_("The change will take effect on %(when)s.", when=long_datetime(change.due_at)))
    if change.stage is Stage.SEEN_ONCE:
        return str(
            _("One coordinator has met this person. A second coordinator needs to meet them too.")
        )
    if change.can_check_by_call:
        return str(_("Staff need to call this person to check the change."))
    return str(_("Two coordinators need to meet this person to check the change."))


def describe_conditions(wishes: ContactPreferences, *, own: bool = False) -> list[str]:
    """Return contact wishes as sentences. If ``own`` is true, use “me” instead of “them”."""
    if wishes.silent:
        return [str(_("Do not contact me.") if own else _("Do not contact them."))]
    used = [str(name).lower() for way, name in METHODS.items() if way in wishes.ways]
    sentences = [str(_("Use only: %(ways)s.", ways=join_list(used)))] if used else []
    times = [str(name) for day, name in DAYS.items() if day in wishes.days]
    times += [str(name) for hour, name in HOURS.items() if hour in wishes.hours]
    if times:
        sentences.append(str(_("When: %(times)s.", times="; ".join(times))))
    if wishes.say_we_are:
        sentences.append(str(_("Say you are “%(name)s”.", name=wishes.say_we_are)))
    if ContactMethod.CALL in wishes.ways:
        sentences += [_describe_voicemail(wishes), _describe_answering_by_others(wishes, own=own)]
    return sentences


def _describe_voicemail(wishes: ContactPreferences) -> str:
    if wishes.voicemail:
        return str(_("You may leave a voicemail. Do not say what it is about."))
    return str(_("Do not leave a voicemail."))


def _describe_answering_by_others(wishes: ContactPreferences, *, own: bool) -> str:
    if not wishes.others_may_answer:
        return str(_("If somebody else answers, do not say who you are or why you are calling."))
    if own:
        return str(_("If somebody else answers, you may ask for me. Do not say why."))
    return str(_("If somebody else answers, you may ask for them. Do not say why."))


def describe_for_staff(
    instructions: ContactInstructions | None, channel: Channel | None = None
) -> list[str]:
    """Return sentences that say how to contact a person. The address comes first.

    ``channel`` is the channel that staff must use for a message, or None for the person's usual
    channel. The address is left out if this is not the usual channel.
    """
    if instructions is None:
        return []
    if instructions.channel is None:
        asked = _("Do not contact this person. They asked us not to.")
        return [
            str(asked if instructions.has_wishes else _("We have no contact details for them."))
        ]
    if channel is not None and instructions.channel is not channel and instructions.address:
        return describe_conditions(instructions.wishes)
    return [str(_describe_address(instructions)), *describe_conditions(instructions.wishes)]


def _describe_address(instructions: ContactInstructions) -> object:
    if not instructions.address:
        return _(
            "There is no safe way to contact this person now. Do not use any other address "
            "or number. Wait until they get in touch, then ask how we can contact them "
            "safely."
        )
    if instructions.channel is Channel.EMAIL:
        return _("By email, to %(address)s.", address=instructions.address)
    if instructions.channel is Channel.POST:
        return _(
            "Send a letter to %(address)s.", address=", ".join(instructions.address.splitlines())
        )
    number = format_phone(instructions.address)
    if instructions.channel is Channel.PHONE and ContactMethod.CALL not in instructions.wishes.ways:
        return _("Send a text to %(number)s. Do not call.", number=number)
    if instructions.channel is Channel.PHONE:
        return _("Call %(number)s.", number=number)
    return _("By text message, to %(number)s.", number=number)
