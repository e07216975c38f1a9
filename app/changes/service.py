"""Changes that people make to their own record, or that staff make for them.

`whose` is the person whose record staff change and who told them to, or None for the actor's own
record (app.changes.told). Functions without it change the actor's own record. All raise NotFound
or Conflict if `find_subject` does.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from flask_babel import gettext as _

from app.accounts import service as accounts
from app.changes import change_notices, loosening, protection, waiting
from app.changes.subject import find_member, find_subject
from app.changes.told import Whose, at_their_word, person_of
from app.core import audit, clock, registry
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.core.permissions import Role
from app.organisations import queries as organisations
from app.organisations.queries import secrecy
from app.people import activity, general, joining, names, presence
from app.people.models import (
    Absence,
    Affiliation,
    ExcludedArea,
    Presence,
)
from app.people.queries import participation
from app.people.queries.details import places_of
from app.people.safety.types import ContactPreferences, WaitingChange
from app.people.types import LONGEST_TRAVEL_KM, Basis, FollowUpQuestion, PlaceAnswer

OWN_BASES = (Basis.LIVES, Basis.WORKS, Basis.COULD_HELP)


@at_their_word(AuditVerb.PERSON_RENAME)
def rename(actor: Actor, whose: Whose, name: str) -> None:
    """Change the person's name, and tell them that it changed."""
    person = find_subject(actor, person_of(whose))
    if person.full_name == name:
        return
    names.rename(actor, person, name)
    change_notices.send_change_notice(person, change_notices.current_contact_details(person.id))


@at_their_word(AuditVerb.PERSON_NETWORKS)
def choose_networks(actor: Actor, whose: Whose, slugs: Iterable[str]) -> list[FollowUpQuestion]:
    """Set the networks that a person belongs to, or has applied to join, from today.

    Joining a network that has an approver is an application to it (app.people.joining).

    A membership that the actor may not know about is kept, because a form that does not show it
    cannot end it. On a person's own page, this applies until their memorable word is open. While it
    is open, they belong only to the networks they select.

    Returns the questions to ask next. After somebody chooses a sensitive network, we ask about
    protection. After a person who is not a general champion joins another network, we ask whether
    the team may see and count them. Raises NotFound if staff name a network that they may not know
    about.
    """
    person, on = find_subject(actor, person_of(whose)), clock.today()
    scope = Scope.for_own_record(actor) if whose is None else Scope.for_actor(actor)
    selected, had = organisations.network_ids(slugs), joining.chosen_network_ids(person.id, on)
    known = secrecy.visible_network_ids(scope)
    if whose is not None and not selected <= known:
        raise NotFound()
    wanted = selected | (had - known)
    with audit.acting(actor, AuditVerb.PERSON_NETWORKS):
        joining.leave_networks(person, had - wanted, on)
        joining.join_networks(actor, person, wanted - had, on)
    joined, sensitive = wanted - had, organisations.sensitive_network_ids()
    chosen = joined if scope.sensitive else selected
    follows = [FollowUpQuestion.PROTECTION] if chosen & sensitive else []
    if scope.sensitive and joined - sensitive and not general.is_general(person.id):
        follows.append(FollowUpQuestion.GENERAL)
    return follows


@at_their_word(AuditVerb.PERSON_GENERAL)
def set_general_answer(actor: Actor, whose: Whose, general_champion: bool) -> None:
    """Record whether the team may see the person and count them as a general champion.

    Raises NotFound for a person who may not choose (`may_choose_general`), for staff without the
    permission for sensitive networks, and on the person's own page while their memorable word is
    not open.
    """
    if not (actor.word_entered if whose is None else actor.may("networks:sensitive")):
        raise NotFound()
    person = find_subject(actor, person_of(whose))
    general.set_general_answer(actor, person, general_champion, clock.today())


def _end_membership(row: Affiliation | Absence, on: date) -> None:
    """End a row from a given day. A row that began on that day is deleted."""
    if row.from_on >= on:
        db.session.delete(row)
    else:
        row.until_on = on - timedelta(days=1)


@at_their_word(AuditVerb.PERSON_PLACE)
def add_place(actor: Actor, whose: Whose, answer: PlaceAnswer) -> None:
    """Add a place from today. A new home or workplace replaces the old one.

    Raises InvalidInput if neither a postcode nor a ward is given.
    """
    person, on = find_subject(actor, person_of(whose)), clock.today()
    if answer.postcode is None and answer.ward is None:
        raise InvalidInput(_("Enter a postcode, or select a ward"), "postcode")
    with audit.acting(actor, AuditVerb.PERSON_PLACE):
        if answer.basis in (Basis.LIVES, Basis.WORKS):
            for before in places_of(person.id, on, answer.basis):
                presence.end_presence(before, on)
        presence.add_presence(person, answer, on)


@at_their_word(AuditVerb.PERSON_PLACE)
def remove_place(actor: Actor, whose: Whose, presence_id: int) -> None:
    """End one of the person's places today. Idempotent. Raises NotFound if it is not theirs."""
    person, on = find_subject(actor, person_of(whose)), clock.today()
    place = db.session.get(Presence, presence_id)
    if place is None or place.person_id != person.id or place.basis not in OWN_BASES:
        raise NotFound()
    if place.until_on is None:
        with audit.acting(actor, AuditVerb.PERSON_PLACE):
            presence.end_presence(place, on)


@at_their_word(AuditVerb.PERSON_REACH)
def set_travel_distance(
    actor: Actor, whose: Whose, travel_km: int, excluded_wards: Iterable[str] | None
) -> None:
    """Set how far a person would travel to help, and where they do not want to help.

    `excluded_wards` holds GSS codes, or is None to leave the wards unchanged. Raises InvalidInput
    for a distance or ward that is not allowed, and NotFound if staff without the permission for
    sensitive networks name wards.
    """
    if whose is not None and excluded_wards is not None and not Scope.for_actor(actor).sensitive:
        raise NotFound()
    person = find_subject(actor, person_of(whose))
    if not 0 <= travel_km <= LONGEST_TRAVEL_KM:
        raise InvalidInput(
            _("Enter a distance of up to %(number)s km", number=LONGEST_TRAVEL_KM), "reach"
        )
    wards = None if excluded_wards is None else _ward_ids(excluded_wards)
    with audit.acting(actor, AuditVerb.PERSON_REACH):
        person.reach_km = travel_km
        if wards is not None:
            _exclude_wards(person.id, wards)


def _ward_ids(codes: Iterable[str]) -> set[int]:
    """Return the ids of the wards with these GSS codes.

    Raises InvalidInput for an unknown code.
    """
    wards = (presence.ward_by_code(code) for code in codes)
    return {place.id for place in wards if place is not None}


def _exclude_wards(person_id: int, ward_ids: set[int]) -> None:
    """Make these wards the only ones where the person does not want to be asked to help."""
    known = {row.area_id: row for row in participation.excluded_areas(person_id)}
    for area_id in known.keys() - ward_ids:
        db.session.delete(known[area_id])
    for area_id in sorted(ward_ids - known.keys()):
        db.session.add(ExcludedArea(person_id=person_id, area_id=area_id))


@at_their_word(AuditVerb.PERSON_PROTECT)
def protect(actor: Actor, whose: Whose, ward: str | None) -> None:
    """Protect the person: delete the postcodes we have and keep only a ward.

    `ward` is the GSS code of the ward to keep as their home, or None for the one we know. Raises
    InvalidInput for a ward that does not exist.
    """
    protection.protect(actor, find_subject(actor, person_of(whose)), ward)


def unprotect(actor: Actor, person_id: int | None) -> WaitingChange | None:
    """Request the end of a person's protection, so that we may keep a postcode again.

    The change needs a call, and then takes effect after a wait (app.changes.loosening).

    Raises NotFound for staff who may not know who is protected.
    """
    if person_id is not None and not Scope.for_actor(actor).sensitive:
        raise NotFound()
    return waiting.request_end_of_protection(actor, find_subject(actor, person_id))


@at_their_word(AuditVerb.PERSON_SAFE_CONTACT)
def set_contact_wishes(
    actor: Actor, whose: Whose, wanted: ContactPreferences | None
) -> WaitingChange | None:
    """Record how the person wants to be contacted.

    `wanted` is None if any contact method will do. Raises InvalidInput if no method is safe.
    """
    return waiting.set_contact_wishes(actor, find_subject(actor, person_of(whose)), wanted)


def cancel_change(actor: Actor, change_id: int) -> None:
    """Stop a change that was requested for the actor.

    Raises NotFound, or Conflict if it has taken effect.
    """
    person = find_subject(actor, None)
    loosening.cancel_change(actor, loosening.find_change(person.id, change_id))


@at_their_word(AuditVerb.PERSON_PAUSE)
def pause_participation(actor: Actor, whose: Whose, until_on: date | None) -> None:
    """Record that a person is away from today.

    `until_on` is the last day, or None if they do not know it. Raises InvalidInput for a day in
    the past.
    """
    person, on = find_member(actor, person_of(whose)), clock.today()
    if until_on is not None and until_on < on:
        raise InvalidInput(_("The date must be today or later"), "until")
    with audit.acting(actor, AuditVerb.PERSON_PAUSE):
        away = participation.find_absence(person.id, on)
        if away is not None and away.from_on <= on:
            away.until_on = until_on
        else:
            db.session.add(Absence(person_id=person.id, from_on=on, until_on=until_on))


@at_their_word(AuditVerb.PERSON_COME_BACK)
def end_absence(actor: Actor, whose: Whose) -> None:
    """Record that a person is no longer away, from today."""
    person, on = find_member(actor, person_of(whose)), clock.today()
    with audit.acting(actor, AuditVerb.PERSON_COME_BACK):
        for away in participation.absences(person.id, on):
            _end_membership(away, on)
        activity.confirm_activity(actor, person, on)


@at_their_word(AuditVerb.PERSON_STILL_HERE)
def confirm_activity(actor: Actor, whose: Whose) -> None:
    """Record that the person still takes part, at most once a day.

    This starts a new period in which they count as active.
    """
    person = find_member(actor, person_of(whose))
    with audit.acting(actor, AuditVerb.PERSON_STILL_HERE):
        activity.confirm_activity(actor, person, clock.today())


def leave_network(actor: Actor, person_id: int | None, reason: str) -> None:
    """Record that the person is leaving the network today.

    Raises InvalidInput if staff give no reason.
    """
    reason = reason.strip()
    if person_id is not None and not reason:
        raise InvalidInput(_("Enter a reason"), "reason")
    person, on = find_subject(actor, person_id), clock.today()
    with audit.acting(actor, AuditVerb.PERSON_LEAVE, reason or None):
        person.left_on = on
        person.left_reason = reason or None
    loosening.cancel_changes(actor, person.id)
    if person.user_id is not None:
        accounts.end_role(actor, person.user_id, Role.CHAMPION, on)
    for follow in registry.on_left:
        follow(actor, person.id, reason)
