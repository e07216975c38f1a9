"""Training that people say they have done elsewhere (claims), and staff's decisions about it.

Staff can decide on a claim only if their scope includes the person.
"""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.certificates import queries, service
from app.certificates.queries.obsolete_messages import CONFIRMED
from app.certificates.types import ClaimFacts, DatePrecision, ExternalTraining
from app.core import audit, clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.messages import letters
from app.messages import service as outbox
from app.messages.types import Letter, NewMessage
from app.people.contact import find_recipient
from app.people.models import Person, TrainingClaim
from app.people.queries import get_visible
from app.people.queries.locking import lock_people, lock_person


def install() -> None:
    """Register this module's letter with app.messages.letters."""
    letters.add_letter(
        Letter(CONFIRMED, _l("Tell them that we have recorded their earlier training"))
    )


def claims_of_person(actor: Actor, person_id: int) -> list[ClaimFacts]:
    """Return a person's claims. Raises NotFound if the actor is not allowed to see the person."""
    person = get_visible(Scope.for_actor(actor), person_id)
    is_self = actor.person_id == person_id
    scope = Scope.for_own_record(actor) if is_self else Scope.for_actor(actor)
    rows = queries.person_claims(scope, person_id)
    return [_claim_facts(row, person) for row in rows]


def find_claim(actor: Actor, claim_id: int) -> ClaimFacts:
    """Return a claim. Raises NotFound if the actor is not allowed to see the person who made it."""
    row = queries.find_claim(Scope.for_actor(actor), claim_id, clock.today())
    if row is None:
        raise NotFound()
    claim, person = row
    return _claim_facts(claim, person)


def person_name(actor: Actor, person_id: int) -> str:
    """Return a person's name. Raises NotFound if the actor is not allowed to see the person."""
    return get_visible(Scope.for_actor(actor), person_id).full_name


def _claim_facts(row: TrainingClaim, person: Person) -> ClaimFacts:
    return ClaimFacts(
        id=row.id,
        person_id=row.person_id,
        course=row.course,
        provider=row.provider,
        month=row.month,
        year=row.year,
        certificate_number=row.certificate_number,
        printed_expiry=row.printed_expiry,
        claimed_on=clock.london_day(row.claimed_at),
        decided_on=clock.london_day(row.settled_at) if row.settled_at else None,
        accepted=row.accepted,
        person_name=person.full_name,
        is_approved=person.approved_at is not None,
    )


def confirm_claim(actor: Actor, claim_id: int, external_training: ExternalTraining) -> bool:
    """Confirm a claim. Return True if a certificate was recorded, or False if it needs checking.

    Idempotent. Members of the network are sent a letter. Raises Conflict if the claim has been
    rejected.
    """
    actor.require("certificates:confirm")
    claim, person = _lock_claim(actor, claim_id)
    if claim.accepted is False:
        raise Conflict(_("Somebody else has just decided not to count this training."))
    if external_training.check_later and service.exceeded_expiry_limit(
        person.id, external_training
    ):
        _hold_claim(actor, claim, external_training)
        return False
    certificate_id = service.record_external_training(
        actor, person.id, external_training, claim_id=claim.id
    )
    if claim.settled_at is None:
        with audit.acting(actor, AuditVerb.CLAIM_CONFIRM):
            claim.settled_at = clock.now()
            claim.settled_by_user_id = actor.user_id
            claim.accepted = True
        _notify_confirmed(person, certificate_id)
    return True


def reject_claim(actor: Actor, claim_id: int, reason: str) -> None:
    """Reject a claim. The reason is kept in the audit log. Idempotent.

    Raises Conflict if the claim has been confirmed.
    """
    actor.require("certificates:confirm")
    if not reason.strip():
        raise InvalidInput(_("Enter the reason"), "reason")
    claim, _person = _lock_claim(actor, claim_id)
    if claim.accepted:
        raise Conflict(_("This training has been confirmed. Revoke its certificate instead."))
    if claim.settled_at is not None:
        return
    with audit.acting(actor, AuditVerb.CLAIM_REJECT, why=reason.strip()):
        claim.settled_at = clock.now()
        claim.settled_by_user_id = actor.user_id
        claim.accepted = False


def record_training(actor: Actor, person_id: int, external_training: ExternalTraining) -> bool:
    """Record training from a document.

    Return True if a certificate was recorded, or False if the document needs checking.
    """
    actor.require("certificates:confirm")
    person = lock_person(get_visible(Scope.for_actor(actor), person_id).id)
    if external_training.check_later and service.exceeded_expiry_limit(
        person.id, external_training
    ):
        _add_claim(actor, person, external_training)
        return False
    _notify_confirmed(person, service.record_external_training(actor, person.id, external_training))
    return True


def _hold_claim(actor: Actor, claim: TrainingClaim, external_training: ExternalTraining) -> None:
    if claim.settled_at is None:
        with audit.acting(actor, AuditVerb.CLAIM_KEEP):
            claim.printed_expiry = external_training.printed_expiry


def _add_claim(actor: Actor, person: Person, external_training: ExternalTraining) -> None:
    kind = queries.kind_by_slug(external_training.kind)
    if kind is None:
        raise InvalidInput(_("Choose what the certificate is for"), "kind")
    awarded_on, precision = external_training.awarded_on, external_training.precision
    month_known = precision in (DatePrecision.DAY, DatePrecision.MONTH)
    claim = TrainingClaim(
        person_id=person.id,
        course=kind.name,
        provider=external_training.provider,
        month=awarded_on.month if awarded_on and month_known else None,
        year=awarded_on.year if awarded_on else None,
        certificate_number=external_training.number,
        printed_expiry=external_training.printed_expiry,
        claimed_at=clock.now(),
    )
    with audit.acting(actor, AuditVerb.CLAIM_KEEP):
        db.session.add(claim)
        db.session.flush()


def _lock_claim(actor: Actor, claim_id: int) -> tuple[TrainingClaim, Person]:
    """Lock the person who made a claim, and then the claim."""
    locked, person_id = None, find_claim(actor, claim_id).person_id
    while person_id != locked:  # a merge may move the claim while we wait for the lock
        lock_people([person_id])
        locked, person_id = person_id, find_claim(actor, claim_id).person_id
    row = queries.find_claim(Scope.for_actor(actor), claim_id, clock.today(), lock=True)
    if row is None:
        raise NotFound()
    return row


def _notify_confirmed(person: Person, certificate_id: int) -> None:
    """Tell an approved person that their training has been confirmed.

    For anybody else, the approval letter mentions the training.
    """
    if person.approved_at is None or person.left_on is not None:
        return
    recipient = find_recipient(person.id)
    page = {"endpoint": "profile.me"} if person.user_id else None
    if recipient is not None:
        outbox.post(
            NewMessage(
                letter=CONFIRMED,
                recipient=recipient,
                key=f"{CONFIRMED}:{certificate_id}",
                context={"page": page},
            )
        )
