"""Phone numbers a call to which proves who asks for a change.

Whoever holds a signed-in device can write on the own page, so what was written there alone proves
nothing: not a number added there, and for somebody protected not a number marked as safe since.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Interval, String, and_, cast, func, literal, or_, select

from app.core import clock
from app.core.actor import Actor
from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.in_force import in_force, not_over
from app.people.models import ContactPoint, Person, PersonContact
from app.people.safety import reach
from app.people.safety.models import Loosening
from app.people.safety.types import LooseningKind, Way
from app.people.types import ContactKind

ON_RECORD_FOR = timedelta(hours=24)  # before a number counts as safe for proving who calls
_A_MOMENT = literal(timedelta(minutes=1), Interval())  # between a checked change and its writing


def safe_numbers(person_id: int, at: datetime) -> Sequence[PersonContact]:
    """Phone numbers recorded as safe to call for 24 hours or longer at an instant, newest first.

    Recorded by the person when they registered or on their own page, or by staff for them; for
    somebody protected, before they were, or by a change that was checked with them (Loosening). A
    call to one of them proves who asks for a change.
    """
    on = clock.london_day(at)
    known = reach.facts_of([person_id], on).get(person_id)
    if known is None or (known.wishes is not None and Way.CALL not in known.wishes.ways):
        return []
    return db.session.scalars(
        select(PersonContact)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .join(Person, Person.id == PersonContact.person_id)
        .where(
            PersonContact.person_id == person_id,
            ContactPoint.kind == ContactKind.PHONE,
            _not_only_their_page(),
            _safe_before_protection(),
            in_force(PersonContact, on),
            PersonContact.safe_at <= at - ON_RECORD_FOR,
        )
        .order_by(PersonContact.id.desc())
    ).all()


def numbers_for(actor: Actor, person_id: int, at: datetime) -> Sequence[PersonContact]:
    """Those numbers, as far as this actor may use them to prove who asks for a new address.

    `known_numbers` depends on who is protected. Staff who may not know that are offered the
    numbers recorded as safe only, whoever the person is.
    """
    if is_blind(actor, person_id):
        return safe_numbers(person_id, at)
    return known_numbers(person_id, at)


def is_blind(actor: Actor, person_id: int) -> bool:
    """Whether somebody works on another person's record without knowing who is protected."""
    own = actor.person_id is not None and actor.person_id == person_id
    return actor.kind == "user" and not own and not actor.may("networks:sensitive")


def safe_number(person_id: int, at: datetime) -> str | None:
    """The newest such number (E.164); None where there is none."""
    return next((each.point.value for each in safe_numbers(person_id, at)), None)


def known_numbers(person_id: int, at: datetime) -> Sequence[PersonContact]:
    """Numbers a call to which proves who asks for a new address, newest first.

    Those recorded as safe for 24 hours. Somebody who is not protected and told us no wishes may
    also be called on any number that was on record the whole day before.
    """
    safe, on = safe_numbers(person_id, at), clock.london_day(at)
    known = reach.facts_of([person_id], on).get(person_id)
    if safe or known is None or known.strict:
        return safe
    return db.session.scalars(
        select(PersonContact)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .join(Person, Person.id == PersonContact.person_id)
        .where(
            PersonContact.person_id == person_id,
            ContactPoint.kind == ContactKind.PHONE,
            _not_only_their_page(),
            PersonContact.from_on <= on - timedelta(days=2),
            not_over(PersonContact, on),
        )
        .order_by(PersonContact.id.desc())
    ).all()


def _not_only_their_page() -> ColumnElement[bool]:
    """A condition on PersonContact joined to Person and ContactPoint: it is not there only because
    somebody who was signed in as the person wrote it.
    """
    written = (
        select(AuditEntry.id)
        .where(
            AuditEntry.subject_type == PersonContact.__tablename__,
            AuditEntry.subject_id == PersonContact.id,
            AuditEntry.verb == AuditVerb.PERSON_CONTACT,
            AuditEntry.actor_user_id == Person.user_id,
        )
        .exists()
    )
    given = and_(
        Loosening.kind == LooseningKind.ADD_CONTACT,
        Loosening.detail["kind"].as_string() == cast(ContactPoint.kind, String),
        Loosening.detail["value"].as_string() == ContactPoint.value,
    )
    return or_(~written, _checked(given))


def _safe_before_protection() -> ColumnElement[bool]:
    """A condition on PersonContact joined to Person and ContactPoint: it was recorded as safe
    before the person was protected, with their registration, or by a change that was checked.
    """
    return or_(
        Person.protected_at.is_(None),
        PersonContact.safe_at <= func.greatest(Person.protected_at, Person.confirmed_at),
        _checked(
            Loosening.kind.in_([LooseningKind.ADD_CONTACT, LooseningKind.WISHES]),
            PersonContact.safe_at.between(Loosening.done_at, Loosening.done_at + _A_MOMENT),
        ),
    )


def _checked(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """A change that fits was made after a call, or after two coordinators met them."""
    return (
        select(Loosening.id)
        .where(
            Loosening.person_id == Person.id,
            Loosening.due_at.is_not(None),
            Loosening.done_at.is_not(None),
            *conditions,
        )
        .exists()
    )
