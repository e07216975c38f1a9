"""Pausing somebody's part in the network by decision ("Paused by us").

While paused, a person is not active: nothing matches them, asks them, counts them or reminds them,
nobody books for them, and partners do not read how to reach them. `queries.paused_on` is the one
rule; why somebody is paused is known to the safeguarding room alone.
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
from app.people.queries.locking import lock


def pause(actor: Actor, person_id: int, from_on: date, until_on: date | None, on: date) -> None:
    """Pause from a day, until a last day or until somebody ends it. A registration that waits for a
    decision waits until then. Raises NotFound, and Conflict while another pause holds or is to
    come.
    """
    person = lock(queries.get_visible(Scope.of(actor), person_id, on).id)
    if person.declined_at is not None or person.left_on is not None:
        raise Conflict(_("They are not in the network, so there is nothing to pause."))
    if current(person.id, on) is not None:
        raise Conflict(_("They are already paused. End that pause first."))
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


def resume(actor: Actor, person_id: int, on: date) -> None:
    """End the pause that holds or is to come: `on` is the first day without it. Raises NotFound,
    and Conflict where there is none.
    """
    person = lock(queries.get_visible(Scope.of(actor), person_id, on).id)
    found = queries.suspension(person.id, on)
    if found is None:
        raise Conflict(_("They are not paused."))
    with audit.acting(actor, AuditVerb.PERSON_RESUME):
        found.until_on = on - timedelta(days=1)


def current(person_id: int, on: date) -> tuple[date, date | None] | None:
    """(first day, last day or None) of the pause that holds on a day or is to come."""
    found = queries.suspension(person_id, on)
    return (found.from_on, found.until_on) if found else None


def is_paused(person_id: int, on: date) -> bool:
    """Whether the person is paused on a day."""
    found = queries.suspension(person_id, on)
    return found is not None and found.from_on <= on


def refuse_if_paused(person_id: int, on: date, *, own: bool) -> None:
    """Raises Conflict for somebody who is paused. own: the sentence is for themself."""
    if is_paused(person_id, on):
        raise Conflict(
            _(
                "We have paused your role in the network, so you can’t do this now. Call the team"
                " if you have questions."
            )
            if own
            else _("We have paused their part in the network, so this can’t be done now.")
        )


def is_paused_oneself(actor: Actor, on: date) -> bool:
    """Whether the actor is a person who is paused: nothing is asked of them, or offered to them."""
    return actor.person_id is not None and is_paused(actor.person_id, on)


def hides_contact(actor: Actor, person_id: int, on: date) -> bool:
    """Whether the actor must not reach the person for now: partners, while the person is paused."""
    partner = Role.PARTNER in actor.roles and Role.COORDINATOR not in actor.roles
    return partner and is_paused(person_id, on)
