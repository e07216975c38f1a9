"""Leave the network. People can undo this for 30 days."""

from __future__ import annotations

from datetime import timedelta

from app.accounts import service as accounts
from app.accounts.queries import user
from app.changes import service as changes
from app.core import audit, clock, links
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.errors import NotFound
from app.core.permissions import Role
from app.people import activity
from app.people.queries.locking import lock_person

RETURN = "return"  # the purpose of a link that allows the person to return; it is never sent
RETURN_PERIOD = timedelta(days=30)


def leave_with_undo(actor: Actor) -> None:
    """Remove the actor from the network. They can undo this for 30 days.

    Raises NotFound if the actor is not in the network.
    """
    changes.leave_network(actor, None, "")
    links.create(RETURN, actor.person_id or 0, RETURN_PERIOD)


def can_undo_leaving(person_id: int) -> bool:
    """Return whether the person left within the last 30 days and can undo that."""
    return links.has_open_link(RETURN, person_id)


def undo_leaving(actor: Actor) -> None:
    """Return the actor to the network. Bookings and assignments that ended are not restored.

    Raises NotFound if the actor cannot undo leaving.
    """
    person = lock_person(actor.person_id) if actor.person_id else None
    if person is None or not can_undo_leaving(person.id):
        raise NotFound()
    with audit.acting(actor, AuditVerb.PERSON_RETURN):
        person.left_on = None
        person.left_reason = None
    links.revoke(RETURN, person.id)
    found = user(person.user_id) if person.user_id is not None else None
    if found is not None:
        accounts.grant_role(actor, found, Role.CHAMPION, clock.today())
    activity.confirm_activity(actor, person, clock.today())
