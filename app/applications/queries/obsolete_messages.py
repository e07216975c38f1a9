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
    recipient_id = messages.recipient_person_id()
    is_own_action = or_(
        ActivityConfirmation.by_user_id.is_(None), ActivityConfirmation.by_user_id == Person.user_id
    )
    has_used_service = (
        exists()
        .where(
            ActivityConfirmation.person_id == Person.id,
            ActivityConfirmation.on <= on,
            ActivityConfirmation.on > messages.date_posted(),
            is_own_action,
        )
        .correlate_except(ActivityConfirmation)
    )
    is_approved_but_inactive = (
        exists()
        .where(Person.id == recipient_id, Person.approved_at.is_not(None), not_(has_used_service))
        .correlate_except(Person)
    )
    is_declined = (
        exists()
        .where(
            Person.id == recipient_id, Person.declined_at.is_not(None), Person.approved_at.is_(None)
        )
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
        and_(messages.is_letter(APPROVED), not_(is_approved_but_inactive)),
        and_(messages.is_letter(DECLINED), not_(is_declined)),
        and_(messages.is_letter(NETWORK_ACCEPTED), not_(is_member)),
        and_(messages.is_letter(NETWORK_DECLINED), is_member),
    )
