"""A person's organisations: joining one by a typed name, leaving it, and linking typed names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from flask_babel import gettext as _

from app.changes import queries
from app.changes.subject import find_subject
from app.changes.told import Whose, at_their_word, person_of
from app.core import audit, clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.organisations import matching
from app.organisations.queries import secrecy
from app.people.models import Affiliation


@at_their_word(AuditVerb.PERSON_ORGANISATION)
def join_organisation(actor: Actor, whose: Whose, name: str) -> None:
    """Record from today that the person belongs to the organisation with a typed name. Idempotent.

    A name that means no organisation on record waits for a coordinator. Raises InvalidInput without
    a name.
    """
    name = name.strip()
    if not name:
        raise InvalidInput(_("Enter the name of the organisation"), "organisation")
    person, on = find_subject(actor, person_of(whose)), clock.today()
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


@at_their_word(AuditVerb.PERSON_ORGANISATION)
def leave_organisation(actor: Actor, whose: Whose, affiliation_id: int) -> None:
    """End the person's affiliation with an organisation today. Idempotent.

    Raises NotFound if it is not theirs, or if the actor may not know of it.
    """
    person, on = find_subject(actor, person_of(whose)), clock.today()
    scope = Scope.for_own_record(actor) if whose is None else Scope.for_actor(actor)
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
    """Link everybody who typed a name to an organisation, from today. Return how many.

    Past days keep the typed name, so that past figures do not change. People that the actor may not
    see are left out. Raises NotFound if the actor may not know of the name or the organisation, and
    Conflict if somebody has already decided.
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
    """Record that a person does not belong to the organisation to which their name was linked.

    From today they have the typed name again, which waits for a decision. Past days keep the link.
    If they have no earlier typed name, it is the organisation's. Idempotent. Raises NotFound if it
    is not theirs, or if the actor may not know of it.
    """
    actor.require("organisations:change")
    person, on = find_subject(actor, person_id), clock.today()
    row = queries.find_affiliation(Scope.for_actor(actor), person.id, affiliation_id)
    if row is None:
        raise NotFound()
    if row.organisation_id is None or row.until_on is not None:
        return
    typed = queries.name_before_link(row)
    with audit.acting(actor, AuditVerb.PERSON_ORGANISATION):
        if row.from_on >= on:
            row.organisation_id, row.named = None, typed
            return
        row.until_on = on - timedelta(days=1)
        db.session.add(Affiliation(person_id=person.id, named=typed, from_on=on))


def leave_unmatched(actor: Actor, affiliation_id: int) -> int:
    """Record that a typed name means no organisation on record. Return how many people typed it.

    Raises NotFound if the actor may not know of the name, and Conflict if somebody has already
    decided.
    """
    actor.require("organisations:change")
    rows = _lock_waiting_rows(actor, affiliation_id, clock.today())
    with audit.acting(actor, AuditVerb.PERSON_ORGANISATION):
        for row in rows:
            row.unmatched_at = clock.now()
    return len(rows)


def _lock_waiting_rows(actor: Actor, affiliation_id: int, on: date) -> Sequence[Affiliation]:
    rows = queries.lock_same_name(Scope.for_actor(actor), affiliation_id, on)
    if not rows:
        raise NotFound()
    waiting = [row for row in rows if row.organisation_id is None and row.unmatched_at is None]
    if not waiting:
        raise Conflict(_("Somebody has already decided about this name."))
    return waiting
