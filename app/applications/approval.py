"""Deciding about applications: who may, what follows."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from app.applications import merged
from app.applications import queries as queue
from app.core import audit, clock, registry
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.messages import service as messages
from app.messages.types import NewMessage
from app.organisations.queries import Approver
from app.people import activity, contact, pausing, queries, signing_in
from app.people.models import Person
from app.people.queries.ways import email_of
from app.people.types import DecisionNotice, PersonState, Source
from app.registration import confirming

LONGEST_REASON = 1_000
APPROVED, DECLINED = "approved", "declined"  # letters


def may_decide(actor: Actor, approvers: tuple[Approver, ...]) -> bool:
    """Whether the actor decides about somebody whom these organisations approve.

    With an approver whose agreement is in force, its partner coordinators do; otherwise
    coordinators.
    """
    if actor.kind == "system":
        return True
    if not actor.may("applications:decide"):
        return False
    if Scope.of(actor).everyone:
        return not approvers
    return any(each.organisation_id in actor.organisation_ids for each in approvers)


def find(actor: Actor, person_id: int, on: date) -> Person:
    """The person, if their application is for this actor's eyes. Raises NotFound otherwise, and
    Joined when it is part of somebody's record now.
    """
    scope = Scope.of(actor)
    try:
        person = queries.get_visible(scope, person_id, on)
    except NotFound:
        merged.raise_if_merged(scope, person_id, on)
        raise
    if scope.everyone:
        return person
    if not may_decide(actor, queue.waiting_for([person_id], on)[person_id]):
        raise NotFound()
    return person


def _to_decide(actor: Actor, person_id: int, on: date) -> Person:
    """The person, locked, once it is sure that the actor may decide about them."""
    person = find(actor, person_id, on)
    approvers = queue.waiting_for([person_id], on)[person_id]
    if not may_decide(actor, approvers):
        if not actor.may("applications:decide"):
            raise NotFound()
        raise Conflict(
            _(
                "%(who)s decides about this registration.",
                who=approvers[0].organisation,
            )
        )
    if not queue.lock(person_id):  # while we waited for the lock
        merged.raise_if_merged(Scope.of(actor), person_id, on)
        raise NotFound()
    db.session.refresh(person)
    if person.left_on is not None:
        raise Conflict(_("They have left since you opened this page."))
    if person.approved_at is None and pausing.is_paused(person.id, on):
        raise Conflict(_("This registration is paused by us, so nobody can decide about it now."))
    return person


def approve(actor: Actor, person_id: int) -> DecisionNotice:
    """Take the person on, and tell them. Twice is once. Returns how they hear of it.

    Raises NotFound; Conflict when somebody else decides, decided otherwise before, or the address
    is not proved.
    """
    on = clock.today()
    person = _to_decide(actor, person_id, on)
    if person.approved_at is not None:
        return _told(actor, person)
    if person.declined_at is not None:
        raise Conflict(_("Somebody has already declined this registration."))
    if actor.kind != "system" and person.state(on) is PersonState.UNCONFIRMED:
        raise Conflict(_("They have not confirmed their email address yet."))
    with audit.acting(actor, AuditVerb.PERSON_APPROVE):
        person.approved_at = clock.now()
        person.decided_by_user_id = actor.user_id
        activity.heard_from(actor, person, on)
    _tell_approved(person, on)
    for follow in registry.on_approved:
        follow(actor, person.id)
    return _told(actor, person)


def _told(actor: Actor, person: Person) -> DecisionNotice:
    recipient = contact.recipient_of(person.id)
    return DecisionNotice(recipient.channel if recipient else None, signs_in(actor, person))


def signs_in(actor: Actor, person: Person) -> bool | None:
    """Whether they sign in; None: not for this actor. "No" would tell that an address is known,
    and with it somebody whom the actor may not meet.
    """
    return signing_in.could(person) if actor.may("networks:sensitive") else None


def _address_to_sign_in(person: Person, on: date) -> str | None:
    """The email address they could sign in with, even if somebody else uses it already."""
    email = email_of(person.id, on)
    if email is None or (person.source is Source.SELF and email.confirmed_at is None):
        return None
    return email.point.value


def _tell_approved(person: Person, on: date) -> None:
    """The letter is the same whether somebody else signs in with their address or nobody."""
    recipient = contact.recipient_of(person.id)
    if recipient is None:
        return
    could = person.user_id is not None or _address_to_sign_in(person, on) is not None
    sign_in = {"endpoint": "accounts.sign_in", "values": {}} if could else None
    messages.post(
        NewMessage(APPROVED, recipient, f"{APPROVED}:{person.id}", context={"sign_in": sign_in})
    )


def decline(actor: Actor, person_id: int, reason: str) -> DecisionNotice:
    """Turn the person down, for a reason that stays with staff, and tell them. Twice is once.

    Returns how they hear of it. Raises InvalidInput without a reason; NotFound and Conflict as
    `approve`.
    """
    reason = reason.strip()
    if not reason:
        raise InvalidInput(_("Enter a reason"), "reason")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(
            _("Reason must be %(number)s characters or less", number=f"{LONGEST_REASON:,}"),
            "reason",
        )
    on = clock.today()
    person = _to_decide(actor, person_id, on)
    if person.approved_at is not None:
        raise Conflict(_("Somebody has already approved this registration."))
    recipient = contact.recipient_of(person.id) if _is_proved(person, on) else None
    told = DecisionNotice(recipient.channel if recipient else None)
    if person.declined_at is not None:
        return told
    with audit.acting(actor, AuditVerb.PERSON_DECLINE, reason):
        person.declined_at = clock.now()
        person.decision_reason = reason
        person.decided_by_user_id = actor.user_id
    if recipient is not None:
        messages.post(NewMessage(DECLINED, recipient, f"{DECLINED}:{person.id}"))
    return told


def _is_proved(person: Person, on: date) -> bool:
    facts = person.facts(on)
    return not facts.needs_proof or facts.confirmed_on is not None


def mark_confirmed(actor: Actor, person_id: int) -> None:
    """Staff spoke with somebody who has no email address. Raises NotFound, Conflict."""
    on = clock.today()
    confirming.confirm_by_staff(actor, find(actor, person_id, on))
