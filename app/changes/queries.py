"""Queries for pending changes and for the other changes in this room."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Interval,
    Select,
    SQLColumnExpression,
    String,
    and_,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert

from app.accounts import queries as accounts
from app.changes.models import PrivateWord
from app.core.actor import Actor, Scope
from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.in_force import in_force, is_current_or_future
from app.core.permissions import Role
from app.messages import queries as messages
from app.organisations.models import Organisation
from app.people.models import Affiliation, Block, ContactPoint, Person, PersonContact, Presence
from app.people.queries.visibility import is_affiliation_known_to, visible_to
from app.people.safety.models import CallAttempt, Loosening
from app.people.safety.types import LooseningKind
from app.people.types import Basis, CallOutcome, ContactKind, Source

ASKED, CALL = "change-asked", "change-call"  # letters
REVEALING = frozenset({LooseningKind.END_PROTECTION, LooseningKind.END_BLOCK})
_OPEN = (Loosening.done_at.is_(None), Loosening.stopped_at.is_(None))


def open_changes(person_id: int, *conditions: ColumnElement[bool]) -> Sequence[Loosening]:
    """Return a person's pending changes that meet the conditions, oldest first."""
    return db.session.scalars(
        select(Loosening)
        .where(Loosening.person_id == person_id, *_OPEN, *conditions)
        .order_by(Loosening.id)
    ).all()


def changes_due_by(instant: datetime) -> Sequence[int]:
    """Return the ids of the changes that are due by a given time, earliest first."""
    return db.session.scalars(
        select(Loosening.id)
        .where(*_OPEN, Loosening.due_at <= instant)
        .order_by(Loosening.due_at, Loosening.id)
    ).all()


def find_change(person_id: int, change_id: int, actor: Actor) -> Loosening | None:
    """Return a change requested for a person, if the actor may know about it.

    This is one statement, so that a hidden change takes the same path as a missing one.
    """
    return db.session.scalar(
        select(Loosening)
        .where(Loosening.id == change_id, Loosening.person_id == person_id, is_known_to(actor))
        .execution_options(populate_existing=True)
    )


def is_known_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition for changes that the actor may know about.

    A pending change shows who is protected, unless it was requested by staff who may not know that.
    Anything that such staff request has to wait, whether or not the person is protected.
    """
    if actor.may("networks:sensitive"):
        return true()
    if actor.person_id is None:
        return would_wait_if_unprotected()
    return or_(Loosening.person_id == actor.person_id, would_wait_if_unprotected())


def would_wait_if_unprotected() -> ColumnElement[bool]:
    """Return the condition for changes that would wait even if the person were not protected."""
    own = exists().where(
        Person.id == Loosening.person_id, Person.user_id == Loosening.asked_by_user_id
    )
    knowing = accounts.has_ever_held(Loosening.asked_by_user_id, Role.SENSITIVE)
    return and_(
        Loosening.kind.not_in(REVEALING),
        Loosening.asked_by_user_id.is_not(None),
        ~own,
        ~knowing,
    )


def would_wait_anyway(change_id: int) -> bool:
    """Return whether a change would wait even if the person were not protected."""
    query = select(Loosening.id).where(Loosening.id == change_id, would_wait_if_unprotected())
    return db.session.scalar(query) is not None


def is_hidden_message(scope: Scope) -> ColumnElement[bool]:
    """Return the condition for messages about a change that the reader may not know about."""
    if scope.sensitive or scope.unrestricted:
        return false()
    asked = messages.id_in_key(ASKED, CALL)
    return and_(
        messages.is_letter(ASKED, CALL),
        ~exists().where(Loosening.id == asked, would_wait_if_unprotected()),
    )


def passed_reason(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for messages about a change that nobody needs any more.

    The change was made or stopped, or it was checked, so that a newer letter says when it is made.
    """
    change_id = messages.id_in_key(ASKED, CALL)
    is_checked = Loosening.due_at.is_not(None)
    after_check = and_(messages.is_letter(ASKED), messages.part_of_key(3) == "due")
    needed = exists().where(Loosening.id == change_id, *_OPEN, is_checked == after_check)
    return and_(messages.is_letter(ASKED, CALL), ~needed.correlate_except(Loosening))


def is_address_of_another(email: str, person_id: int) -> bool:
    """Return whether somebody else in the network has this address, confirmed or added by staff."""
    found = db.session.scalar(
        select(Person.id)
        .join(PersonContact, PersonContact.person_id == Person.id)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(
            ContactPoint.kind == ContactKind.EMAIL,
            ContactPoint.value == email,
            PersonContact.until_on.is_(None),
            Person.id != person_id,
            Person.left_on.is_(None),
            Person.declined_at.is_(None),
            or_(Person.source != Source.SELF, Person.confirmed_at.is_not(None)),
        )
        .limit(1)
    )
    return found is not None


def all_places(person_id: int, bases: Collection[Basis]) -> list[Presence]:
    """Return a person's past and present places with these bases, re-read, in order of id."""
    return list(
        db.session.scalars(
            select(Presence)
            .where(Presence.person_id == person_id, Presence.basis.in_(bases))
            .order_by(Presence.id)
            .execution_options(populate_existing=True)
        )
    )


def private_word(person_id: int) -> PrivateWord:
    """Return the person's memorable word, locked so that every attempt is counted.

    The row is created if necessary.
    """
    db.session.execute(
        insert(PrivateWord)
        .values(person_id=person_id, wrong=0)
        .on_conflict_do_nothing(index_elements=["person_id"])
    )
    return db.session.scalars(
        select(PrivateWord)
        .where(PrivateWord.person_id == person_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def open_block(person_id: int, organisation_id: int | None, user_id: int | None) -> int | None:
    """Return the id of a person's open-ended block of this organisation or user, or None."""
    return db.session.scalar(
        select(Block.id).where(
            Block.person_id == person_id,
            Block.organisation_id.is_not_distinct_from(organisation_id),
            Block.user_id.is_not_distinct_from(user_id),
            Block.until_on.is_(None),
        )
    )


def current_affiliations(person_id: int, on: date) -> Sequence[Affiliation]:
    """Return a person's current and future affiliations, by ID."""
    return db.session.scalars(
        select(Affiliation)
        .where(Affiliation.person_id == person_id, is_current_or_future(Affiliation, on))
        .order_by(Affiliation.id)
    ).all()


def lock_same_name(scope: Scope, affiliation_id: int, on: date) -> Sequence[Affiliation]:
    """Lock and return the affiliations with the same typed name as this one, by ID.

    The name is compared without accents, case and punctuation. They are current, their people are
    in the network or waiting, and the reader may know of them. The result is empty if the reader
    may not know of this one.
    """
    visible = (
        select(Affiliation.id)
        .join(Person, Person.id == Affiliation.person_id)
        .where(*waiting_names(scope, on))
    )
    named = (
        select(func.public.fold_name(Affiliation.named))
        .where(Affiliation.id == affiliation_id, Affiliation.id.in_(visible))
        .scalar_subquery()
    )
    rows = (
        select(Affiliation)
        .where(Affiliation.id.in_(visible), func.public.fold_name(Affiliation.named) == named)
        .order_by(Affiliation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(rows).all()


def waiting_names(scope: Scope, on: date) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for current affiliations with a typed name that a reader may see.

    The query must join Person.
    """
    return [
        Affiliation.named.is_not(None),
        is_current_or_future(Affiliation, on),
        Person.left_on.is_(None),
        Person.declined_at.is_(None),
        visible_to(scope, on),
        is_affiliation_known_to(scope),
    ]


def name_before_link(row: Affiliation) -> str:
    """Return the name that the person typed before it was linked to the row's organisation.

    If there is none, return the organisation's name.
    """
    typed = db.session.scalar(
        select(Affiliation.named)
        .where(
            Affiliation.person_id == row.person_id,
            Affiliation.named.is_not(None),
            Affiliation.until_on == row.from_on - timedelta(days=1),
        )
        .order_by(Affiliation.id.desc())
        .limit(1)
    )
    name = select(Organisation.name).where(Organisation.id == row.organisation_id)
    return typed or db.session.scalars(name).one()


def find_affiliation(scope: Scope, person_id: int, affiliation_id: int) -> Affiliation | None:
    """Return an affiliation of the person, if the reader may know about it."""
    return db.session.scalar(
        select(Affiliation).where(
            Affiliation.id == affiliation_id,
            Affiliation.person_id == person_id,
            is_affiliation_known_to(scope),
        )
    )


# The longest time between applying a checked change and marking the number as safe.
_A_MOMENT = literal(timedelta(minutes=1), Interval())


def numbers_safe_since(person_id: int, on: date, instant: datetime) -> Sequence[PersonContact]:
    """Return the numbers on record on a given day and safe since a given time, newest first.

    For a protected person, they were recorded as safe before the person was protected, or by a
    change that was checked.
    """
    return db.session.scalars(
        _phone_numbers(person_id).where(
            _was_safe_before_protection(),
            in_force(PersonContact, on),
            PersonContact.safe_at <= instant,
        )
    ).all()


def numbers_known_since(person_id: int, on: date, since: date) -> Sequence[PersonContact]:
    """Return the numbers on record both on a given day and on an earlier one, newest first."""
    return db.session.scalars(
        _phone_numbers(person_id).where(
            PersonContact.from_on <= since, is_current_or_future(PersonContact, on)
        )
    ).all()


def _phone_numbers(person_id: int) -> Select[PersonContact]:
    return (
        select(PersonContact)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .join(Person, Person.id == PersonContact.person_id)
        .where(
            PersonContact.person_id == person_id,
            ContactPoint.kind == ContactKind.PHONE,
            _was_recorded_by_somebody_else(),
        )
        .order_by(PersonContact.id.desc())
    )


def _was_recorded_by_somebody_else() -> ColumnElement[bool]:
    """Return the condition that not only the person's own user recorded the contact detail.

    The condition is on PersonContact joined to Person and ContactPoint.
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
    return or_(~written, _is_checked(given))


def _was_safe_before_protection() -> ColumnElement[bool]:
    """Return the condition that a protected person's contact detail counts as safe.

    It does if it was recorded as safe before the person was protected, with their registration, or
    by a change that was checked. The condition is on PersonContact joined to Person and
    ContactPoint.
    """
    return or_(
        Person.protected_at.is_(None),
        PersonContact.safe_at <= func.greatest(Person.protected_at, Person.confirmed_at),
        _is_checked(
            Loosening.kind.in_([LooseningKind.ADD_CONTACT, LooseningKind.WISHES]),
            PersonContact.safe_at.between(Loosening.done_at, Loosening.done_at + _A_MOMENT),
        ),
    )


def _is_checked(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a matching change was made after a call or two meetings."""
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


def was_reached_since(
    person_id: SQLColumnExpression[int | None], instant: SQLColumnExpression[datetime]
) -> ColumnElement[bool]:
    """Return the SQL condition that a call has reached a person since a given time.

    Calls that some readers may not know of do not count.
    """
    return (
        exists()
        .where(
            CallAttempt.person_id == person_id,
            CallAttempt.outcome == CallOutcome.REACHED,
            CallAttempt.at >= instant,
            CallAttempt.hidden.is_(False),
        )
        .correlate_except(CallAttempt)
    )


def calls_by_person(person_ids: Collection[int]) -> Sequence[CallAttempt]:
    """Return the calls to these people, earliest first. Does not check a scope."""
    return db.session.scalars(
        select(CallAttempt)
        .where(CallAttempt.person_id.in_(person_ids))
        .order_by(CallAttempt.on, CallAttempt.at, CallAttempt.id)
    ).all()
