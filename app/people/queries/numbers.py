"""Phone numbers of people, without those that only somebody signed in as them wrote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Interval,
    Select,
    String,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
)

from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.in_force import in_force, not_over
from app.people.models import ContactPoint, Person, PersonContact
from app.people.safety.models import Loosening
from app.people.safety.types import LooseningKind
from app.people.types import ContactKind

_A_MOMENT = literal(timedelta(minutes=1), Interval())  # between a checked change and its writing


def safe_since(person_id: int, on: date, instant: datetime) -> Sequence[PersonContact]:
    """Numbers of a day that were recorded as safe by an instant, newest first.

    For somebody protected, those recorded as safe before they were, or by a change that was
    checked with them.
    """
    return db.session.scalars(
        _numbers(person_id).where(
            _safe_before_protection(),
            in_force(PersonContact, on),
            PersonContact.safe_at <= instant,
        )
    ).all()


def known_since(person_id: int, on: date, since: date) -> Sequence[PersonContact]:
    """Numbers of a day that were on record on an earlier day already, newest first."""
    return db.session.scalars(
        _numbers(person_id).where(PersonContact.from_on <= since, not_over(PersonContact, on))
    ).all()


def _numbers(person_id: int) -> Select[PersonContact]:
    return (
        select(PersonContact)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .join(Person, Person.id == PersonContact.person_id)
        .where(
            PersonContact.person_id == person_id,
            ContactPoint.kind == ContactKind.PHONE,
            _not_only_their_page(),
        )
        .order_by(PersonContact.id.desc())
    )


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
