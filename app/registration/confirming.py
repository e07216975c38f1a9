"""Proving an e-mail address. Opening a link proves nothing; pressing its button does."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from app.core import audit, clock, links
from app.core.actor import PUBLIC, SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.people import contact, signing_in
from app.people.locking import lock_all
from app.people.models import ContactPoint, Person, PersonContact
from app.people.types import ContactKind, Source
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
        proved = contact.email_of(person.id, clock.london_day(now))
        if proved is not None:
            proved.confirmed_at = proved.confirmed_at or now
    if proved is not None and proved.vouched_at is not None:
        signing_in.prove(person, proved)
    return True


def confirm_by_staff(actor: Actor, person: Person) -> None:
    """Staff spoke with, or wrote to, somebody who has no e-mail address. Raises Conflict."""
    if not actor.may("applications:decide"):
        raise NotFound()
    if contact.email_of(person.id, clock.today()) is not None:
        raise Conflict("They gave an email address: only they can confirm it.")
    if person.confirmed_at is None:
        with audit.acting(actor, AuditVerb.PERSON_CONFIRM):
            person.confirmed_at = clock.now()


def forget_unconfirmed(now: datetime) -> int:
    """Remove registrations that nobody confirmed for a month; returns how many."""
    old = now - registration.UNCONFIRMED_KEPT
    with_email = (
        select(PersonContact.person_id)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(ContactPoint.kind == ContactKind.EMAIL)
    )
    forgotten = db.session.scalars(
        select(Person.id)
        .where(
            Person.source == Source.SELF,
            Person.confirmed_at.is_(None),
            Person.approved_at.is_(None),
            Person.declined_at.is_(None),
            Person.registered_at < old,
            Person.id.in_(with_email),
        )
        .order_by(Person.id)
        .with_for_update(skip_locked=True)
    ).all()
    if forgotten:
        db.session.execute(delete(Person).where(Person.id.in_(forgotten)))
        unused = (
            ~select(PersonContact.id)
            .where(PersonContact.contact_point_id == ContactPoint.id)
            .exists()
        )
        db.session.execute(delete(ContactPoint).where(unused))
        audit.record(SYSTEM, AuditVerb.PERSON_FORGET, "people", people=list(forgotten))
    return len(forgotten)
