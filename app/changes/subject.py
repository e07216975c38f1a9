"""Find and lock the person to change.

`person_id` is None for the actor. A person's own pages never pass an ID.
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
    """Lock and return the person.

    Raises NotFound if the person is not in the network or the actor is not allowed to change them.
    Raises Conflict for staff if the person has left.
    """
    return _own_person(actor) if person_id is None else _other_person(actor, person_id)


def find_member(actor: Actor, person_id: int | None) -> Person:
    """Lock and return the person, who must be approved.

    Raises NotFound if they are not approved, or Conflict if the actor is staff. Also raises the
    errors of `find_subject`.
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
