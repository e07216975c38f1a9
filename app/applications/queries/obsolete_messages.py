"""The condition for letters about decisions that staff no longer need to pass on."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, not_, or_

from app.core.in_force import in_force
from app.messages import queries as messages
from app.people.membership_models import MembershipApplication
from app.people.models import ActivityConfirmation, Membership, Person

APPROVED, DECLINED = "approved", "declined"  # letters about registrations
NETWORK_ACCEPTED, NETWORK_DECLINED = "network-accepted", "network-declined"


def is_obsolete_message(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for letters about decisions that staff no longer need to pass on.

    The decision was changed, or the person has used the service since they were approved. Actions
    by staff do not count as use.
    """
    told = messages.recipient_person_id()
    by_themselves = or_(
        ActivityConfirmation.by_user_id.is_(None), ActivityConfirmation.by_user_id == Person.user_id
    )
    used = (
        exists()
        .where(
            ActivityConfirmation.person_id == Person.id,
            ActivityConfirmation.on <= on,
            ActivityConfirmation.on > messages.date_posted(),
            by_themselves,
        )
        .correlate_except(ActivityConfirmation)
    )
    welcome = (
        exists()
        .where(Person.id == told, Person.approved_at.is_not(None), not_(used))
        .correlate_except(Person)
    )
    refused = (
        exists()
        .where(Person.id == told, Person.declined_at.is_not(None), Person.approved_at.is_(None))
        .correlate_except(Person)
    )
    is_member = (
        exists()
        .where(
            MembershipApplication.id == messages.id_in_key(NETWORK_ACCEPTED, NETWORK_DECLINED),
            Membership.person_id == MembershipApplication.person_id,
            Membership.network_id == MembershipApplication.network_id,
            in_force(Membership, on),
        )
        .correlate_except(MembershipApplication, Membership)
    )
    return or_(
        and_(messages.is_letter(APPROVED), not_(welcome)),
        and_(messages.is_letter(DECLINED), not_(refused)),
        and_(messages.is_letter(NETWORK_ACCEPTED), not_(is_member)),
        and_(messages.is_letter(NETWORK_DECLINED), is_member),
    )
