"""Find the person that a change is about: the actor, or somebody that staff change it for.

The verbs of this room take `person_id`. None stands for the actor: on their own pages nobody can
name another's id.
"""

from __future__ import annotations

from flask_babel import gettext as _

from app.core import clock
from app.core.actor import Actor, Scope
from app.core.errors import Conflict, NotFound
from app.people import queries
from app.people.models import Person
from app.people.queries.locking import lock
from app.people.types import PersonState

NOT_TAKEN_ON = (PersonState.WAITING, PersonState.UNCONFIRMED, PersonState.DECLINED)


def subject(actor: Actor, person_id: int | None) -> Person:
    """The person, locked and still here, if the actor may change them.

    Raises NotFound if not, and for actors who are no person or have left. Raises Conflict when
    staff name somebody who has left.
    """
    return _oneself(actor) if person_id is None else _somebody(actor, person_id)


def member(actor: Actor, person_id: int | None) -> Person:
    """The same for somebody who was approved. Raises NotFound; Conflict for staff."""
    person = subject(actor, person_id)
    if person_id is None and person.approved_at is None:
        raise NotFound()
    if person_id is not None and person.state(clock.today()) in NOT_TAKEN_ON:
        raise Conflict(_("They are not in the network yet."))
    return person


def _oneself(actor: Actor) -> Person:
    person = lock(actor.person_id) if actor.person_id else None
    if person is None or (person.left_on is not None and person.left_on <= clock.today()):
        raise NotFound()
    return person


def _somebody(actor: Actor, person_id: int) -> Person:
    actor.require("people:change")
    person = lock(queries.get_visible(Scope.of(actor), person_id, clock.today()).id)
    if person.left_on is not None:
        raise Conflict(_("They have left the network."))
    return person
