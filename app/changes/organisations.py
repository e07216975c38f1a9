"""Add, remove and link a person's organisations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from flask_babel import gettext as _

from app.changes import queries
from app.changes.change_source import Subject, record_source, subject_id
from app.changes.subject import find_subject
from app.core import audit, clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.organisations import matching
from app.organisations.queries import secrecy
from app.people.models import Affiliation


@record_source(AuditVerb.PERSON_ORGANISATION)
def join_organisation(actor: Actor, subject: Subject, name: str) -> None:
    """Record that the person belongs to an organisation from today. Idempotent.

    If no organisation in our list has this name, a coordinator links it later. Raises InvalidInput
    if the name is empty.
    """
    name = name.strip()
    if not name:
        raise InvalidInput(_("Enter the name of the organisation"), "organisation")
    person, on = find_subject(actor, subject_id(subject)), clock.today()
    organisation_id = matching.match_organisations([name], on)[name]
    for row in queries.current_affiliations(person.id, on):
        same_name = row.organisation_id is None and row.named == name
        if same_name or (organisation_id is not None and row.organisation_id == organisation_id):
            return
    with audit.acting(actor, AuditVerb.PERSON_ORGANISATION):
        db.session.add(
            Affiliation(
                person_id=person.id,
                organisation_id=organisation_id,
                named=None if organisation_id else name,
                from_on=on,
            )
        )


@record_source(AuditVerb.PERSON_ORGANISATION)
def leave_organisation(actor: Actor, subject: Subject, affiliation_id: int) -> None:
    """End the person's affiliation with an organisation today. Idempotent.

    Raises NotFound if the person does not have this affiliation, or if the actor is not allowed to
    see it.
    """
    person, on = find_subject(actor, subject_id(subject)), clock.today()
    scope = Scope.for_own_record(actor) if subject is None else Scope.for_actor(actor)
    row = queries.find_affiliation(scope, person.id, affiliation_id)
    if row is None:
        raise NotFound()
    if row.until_on is None:
        with audit.acting(actor, AuditVerb.PERSON_ORGANISATION):
            _end_affiliation(row, on)


def _end_affiliation(row: Affiliation, on: date) -> None:
    if row.from_on >= on:
        db.session.delete(row)
    else:
        row.until_on = on - timedelta(days=1)


def link_organisation(actor: Actor, affiliation_id: int, organisation_id: int) -> int:
    """Link everybody who entered a name to an organisation from today. Return the number of people.

    Past days do not change. People hidden from the actor are left out. Raises NotFound if the actor
    is not allowed to see the name or the organisation, and Conflict if the name is already linked
    or marked as unmatched.
    """
    actor.require("organisations:change")
    secrecy.check_organisation(Scope.for_actor(actor), organisation_id)
    on = clock.today()
    rows = _lock_waiting_rows(actor, affiliation_id, on)
    with audit.acting(actor, AuditVerb.PERSON_ORGANISATION):
        for row in rows:
            if row.from_on >= on:
                row.organisation_id, row.named = organisation_id, None
                continue
            row.until_on = on - timedelta(days=1)
            db.session.add(
                Affiliation(person_id=row.person_id, organisation_id=organisation_id, from_on=on)
            )
    return len(rows)


def unlink_organisation(actor: Actor, person_id: int, affiliation_id: int) -> None:
    """Remove a wrong link between the name that a person entered and an organisation.

    Past days do not change. From today, the person has the name that they entered, which needs a
    new decision. If they entered no name, they have the name of the organisation. Idempotent.
    Raises NotFound if the person does not have this affiliation, or if the actor is not allowed to
    see it.
    """
    actor.require("organisations:change")
    person, on = find_subject(actor, person_id), clock.today()
    row = queries.find_affiliation(Scope.for_actor(actor), person.id, affiliation_id)
    if row is None:
        raise NotFound()
    if row.organisation_id is None or row.until_on is not None:
        return
    typed = queries.name_as_entered(row)
    with audit.acting(actor, AuditVerb.PERSON_ORGANISATION):
        if row.from_on >= on:
            row.organisation_id, row.named = None, typed
            return
        row.until_on = on - timedelta(days=1)
        db.session.add(Affiliation(person_id=person.id, named=typed, from_on=on))


def leave_unmatched(actor: Actor, affiliation_id: int) -> int:
    """Record that a name matches no organisation in our list.

    Returns the number of people who entered the name. Raises NotFound if the actor is not allowed
    to see the name, and Conflict if the name is already linked or marked as unmatched.
    """
    actor.require("organisations:change")
    rows = _lock_waiting_rows(actor, affiliation_id, clock.today())
    with audit.acting(actor, AuditVerb.PERSON_ORGANISATION):
        for row in rows:
            row.unmatched_at = clock.now()
    return len(rows)


def _lock_waiting_rows(actor: Actor, affiliation_id: int, on: date) -> Sequence[Affiliation]:
    rows = queries.lock_affiliations_with_same_name(Scope.for_actor(actor), affiliation_id, on)
    if not rows:
        raise NotFound()
    waiting = [row for row in rows if row.organisation_id is None and row.unmatched_at is None]
    if not waiting:
        raise Conflict(_("Somebody has already dealt with this name."))
    return waiting
