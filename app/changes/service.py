"""Change a person's record.

`subject` is the person whose record staff change, or None for the actor's own record. Functions
without `subject` change the actor's own record. All functions raise NotFound or Conflict as
`find_subject` does.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from flask_babel import gettext as _

from app.accounts import service as accounts
from app.changes import change_notices, delayed_changes, delays, protection
from app.changes.change_source import Subject, record_source, subject_id
from app.changes.subject import find_member, find_subject
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
    ExcludedArea,
    Presence,
)
from app.people.queries import participation
from app.people.queries.details import find_presences
from app.people.safety.types import ContactPreferences, PendingChange
from app.people.types import LONGEST_TRAVEL_KM, Basis, FollowUpQuestion, PlaceAnswer

OWN_BASES = (Basis.LIVES, Basis.WORKS, Basis.COULD_HELP)


@record_source(AuditVerb.PERSON_RENAME)
def rename(actor: Actor, subject: Subject, name: str) -> None:
    """Change the person's name, and notify the person."""
    person = find_subject(actor, subject_id(subject))
    if person.full_name == name:
        return
    names.rename(actor, person, name)
    change_notices.send_change_notice(person, change_notices.current_contact_details(person.id))


@record_source(AuditVerb.PERSON_NETWORKS)
def choose_networks(actor: Actor, subject: Subject, slugs: Iterable[str]) -> list[FollowUpQuestion]:
    """Replace the networks that a person has joined or applied to join.

    If a network has an approver, joining it creates an application. A network that is hidden from
    the actor is not changed. On a person's own page, sensitive networks are hidden until the person
    enters their memorable word.

    Returns follow-up questions. People who choose a sensitive network are asked about protection.
    People who join another network and are not general champions are asked whether the team can see
    and count them. Raises NotFound if the actor is not allowed to see a network.
    """
    person, on = find_subject(actor, subject_id(subject)), clock.today()
    scope = Scope.for_own_record(actor) if subject is None else Scope.for_actor(actor)
    selected, previous = organisations.network_ids(slugs), joining.chosen_network_ids(person.id, on)
    known = secrecy.visible_network_ids(scope)
    if subject is not None and not selected <= known:
        raise NotFound()
    wanted = selected | (previous - known)
    with audit.acting(actor, AuditVerb.PERSON_NETWORKS):
        joining.leave_networks(person, previous - wanted, on)
        joining.join_networks(actor, person, wanted - previous, on)
    joined, sensitive = wanted - previous, organisations.sensitive_network_ids()
    chosen = joined if scope.sensitive else selected
    questions = [FollowUpQuestion.PROTECTION] if chosen & sensitive else []
    if scope.sensitive and joined - sensitive and not general.is_general_champion(person.id):
        questions.append(FollowUpQuestion.GENERAL)
    return questions


@record_source(AuditVerb.PERSON_GENERAL)
def set_general_champion(actor: Actor, subject: Subject, general_champion: bool) -> None:
    """Record whether the team can see and count the person as a general champion.

    Raises NotFound if the person is not allowed to choose, if staff do not have the permission for
    sensitive networks, or if the person has not entered their memorable word.
    """
    if not (actor.word_entered if subject is None else actor.may("networks:sensitive")):
        raise NotFound()
    person = find_subject(actor, subject_id(subject))
    general.set_general_champion(actor, person, general_champion, clock.today())


def _end_absence(absence: Absence, on: date) -> None:
    """End an absence from a given day. Delete it if it started on that day."""
    if absence.from_on >= on:
        db.session.delete(absence)
    else:
        absence.until_on = on - timedelta(days=1)


@record_source(AuditVerb.PERSON_PLACE)
def add_place(actor: Actor, subject: Subject, answer: PlaceAnswer) -> None:
    """Add a place from today. A new home or workplace replaces the old one.

    Raises InvalidInput if there is neither a postcode nor a ward.
    """
    person, on = find_subject(actor, subject_id(subject)), clock.today()
    if answer.postcode is None and answer.ward is None:
        raise InvalidInput(_("Enter a postcode, or select a ward"), "postcode")
    with audit.acting(actor, AuditVerb.PERSON_PLACE):
        if answer.basis in (Basis.LIVES, Basis.WORKS):
            for previous in find_presences(person.id, on, answer.basis):
                presence.end_presence(previous, on)
        presence.add_presence(person, answer, on)


@record_source(AuditVerb.PERSON_PLACE)
def remove_place(actor: Actor, subject: Subject, presence_id: int) -> None:
    """End one of the person's places today. Idempotent.

    Raises NotFound if the place does not belong to the person.
    """
    person, on = find_subject(actor, subject_id(subject)), clock.today()
    place = db.session.get(Presence, presence_id)
    if place is None or place.person_id != person.id or place.basis not in OWN_BASES:
        raise NotFound()
    if place.until_on is None:
        with audit.acting(actor, AuditVerb.PERSON_PLACE):
            presence.end_presence(place, on)


@record_source(AuditVerb.PERSON_REACH)
def set_travel_distance(
    actor: Actor, subject: Subject, travel_km: int, excluded_wards: Iterable[str] | None
) -> None:
    """Set how far a person would travel to help, and where they do not want to help.

    `excluded_wards` contains GSS codes, or is None to leave the wards unchanged. Raises
    InvalidInput for an invalid distance or ward. Raises NotFound if staff set wards without the
    permission for sensitive networks.
    """
    if subject is not None and excluded_wards is not None and not Scope.for_actor(actor).sensitive:
        raise NotFound()
    person = find_subject(actor, subject_id(subject))
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
    """Return the IDs of the wards with these GSS codes.

    Raises InvalidInput for an unknown code.
    """
    wards = (presence.find_ward(code) for code in codes)
    return {place.id for place in wards if place is not None}


def _exclude_wards(person_id: int, ward_ids: set[int]) -> None:
    """Replace the wards where the person does not want to help."""
    known = {row.area_id: row for row in participation.excluded_areas(person_id)}
    for area_id in known.keys() - ward_ids:
        db.session.delete(known[area_id])
    for area_id in sorted(ward_ids - known.keys()):
        db.session.add(ExcludedArea(person_id=person_id, area_id=area_id))


@record_source(AuditVerb.PERSON_PROTECT)
def protect(actor: Actor, subject: Subject, ward: str | None) -> None:
    """Protect the person: delete all postcodes and keep only a ward.

    `ward` is the GSS code of the home ward to keep, or None to keep the current one. Raises
    InvalidInput if the ward does not exist.
    """
    protection.protect(actor, find_subject(actor, subject_id(subject)), ward)


def unprotect(actor: Actor, person_id: int | None) -> PendingChange | None:
    """Request the end of a person's protection.

    Staff must call the person before the change takes effect. Raises NotFound if the actor is not
    allowed to know who is protected.
    """
    if person_id is not None and not Scope.for_actor(actor).sensitive:
        raise NotFound()
    return delays.request_end_of_protection(actor, find_subject(actor, person_id))


@record_source(AuditVerb.PERSON_SAFE_CONTACT)
def set_contact_wishes(
    actor: Actor, subject: Subject, wanted: ContactPreferences | None
) -> PendingChange | None:
    """Set how the person wants to be contacted.

    `wanted` is None to remove all wishes. Raises InvalidInput if no contact method is safe.
    """
    return delays.set_contact_wishes(actor, find_subject(actor, subject_id(subject)), wanted)


def cancel_change(actor: Actor, change_id: int) -> None:
    """Cancel a pending change to the actor's record.

    Raises NotFound if there is no such change, and Conflict if it has already taken effect.
    """
    person = find_subject(actor, None)
    delayed_changes.cancel_change(actor, delayed_changes.find_change(person.id, change_id))


@record_source(AuditVerb.PERSON_PAUSE)
def start_absence(actor: Actor, subject: Subject, until_on: date | None) -> None:
    """Record that a person is away from today.

    `until_on` is the last day, or None if it is not known. Raises InvalidInput if the day is in the
    past.
    """
    person, on = find_member(actor, subject_id(subject)), clock.today()
    if until_on is not None and until_on < on:
        raise InvalidInput(_("The date must be today or later"), "until")
    with audit.acting(actor, AuditVerb.PERSON_PAUSE):
        absence = participation.find_absence(person.id, on)
        if absence is not None and absence.from_on <= on:
            absence.until_on = until_on
        else:
            db.session.add(Absence(person_id=person.id, from_on=on, until_on=until_on))


@record_source(AuditVerb.PERSON_COME_BACK)
def end_absence(actor: Actor, subject: Subject) -> None:
    """End a person's absence today."""
    person, on = find_member(actor, subject_id(subject)), clock.today()
    with audit.acting(actor, AuditVerb.PERSON_COME_BACK):
        for absence in participation.absences(person.id, on):
            _end_absence(absence, on)
        activity.confirm_activity(actor, person, on)


@record_source(AuditVerb.PERSON_STILL_HERE)
def confirm_activity(actor: Actor, subject: Subject) -> None:
    """Record that the person still takes part."""
    person = find_member(actor, subject_id(subject))
    with audit.acting(actor, AuditVerb.PERSON_STILL_HERE):
        activity.confirm_activity(actor, person, clock.today())


def leave_network(actor: Actor, person_id: int | None, reason: str) -> None:
    """Remove the person from the network today.

    Raises InvalidInput if staff give no reason.
    """
    reason = reason.strip()
    if person_id is not None and not reason:
        raise InvalidInput(_("Enter a reason"), "reason")
    person, on = find_subject(actor, person_id), clock.today()
    with audit.acting(actor, AuditVerb.PERSON_LEAVE, reason or None):
        person.left_on = on
        person.left_reason = reason or None
    delayed_changes.cancel_changes(actor, person.id)
    if person.user_id is not None:
        accounts.end_role(actor, person.user_id, Role.CHAMPION, on)
    for hook in registry.on_left:
        hook(actor, person.id, reason)
