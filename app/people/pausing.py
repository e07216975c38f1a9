"""Suspensions: our decisions to pause a person's role in the network ("Paused by us").

A paused person is not active: they are not matched, asked to help, counted or reminded, staff
cannot book them on courses, and partners cannot read their contact details. `is_paused_on` has
the rule. Only the safeguarding room keeps the reason.
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
    """Pause the person from a given day, until a last day or until staff end the pause.

    Nobody can decide the person's registration during the pause. Raises NotFound if the actor may
    not see the person, and Conflict if they are not in the network, are already paused, or have a
    pause that is due to start.
    """
    person = lock_person(queries.get_visible(Scope.for_actor(actor), person_id, on).id)
    if person.declined_at is not None or person.left_on is not None:
        raise Conflict(_("This person is not in the network, so there is nothing to pause."))
    if current_pause(person.id, on) is not None:
        raise Conflict(_("This person is already paused. End that pause first."))
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
        for follow in registry.on_paused:
            follow(actor, person.id)


def resume_person(actor: Actor, person_id: int, on: date) -> None:
    """End the current or upcoming pause. `on` is the first day without it.

    Raises NotFound if the actor may not see the person, and Conflict if there is no pause.
    """
    person = lock_person(queries.get_visible(Scope.for_actor(actor), person_id, on).id)
    found = queries.suspension(person.id, on)
    if found is None:
        raise Conflict(_("This person is not paused."))
    with audit.acting(actor, AuditVerb.PERSON_RESUME):
        found.until_on = on - timedelta(days=1)


def current_pause(person_id: int, on: date) -> tuple[date, date | None] | None:
    """Return (first day, last day or None) of the current or upcoming pause, or None."""
    found = queries.suspension(person_id, on)
    return (found.from_on, found.until_on) if found else None


def is_paused(person_id: int, on: date) -> bool:
    """Return whether the person is paused on a given day."""
    found = queries.suspension(person_id, on)
    return found is not None and found.from_on <= on


def refuse_if_person_paused(person_id: int, on: date, *, is_own: bool) -> None:
    """Raise Conflict if the person is paused. ``is_own`` words the error for that person."""
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
    """Return whether the actor is a paused person. We send them no requests or offers."""
    return actor.person_id is not None and is_paused(actor.person_id, on)


def are_contacts_hidden(actor: Actor, person_id: int, on: date) -> bool:
    """Return whether the person's contact details are hidden from the actor.

    They are hidden from partners while the person is paused.
    """
    partner = Role.PARTNER in actor.roles and Role.COORDINATOR not in actor.roles
    return partner and is_paused(person_id, on)
