"""Suspensions: staff pause a person's role in the network.

A paused person does not count as active. We do not send them requests or reminders, staff cannot
book courses for them, and partners cannot see their contact details. The reason is stored by the
safeguarding package.
"""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import gettext as _

from app.core import audit, clock, registry
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict
from app.core.permissions import Role
from app.people import queries
from app.people.models import Suspension
from app.people.queries.locking import lock_person


def pause_person(
    actor: Actor, person_id: int, from_on: date, until_on: date | None, on: date
) -> None:
    """Pause the person from a given day. `until_on` is the last day, or None.

    The person's registration cannot be decided during a pause. Raises NotFound if the actor is not
    allowed to see the person. Raises Conflict if the person is not in the network, or already has a
    current or future pause.
    """
    person = lock_person(queries.get_visible(Scope.for_actor(actor), person_id, on).id)
    if person.declined_at is not None or person.left_on is not None:
        raise Conflict(_("This person is not in the network, so there is nothing to pause."))
    if current_pause(person.id, on) is not None:
        raise Conflict(_("This person’s role is already paused. End that pause first."))
    with audit.acting(actor, AuditVerb.PERSON_SUSPEND):
        db.session.add(
            Suspension(
                person_id=person.id,
                from_on=from_on,
                until_on=until_on,
                decided_by_user_id=actor.user_id,
                decided_at=clock.now(),
            )
        )
    if from_on <= on:
        for hook in registry.on_paused:
            hook(actor, person.id)


def resume_person(actor: Actor, person_id: int, on: date) -> None:
    """End the person's current or future pause. `on` is the first day after the pause.

    Raises NotFound if the actor is not allowed to see the person, and Conflict if there is no
    pause.
    """
    person = lock_person(queries.get_visible(Scope.for_actor(actor), person_id, on).id)
    found = queries.suspension(person.id, on)
    if found is None:
        raise Conflict(_("This person’s role is not paused."))
    with audit.acting(actor, AuditVerb.PERSON_RESUME):
        found.until_on = on - timedelta(days=1)


def current_pause(person_id: int, on: date) -> tuple[date, date | None] | None:
    """Return the first and last day of the current or next pause, or None if there is no pause.

    The last day is None if the pause has no end date.
    """
    found = queries.suspension(person_id, on)
    return (found.from_on, found.until_on) if found else None


def is_paused(person_id: int, on: date) -> bool:
    """Return whether the person is paused on a given day."""
    found = queries.suspension(person_id, on)
    return found is not None and found.from_on <= on


def check_not_paused(person_id: int, on: date, *, is_own: bool) -> None:
    """Raise Conflict if the person is paused.

    ``is_own`` is whether the error message is shown to the paused person.
    """
    if is_paused(person_id, on):
        raise Conflict(
            _(
                "We have paused your role in the network, so you can’t do this now. Call the team"
                " if you have questions."
            )
            if is_own
            else _("We have paused this person’s role in the network, so you cannot do this now.")
        )


def is_actor_paused(actor: Actor, on: date) -> bool:
    """Return whether the actor is a paused person."""
    return actor.person_id is not None and is_paused(actor.person_id, on)


def are_contact_details_hidden(actor: Actor, person_id: int, on: date) -> bool:
    """Return whether the person's contact details are hidden from the actor.

    While a person is paused, their contact details are hidden from partners.
    """
    partner = Role.PARTNER in actor.roles and Role.COORDINATOR not in actor.roles
    return partner and is_paused(person_id, on)
