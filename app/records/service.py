"""What only staff do to people's records: entering somebody, and telling two people apart.

What people change themselves, and staff for them, is in app.changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.applications import approval
from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.people import notices
from app.people.models import NotDuplicate
from app.people.queries.locking import lock_all
from app.people.types import DecisionNotice, Registration
from app.records import record
from app.registration import service as registration

READ_OUT = "read out"
ON_PAPER = "on paper"


@dataclass(frozen=True)
class Entered:
    """Somebody written down. told: how they hear that they were taken on, if they were; waits: what
    keeps them from it ("" when nothing does, or nobody asked for it).
    """

    person_id: int
    told: DecisionNotice | None = None
    waits: str = ""


def enter(actor: Actor, command: Registration, notice: str, *, approve: bool) -> Entered:
    """Write somebody down who can't register themselves, and take them on if that is asked for.

    notice: how the privacy notice was given, READ_OUT or ON_PAPER. The rules are a registration's.
    """
    if notice not in (READ_OUT, ON_PAPER):
        raise InvalidInput(_("Select how they were given the privacy notice"), "notice")
    person_id = registration.register(actor, command)
    notices.give(person_id, notice)
    person = record.find(actor, person_id, clock.today())
    if person.confirmed_at is None:
        with audit.acting(actor, AuditVerb.PERSON_CONFIRM):
            person.confirmed_at = clock.now()
    if not approve:
        return Entered(person_id)
    try:
        return Entered(person_id, told=approval.approve(actor, person_id))
    except Conflict as error:
        return Entered(person_id, waits=error.message)


def not_the_same(actor: Actor, person_id: int, other_id: int) -> None:
    """Two people who look alike are two. Twice is once."""
    if not actor.may("people:change") or person_id == other_id:
        raise NotFound()
    on = clock.today()
    both = lock_all(record.find(actor, each, on).id for each in (person_id, other_id))
    first, second = (each.id for each in both)
    known = db.session.query(NotDuplicate).filter_by(first_id=first, second_id=second)
    if known.first() is None:
        with audit.acting(actor, AuditVerb.PERSON_NOT_THE_SAME):
            db.session.add(NotDuplicate(first_id=first, second_id=second))
