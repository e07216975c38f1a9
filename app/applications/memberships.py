"""Decide on champions' applications to join a network.

The partner coordinators of the network's approver decide. Coordinators decide if the approver has
no agreement in force, has no coordinator, or is not allowed to see the person
(app.people.queries.joining).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _

from app.applications.approval import LONGEST_REASON
from app.applications.queries.obsolete_messages import NETWORK_ACCEPTED as ACCEPTED
from app.applications.queries.obsolete_messages import NETWORK_DECLINED as DECLINED
from app.core import audit, clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.paging import PAGE_SIZE, Order, Page
from app.messages import service as messages
from app.messages.types import NewMessage
from app.people import contact, joining, queries
from app.people.queries import details
from app.people.queries.details import ContactRow
from app.people.queries.joining import (
    ApplicationRow,
    count_open_applications,
    find_application,
    lock_application,
    open_applications,
)
from app.people.queries.locking import lock_person
from app.people.safety import wording
from app.people.safety.contact_details import contact_instructions

_LONGEST_WAITING_FIRST = Order("memberships", (datetime, int))


@dataclass(frozen=True)
class MembershipRow:
    """An application in the list. ``waiting_for`` is the organisation that decides, or ""."""

    id: int
    name: str
    network: str
    applied_at: datetime
    home: str
    waiting_for: str
    can_decide: bool


@dataclass(frozen=True)
class MembershipPage:
    """An application and the details that the reader needs to make a decision."""

    row: MembershipRow
    contacts: Sequence[ContactRow]
    contact_instructions: Sequence[str]


def page_of_memberships(actor: Actor, on: date, cursor: str | None) -> Page[MembershipRow]:
    """Return a page of the open applications that the actor can see, longest waiting first."""
    applications = open_applications(
        Scope.for_actor(actor), on, _LONGEST_WAITING_FIRST.decode(cursor), PAGE_SIZE + 1
    )
    shown = _LONGEST_WAITING_FIRST.page(
        applications, lambda application: (application.applied_at, application.id), cursor
    )
    homes = queries.home_wards([application.person_id for application in shown.rows], on)
    rows = [
        _membership_row(actor, application, homes[application.person_id])
        for application in shown.rows
    ]
    return Page(rows, shown.next, shown.first)


def _membership_row(actor: Actor, application: ApplicationRow, home: str) -> MembershipRow:
    return MembershipRow(
        id=application.id,
        name=application.person,
        network=application.network,
        applied_at=application.applied_at,
        home=home,
        waiting_for=application.decider,
        can_decide=_can_decide(actor, application),
    )


def _can_decide(actor: Actor, application: ApplicationRow) -> bool:
    if actor.kind == "system":
        return True
    if not actor.may("applications:decide"):
        return False
    return not application.decider if Scope.for_actor(actor).everyone else True


def _find_application(actor: Actor, application_id: int, on: date) -> ApplicationRow:
    application = find_application(Scope.for_actor(actor), on, application_id)
    if application is None:
        raise NotFound()
    return application


def open_membership_page(actor: Actor, application_id: int, on: date) -> MembershipPage:
    """Return an application, and record the read in the audit log.

    Raises NotFound if the actor is not allowed to read it.
    """
    actor.require("applications:read")
    application = _find_application(actor, application_id, on)
    audit.record(actor, AuditVerb.PERSON_READ, "people", application.person_id)
    return MembershipPage(
        row=_membership_row(
            actor,
            application,
            queries.home_wards([application.person_id], on)[application.person_id],
        ),
        contacts=details.contacts(application.person_id, on),
        contact_instructions=wording.describe_for_staff(
            contact_instructions(application.person_id, on)
        ),
    )


def applicant_name(actor: Actor, application_id: int, on: date) -> str:
    """Return the name of the applicant.

    Raises NotFound if the actor is not allowed to read the application.
    """
    return _find_application(actor, application_id, on).person


def count_awaiting_decision(actor: Actor, on: date) -> int:
    """Return the number of applications that are waiting for a decision by the actor."""
    return count_open_applications(Scope.for_actor(actor), on)


def accept(actor: Actor, application_id: int) -> None:
    """Accept an application and notify the applicant. Idempotent.

    Raises NotFound if the actor is not allowed to read the application, and Conflict if somebody
    else must make the decision or has already made it.
    """
    _record_decision(actor, application_id, None)


def decline(actor: Actor, application_id: int, reason: str) -> None:
    """Decline an application and notify the applicant, without giving the reason. Idempotent.

    Raises InvalidInput if there is no reason, NotFound if the actor is not allowed to read the
    application, and Conflict if somebody else must make the decision or has already made it.
    """
    reason = reason.strip()
    if not reason:
        raise InvalidInput(_("Enter a reason"), "reason")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(
            _("Reason must be %(number)s characters or less", number=f"{LONGEST_REASON:,}"),
            "reason",
        )
    _record_decision(actor, application_id, reason)


def _record_decision(actor: Actor, application_id: int, reason: str | None) -> None:
    """Decline the application if there is a reason. Otherwise accept it."""
    actor.require("applications:decide")
    on, accepted = clock.today(), reason is None
    lock_person(_find_application(actor, application_id, on).person_id)
    application, row = (
        _find_application(actor, application_id, on),
        lock_application(application_id),
    )
    if row is None or row.withdrawn_at is not None:
        raise NotFound()
    if row.decided_at is not None:
        if row.accepted is accepted:
            return
        raise Conflict(_("You have already decided on this application."))
    if not _can_decide(actor, application):
        raise Conflict(
            _("%(who)s makes the decision on this application.", who=application.decider)
        )
    verb = AuditVerb.PERSON_MEMBERSHIP_ACCEPT if accepted else AuditVerb.PERSON_MEMBERSHIP_DECLINE
    with audit.acting(actor, verb, reason):
        joining.decide_application(actor, row, accepted=accepted, reason=reason)
    _notify_of_decision(application, ACCEPTED if accepted else DECLINED)


def _notify_of_decision(application: ApplicationRow, letter: str) -> None:
    """Send the decision to the applicant.

    No letter is sent about a sensitive network, because it could reveal the network. The
    applicant's own page shows the decision.
    """
    recipient = contact.find_recipient(application.person_id)
    if application.sensitive or recipient is None:
        return
    messages.post(
        NewMessage(
            letter,
            recipient,
            f"{letter}:{application.id}",
            context={"network": application.network},
        )
    )
