"""Queries for contact details and contact wishes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import BigInteger, Select, and_, any_, literal, select, union
from sqlalchemy.dialects.postgresql import ARRAY, CITEXT
from sqlalchemy.orm import aliased
from sqlalchemy.types import TypeEngine

from app.core.audit import AuditEntry
from app.core.db import db
from app.core.in_force import in_force, is_current_or_future, is_over
from app.people.models import ContactPoint, Person, PersonContact
from app.people.safety.models import SafeContact
from app.people.safety.types import ContactPreferences
from app.people.types import ContactKind

RECENT_WISHES = timedelta(days=7)


def find_contacts(person_id: int, on: date) -> list[PersonContact]:
    """Return a person's contact details on a given day, oldest first."""
    return list(
        db.session.scalars(
            select(PersonContact)
            .where(PersonContact.person_id == person_id, in_force(PersonContact, on))
            .order_by(PersonContact.id)
        )
    )


def find_contact(contact_id: int) -> PersonContact | None:
    """Return the contact detail with this ID, reloaded from the database, or None."""
    return db.session.get(PersonContact, contact_id, populate_existing=True)


def _select_emails(person_id: int, on: date) -> Select[PersonContact]:
    return (
        select(PersonContact)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(
            PersonContact.person_id == person_id,
            ContactPoint.kind == ContactKind.EMAIL,
            in_force(PersonContact, on),
        )
    )


def find_email_contact(person_id: int, address: str, on: date) -> PersonContact | None:
    """Return the person's contact detail with this email address on a given day, or None."""
    return db.session.scalar(
        _select_emails(person_id, on)
        .where(ContactPoint.value == address)
        .order_by(PersonContact.id)
        .limit(1)
    )


def find_email(person_id: int, on: date) -> PersonContact | None:
    """Return a person's email address on a given day, or None.

    If there are several, prefer one that is vouched for, then a confirmed one, then the newest.
    """
    return db.session.scalar(
        _select_emails(person_id, on)
        .order_by(
            PersonContact.vouched_at.is_(None),
            PersonContact.confirmed_at.is_(None),
            PersonContact.id.desc(),
        )
        .limit(1)
    )


def find_safe_contact(person_id: int, on: date) -> SafeContact | None:
    """Return a person's contact wishes on a given day, or None."""
    return db.session.scalar(
        select(SafeContact)
        .where(SafeContact.person_id == person_id, in_force(SafeContact, on))
        .order_by(SafeContact.id.desc())
        .limit(1)
    )


def safe_contacts_since(
    person_ids: Iterable[int], since: date, on: date
) -> list[tuple[SafeContact, bool]]:
    """Return the contact wishes in force at any time from `since` to a given day.

    Each row also says whether the person made the change on their own page. Rows are sorted by
    person, oldest first.
    """
    own = (
        select(AuditEntry.id)
        .where(
            AuditEntry.subject_type == SafeContact.__tablename__,
            AuditEntry.subject_id == SafeContact.id,
            AuditEntry.actor_user_id == Person.user_id,
        )
        .exists()
    )
    rows = db.session.execute(
        select(SafeContact, own)
        .join(Person, Person.id == SafeContact.person_id)
        .where(
            SafeContact.person_id == _array_operand(person_ids, BigInteger()),
            SafeContact.from_on <= on,
            is_current_or_future(SafeContact, since),
        )
        .order_by(SafeContact.person_id, SafeContact.id)
    )
    return [(row, by_own_user) for row, by_own_user in rows]


def contact_rows(
    person_ids: Iterable[int], on: date, user_ids: Iterable[int], emails: Iterable[str]
) -> Sequence[Any]:
    """Return a row for each contact detail that people have on a given day.

    Select people by ID, by user ID or by email address. Rows are sorted by person and kind, with
    the best contact detail first.

    Each row has columns of the person (id, full_name, user_id, preferred, protected_at,
    SafeContact) and of the contact detail (kind, value, failing_since, safe_at, vouched_at). A
    person without contact details has one row, in which the columns of the contact detail are None.
    Runs one statement.
    """
    other = aliased(Person)
    selected_ids = union(
        select(other.id).where(other.id == _array_operand(person_ids, BigInteger())),
        select(other.id).where(other.user_id == _array_operand(user_ids, BigInteger())),
        select(PersonContact.person_id)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(
            ContactPoint.kind == ContactKind.EMAIL,
            ContactPoint.value == _array_operand(emails, CITEXT()),
        ),
    )
    return db.session.execute(
        select(
            Person.id,
            Person.full_name,
            Person.user_id,
            Person.preferred,
            Person.protected_at,
            ContactPoint.kind,
            ContactPoint.value,
            ContactPoint.failing_since,
            PersonContact.safe_at,
            PersonContact.vouched_at,
            SafeContact,
        )
        .outerjoin(
            PersonContact,
            and_(PersonContact.person_id == Person.id, in_force(PersonContact, on)),
        )
        .outerjoin(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .outerjoin(
            SafeContact,
            and_(SafeContact.person_id == Person.id, in_force(SafeContact, on)),
        )
        .where(Person.id.in_(selected_ids))
        .order_by(
            Person.id,
            PersonContact.vouched_at.is_(None),
            PersonContact.confirmed_at.is_(None),
            PersonContact.id.desc(),
        )
    ).all()


def _array_operand(values: Iterable[Any], kind: TypeEngine[Any]) -> Any:
    """Return the right-hand side of the SQL condition `column = ANY (values)`.

    The SQL text does not depend on the number of values.
    """
    return any_(literal(sorted(set(values)), ARRAY(kind)))


def previous_wishes(person_ids: Iterable[int], on: date) -> dict[int, ContactPreferences | None]:
    """Return people's previous contact wishes, by person ID. None means no wishes.

    The result includes only people who changed their wishes on their own page within the last week.
    Somebody else with a signed-in device could have made that change. So letters about changes
    follow the previous wishes for some days. For a protected person, a coordinator gets a call list
    entry instead. Runs one statement.
    """
    found: dict[int, ContactPreferences | None] = {}
    earlier: dict[int, ContactPreferences | None] = {}
    for row, by_own_user in safe_contacts_since(person_ids, on - RECENT_WISHES, on):
        if not (by_own_user and row.from_on > on - RECENT_WISHES):
            earlier[row.person_id] = row.wishes
            found.pop(row.person_id, None)
        elif not is_over(row, on):
            found[row.person_id] = earlier.get(row.person_id)
    return found
