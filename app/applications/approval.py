"""Approve and decline applications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from app.applications import merged
from app.applications import queries as queue
from app.applications.queries.obsolete_messages import APPROVED, DECLINED
from app.changes import calls
from app.core import audit, clock, registry
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.identity import service as identity
from app.messages import service as messages
from app.messages.types import NewMessage
from app.organisations.queries import Approver
from app.people import activity, contact, joining, pausing, queries
from app.people.models import Person
from app.people.queries.contacts import find_email
from app.people.types import CallOutcome, DecisionNotice, PersonState, Source
from app.registration import confirming

LONGEST_REASON = 1_000


@dataclass(frozen=True)
class ApplicantCall:
    """A call to an applicant.

    ``email`` is the corrected address, or None if the address is right or they have none.
    """

    reached: bool
    said_by: str = ""
    address_is_right: bool = False
    email: str | None = None


def can_decide(actor: Actor, approvers: tuple[Approver, ...]) -> bool:
    """Return whether the actor is allowed to decide on an applicant with these approvers.

    Partner coordinators decide if their organisation is an approver with an agreement in force.
    Otherwise coordinators decide.
    """
    if actor.kind == "system":
        return True
    if not actor.may("applications:decide"):
        return False
    if Scope.for_actor(actor).everyone:
        return not approvers
    return any(each.organisation_id in actor.organisation_ids for each in approvers)


def find_applicant(actor: Actor, person_id: int, on: date) -> Person:
    """Return an applicant.

    Raises NotFound if the actor is not allowed to read the application, and AlreadyMerged if it was
    merged into a record.
    """
    scope = Scope.for_actor(actor)
    try:
        person = queries.get_visible(scope, person_id, on)
    except NotFound:
        merged.raise_if_merged(scope, person_id, on)
        raise
    if scope.everyone:
        return person
    if not can_decide(actor, queue.approvers_by_person([person_id], on)[person_id]):
        raise NotFound()
    return person


def _lock_for_decision(actor: Actor, person_id: int, on: date) -> Person:
    """Lock and return an applicant.

    Raises NotFound or Conflict if the actor is not allowed to decide.
    """
    person = find_applicant(actor, person_id, on)
    approvers = queue.approvers_by_person([person_id], on)[person_id]
    if not can_decide(actor, approvers):
        if not actor.may("applications:decide"):
            raise NotFound()
        raise Conflict(
            _(
                "%(who)s makes the decision on this registration.",
                who=approvers[0].organisation,
            )
        )
    if not queue.lock_person(person_id):  # deleted while we waited for the lock
        merged.raise_if_merged(Scope.for_actor(actor), person_id, on)
        raise NotFound()
    db.session.refresh(person)
    if person.left_on is not None:
        raise Conflict(_("This person has left since you opened the page."))
    if person.approved_at is None and pausing.is_paused(person.id, on):
        raise Conflict(
            _("We have paused this registration, so you cannot decide on it at the moment.")
        )
    return person


def approve(actor: Actor, person_id: int) -> DecisionNotice:
    """Approve an applicant and notify them. Idempotent. Return how they will be notified.

    Raises NotFound if the actor is not allowed to decide. Raises Conflict if an approver makes the
    decision, if the person was declined, or if their email address is not confirmed.
    """
    on = clock.today()
    person = _lock_for_decision(actor, person_id, on)
    if person.approved_at is not None:
        return _decision_notice(actor, person)
    if person.declined_at is not None:
        raise Conflict(_("Somebody has already declined this registration."))
    if actor.kind != "system" and person.state(on) is PersonState.UNCONFIRMED:
        raise Conflict(_("This person has not confirmed their email address yet."))
    with audit.acting(actor, AuditVerb.PERSON_APPROVE):
        person.approved_at = clock.now()
        person.decided_by_user_id = actor.user_id
        activity.confirm_activity(actor, person, on)
        joining.update_memberships(actor, person, on)
    _notify_of_approval(person, on)
    for notify in registry.on_approved:
        notify(actor, person.id)
    return _decision_notice(actor, person)


def _decision_notice(actor: Actor, person: Person) -> DecisionNotice:
    recipient = contact.find_recipient(person.id)
    return DecisionNotice(
        recipient.channel if recipient else None, person_can_sign_in(actor, person)
    )


def person_can_sign_in(actor: Actor, person: Person) -> bool | None:
    """Return whether the person can sign in, or None if the actor is not allowed to know.

    False would reveal that somebody else uses the email address, perhaps a person hidden from the
    actor.
    """
    return identity.can_sign_in(person) if actor.may("networks:sensitive") else None


def _sign_in_address(person: Person, on: date) -> str | None:
    """Return the person's email address for signing in, even if somebody else already uses it."""
    email = find_email(person.id, on)
    if email is None or (person.source is Source.SELF and email.confirmed_at is None):
        return None
    return email.point.value


def _notify_of_approval(person: Person, on: date) -> None:
    """Send the approval letter.

    The letter does not reveal whether somebody else signs in with the address.
    """
    recipient = contact.find_recipient(person.id)
    if recipient is None:
        return
    can_sign_in = person.user_id is not None or _sign_in_address(person, on) is not None
    sign_in = {"endpoint": "accounts.sign_in", "values": {}} if can_sign_in else None
    messages.post(
        NewMessage(APPROVED, recipient, f"{APPROVED}:{person.id}", context={"sign_in": sign_in})
    )


def decline(actor: Actor, person_id: int, reason: str) -> DecisionNotice:
    """Decline an applicant and notify them. Idempotent. Return how they will be notified.

    Only staff can read the reason. Raises InvalidInput if there is no reason. Raises NotFound if
    the actor is not allowed to decide. Raises Conflict if an approver makes the decision, or if the
    person was approved.
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
    person = _lock_for_decision(actor, person_id, on)
    if person.approved_at is not None:
        raise Conflict(_("Somebody has already approved this registration."))
    recipient = contact.find_recipient(person.id) if _is_confirmed(person, on) else None
    notice = DecisionNotice(recipient.channel if recipient else None)
    if person.declined_at is not None:
        return notice
    with audit.acting(actor, AuditVerb.PERSON_DECLINE, reason):
        person.declined_at = clock.now()
        person.decision_reason = reason
        person.decided_by_user_id = actor.user_id
    if recipient is not None:
        messages.post(NewMessage(DECLINED, recipient, f"{DECLINED}:{person.id}"))
    return notice


def _is_confirmed(person: Person, on: date) -> bool:
    facts = person.facts(on)
    return not facts.must_confirm_email or facts.confirmed_on is not None


def record_call(actor: Actor, person_id: int, call: ApplicantCall) -> None:
    """Record a call to an applicant whose email address is not confirmed.

    If the applicant was reached, their registration is confirmed. Raises NotFound if the actor is
    not allowed to decide, Conflict if the registration was already confirmed or decided, and
    InvalidInput if ``said_by`` is empty.
    """
    on = clock.today()
    person = _lock_for_decision(actor, person_id, on)
    if _is_confirmed(person, on) or person.approved_at or person.declined_at:
        raise Conflict(_("This registration has already been confirmed or decided."))
    if not call.reached:
        calls.record_call(actor, person.id, CallOutcome.NOT_REACHED, on)
        return
    if not call.said_by.strip():
        raise InvalidInput(_("Enter who told you"), "said_by")
    confirming.confirm_by_phone_or_visit(
        actor,
        person,
        call.said_by.strip(),
        call.email,
        address_is_right=call.address_is_right,
    )
    calls.record_call(actor, person.id, CallOutcome.REACHED, on)


def mark_confirmed(actor: Actor, person_id: int) -> None:
    """Record that staff contacted an applicant without an email address.

    Raises NotFound if the actor is not allowed to decide, and Conflict if the person has an email
    address.
    """
    on = clock.today()
    confirming.confirm_by_staff(actor, find_applicant(actor, person_id, on))
