"""Find and lock the person whose record is changed, either the actor or another person.

The functions in this room take `person_id`. None stands for the actor, so nobody can name another
person's id on their own pages.
"""

from __future__ import annotations

from flask_babel import gettext as _

from app.core import clock
from app.core.actor import Actor, Scope
from app.core.errors import Conflict, NotFound
from app.people import queries
from app.people.models import Person
from app.people.queries.locking import lock_person
from app.people.types import PersonState

NOT_APPROVED = (PersonState.WAITING, PersonState.UNCONFIRMED, PersonState.DECLINED)


def find_subject(actor: Actor, person_id: int | None) -> Person:
    """Return the person, locked, if the actor may change them.

    Raises NotFound if the actor may not change them or is not in the network. Raises Conflict if
    staff name a person who has left.
    """
    return _own_person(actor) if person_id is None else _other_person(actor, person_id)


def find_member(actor: Actor, person_id: int | None) -> Person:
    """Return the person, locked, if they are approved and the actor may change them.

    Raises as `find_subject` does. If they are not approved, raises NotFound, or Conflict for staff.
    """
    person = find_subject(actor, person_id)
    if person_id is None and person.approved_at is None:
        raise NotFound()
    if person_id is not None and person.state(clock.today()) in NOT_APPROVED:
        raise Conflict(_("This person is not in the network yet."))
    return person


def _own_person(actor: Actor) -> Person:
    person = lock_person(actor.person_id) if actor.person_id else None
    if person is None or (person.left_on is not None and person.left_on <= clock.today()):
        raise NotFound()
    return person


def _other_person(actor: Actor, person_id: int) -> Person:
    actor.require("people:change")
    person = lock_person(queries.get_visible(Scope.for_actor(actor), person_id, clock.today()).id)
    if person.left_on is not None:
        raise Conflict(_("This person has left the network."))
    return person
