"""Record earlier certificates that a coordinator has seen.

This is for attendees without a suitable certificate in their record, or with one of another kind. A
refresher renews the kind that was seen, and those in the record
(docs/decisions/0041-attendance-without-a-record.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from app.attendance import linking
from app.attendance.types import EarlierCertificate
from app.certificates import expiry
from app.certificates import queries as certificates
from app.certificates.types import ExpiryBasis
from app.core import audit, clock, words
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput
from app.courses import places
from app.courses.models import Attendee
from app.courses.queries import holders, locking
from app.courses.running import get_current_run
from app.courses.types import RunFacts, TypeFacts
from app.people.queries import visible_ids

if TYPE_CHECKING:
    from app.certificates.models import CertificateKind


def list_accepted_kinds(course_type: TypeFacts) -> list[tuple[str, str]]:
    """Return the (slug, name) of each kind of certificate that meets the course's prerequisite."""
    return [(kind.slug, kind.name) for kind in _find_accepted_kinds(course_type)]


def _find_accepted_kinds(course_type: TypeFacts) -> Sequence[CertificateKind]:
    required = course_type.prerequisite_id
    accepted = course_type.renews_ids if required in course_type.renews_ids else (required,)
    return [kind for kind in certificates.kinds() if kind.id in accepted]


def accept_earlier_certificate(
    actor: Actor, run_id: int, attendee_id: int, certificate: EarlierCertificate
) -> None:
    """Record that the actor has seen the earlier certificate that the course requires.

    The reason is saved in the audit log. If the run has been signed off, the attendee's certificate
    is issued. A certificate can still be recorded then, but a recorded kind or date can no longer
    be changed.
    Raises Conflict if it is too late to change them or if the attendee has been removed, and
    InvalidInput if the certificate had expired.
    """
    run, attendee = linking.find_attendee(actor, run_id, attendee_id)
    if not certificate.reason.strip():
        raise InvalidInput(_("Enter what you have seen"), "reason")
    locked = locking.lock_run_and_people(run.id)
    db.session.refresh(attendee)
    if locked is None:
        return
    if attendee.cancelled_at is not None:
        raise Conflict(_("Somebody else has removed this attendee from the course."))
    facts = get_current_run(run.id)
    if facts.type.prerequisite_id is None:
        raise Conflict(_("This course does not need an earlier certificate."))
    kind = _find_seen_kind(facts.type, certificate)
    if not _is_recorded(attendee, kind, certificate):
        _check_not_expired(kind, certificate, facts)
        if attendee.earlier_seen_at is not None and locked.completed_at is not None:
            raise Conflict(
                _(
                    "Another certificate is recorded for this attendee, and the course has been"
                    " signed off. Reopen the course to change it."
                )
            )
        _record_certificate(actor, attendee, kind, certificate)
    linking.give_certificate(actor, locked, attendee)


def _record_certificate(
    actor: Actor, attendee: Attendee, kind: CertificateKind, certificate: EarlierCertificate
) -> None:
    with audit.acting(actor, AuditVerb.ATTENDEE_ACCEPT, why=certificate.reason.strip()):
        attendee.earlier_seen_at = clock.now()
        attendee.earlier_seen_by_user_id = actor.user_id
        attendee.earlier_kind_id = kind.id
        attendee.earlier_awarded_on = certificate.awarded_on
        db.session.flush()


def copy_to_booked_place(actor: Actor, attendee_id: int) -> None:
    """Copy the certificate seen and the attendance to the place that the same person booked.

    What the booked place has is not replaced, except by a mark for more attendance. Nothing is
    copied if the actor is not allowed to see whose place it is. Nothing is copied to a place that
    was only linked to the person, because that link may turn out to be wrong.
    Call it before the attendee is removed.
    """
    attendee = db.session.get_one(Attendee, attendee_id)
    person_id = holders.person_ids_by_attendee([attendee]).get(attendee_id)
    if person_id is None or not actor.may("attendees:link"):
        return
    if person_id not in visible_ids(Scope.for_actor(actor), [person_id], clock.today()):
        return
    with audit.acting(actor, AuditVerb.BOOKING_GIVE_UP):
        for other in holders.other_places(attendee, person_id):
            if other.person_id is not None:
                places.copy_seen_certificate(attendee, other)
                places.copy_marks(attendee, other)


def _find_seen_kind(course_type: TypeFacts, certificate: EarlierCertificate) -> CertificateKind:
    """Return the kind that was seen, or the only kind that the course accepts."""
    accepted = _find_accepted_kinds(course_type)
    chosen = [kind for kind in accepted if kind.slug == certificate.kind]
    if certificate.kind is None and len(accepted) == 1:
        chosen = list(accepted)
    if not chosen:
        raise InvalidInput(_("Select which certificate you have seen"), "kind")
    return chosen[0]


def _is_recorded(
    attendee: Attendee, kind: CertificateKind, certificate: EarlierCertificate
) -> bool:
    return attendee.earlier_seen_at is not None and (
        (attendee.earlier_kind_id, attendee.earlier_awarded_on) == (kind.id, certificate.awarded_on)
    )


def _check_not_expired(
    kind: CertificateKind, certificate: EarlierCertificate, facts: RunFacts
) -> None:
    """Raise InvalidInput if the course cannot renew a certificate of this kind and date."""
    if certificate.awarded_on is None:
        return
    if certificate.awarded_on >= facts.first_day:
        raise InvalidInput(
            _(
                "The date of the certificate must be before %(day)s, the first day of the course",
                day=words.long_date(facts.first_day),
            ),
            "awarded_on",
        )
    rules = certificates.rules_of_kind_row(kind)
    award_rule, current_rule = (
        expiry.applicable_rule(rules, certificate.awarded_on),
        expiry.applicable_rule(rules, facts.first_day),
    )
    last_day = expiry.expiry_date(certificate.awarded_on, award_rule) if award_rule else None
    if (
        last_day is not None
        and current_rule is not None
        and not expiry.is_renewable(last_day, ExpiryBasis.RULE, current_rule, facts.first_day)
    ):
        raise InvalidInput(
            _(
                "A certificate with that date would have expired before %(day)s, the first "
                "day of the course",
                day=words.long_date(facts.first_day),
            ),
            "awarded_on",
        )
