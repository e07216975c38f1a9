"""Proving an email address. Opening a link proves nothing; pressing its button does."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from app.core import audit, clock, links
from app.core.actor import PUBLIC, SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.errors import Conflict, NotFound
from app.people import signing_in
from app.people.models import Person
from app.people.queries.locking import lock_all
from app.people.queries.ways import email_of
from app.registration import queries
from app.registration import service as registration


def is_good(token: str) -> bool:
    """Whether a confirmation link can still be used. Uses nothing up."""
    return links.look(signing_in.CONFIRM, token) is not None


def confirm(token: str) -> bool:
    """Use the link up and confirm the registration; False when it is used or has run out."""
    subject = links.look(signing_in.CONFIRM, token)
    found = lock_all([int(subject)]) if subject else []  # before the link, as who changes them does
    if links.spend(signing_in.CONFIRM, token) is None or not found:
        return False
    (person,) = found
    if person.left_on is not None:
        return False
    now = clock.now()
    with audit.acting(PUBLIC, AuditVerb.PERSON_CONFIRM):
        person.confirmed_at = person.confirmed_at or now
        proved = email_of(person.id, clock.london_day(now))
        if proved is not None:
            proved.confirmed_at = proved.confirmed_at or now
    if proved is not None and proved.vouched_at is not None:
        signing_in.prove(person, proved)
    return True


def confirm_by_staff(actor: Actor, person: Person) -> None:
    """Staff spoke with, or wrote to, somebody who has no email address. Raises Conflict."""
    if not actor.may("applications:decide"):
        raise NotFound()
    if email_of(person.id, clock.today()) is not None:
        raise Conflict(_("They gave an email address: only they can confirm it."))
    if person.confirmed_at is None:
        with audit.acting(actor, AuditVerb.PERSON_CONFIRM):
            person.confirmed_at = clock.now()


def forget_unconfirmed(now: datetime) -> int:
    """Remove registrations that nobody confirmed for a month; returns how many."""
    forgotten = queries.unconfirmed_before(now - registration.UNCONFIRMED_KEPT)
    if forgotten:
        queries.remove(forgotten)
        audit.record(SYSTEM, AuditVerb.PERSON_FORGET, "people", people=list(forgotten))
    return len(forgotten)
