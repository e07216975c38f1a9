"""Add people, and mark two people as different.

Changes that people can also make themselves are in app.changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.applications import approval
from app.core import audit, clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.people import notices, same_person
from app.people.duplicate_models import NotDuplicate
from app.people.queries.locking import lock_people
from app.people.same_person import PersonDetails, PossibleMatch
from app.people.types import DecisionNotice, Registration
from app.records import record
from app.registration import service as registration

READ_OUT = "read out"
ON_PAPER = "on paper"
MAX_SHOWN = 10  # possible matches


@dataclass(frozen=True)
class AddedPerson:
    """The result of adding a person.

    ``notice`` is how an approved person will be notified. ``obstacle`` is why the person could not
    be approved, or "".
    """

    person_id: int
    notice: DecisionNotice | None = None
    obstacle: str = ""


def add_person(actor: Actor, command: Registration, notice: str, *, approve: bool) -> AddedPerson:
    """Register a person, and approve them if ``approve`` is true.

    ``notice`` is how the person was given the privacy notice: READ_OUT or ON_PAPER. Raises
    InvalidInput if the registration is not valid.
    """
    if notice not in (READ_OUT, ON_PAPER):
        raise InvalidInput(_("Select how they were given the privacy notice"), "notice")
    person_id = registration.register(actor, command)
    notices.record_notice_given(person_id, notice)
    person = record.find_person(actor, person_id, clock.today())
    if person.confirmed_at is None:
        with audit.acting(actor, AuditVerb.PERSON_CONFIRM):
            person.confirmed_at = clock.now()
    if not approve:
        return AddedPerson(person_id)
    try:
        return AddedPerson(person_id, notice=approval.approve(actor, person_id))
    except Conflict as error:
        return AddedPerson(person_id, obstacle=error.message)


def find_possible_matches(actor: Actor, details: PersonDetails) -> list[PossibleMatch]:
    """Return the visible people who might match these details, most likely first."""
    actor.require("people:create")
    if not details.name and not details.emails and not details.phones:
        return []
    return same_person.find_possible_matches(Scope.for_actor(actor), details, clock.today())[
        :MAX_SHOWN
    ]


def mark_as_different(actor: Actor, person_id: int, other_id: int) -> None:
    """Record that two similar records are for different people. Idempotent.

    Raises NotFound if the actor is not allowed to change people or to see both of them.
    """
    if not actor.may("people:change") or person_id == other_id:
        raise NotFound()
    on = clock.today()
    both = lock_people(record.find_person(actor, each, on).id for each in (person_id, other_id))
    first, second = (each.id for each in both)
    existing = db.session.query(NotDuplicate).filter_by(first_id=first, second_id=second)
    if existing.first() is None:
        with audit.acting(actor, AuditVerb.PERSON_NOT_THE_SAME):
            db.session.add(NotDuplicate(first_id=first, second_id=second))
