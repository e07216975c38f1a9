"""Queries for changes and pending changes."""

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
from app.people.queries.visibility import is_affiliation_visible, visible_to
from app.people.safety.models import CallAttempt, DelayedChange
from app.people.safety.types import DelayedChangeKind
from app.people.types import Basis, CallOutcome, ContactKind, Source

REQUEST_LETTER, CALL_LETTER = "change-asked", "change-call"
_LETTERS = (REQUEST_LETTER, CALL_LETTER)
REVEALING_KINDS = frozenset({DelayedChangeKind.END_PROTECTION, DelayedChangeKind.END_BLOCK})
_OPEN = (DelayedChange.done_at.is_(None), DelayedChange.stopped_at.is_(None))


def open_changes(person_id: int, *conditions: ColumnElement[bool]) -> Sequence[DelayedChange]:
    """Return a person's pending changes that match the conditions, oldest first."""
    return db.session.scalars(
        select(DelayedChange)
        .where(DelayedChange.person_id == person_id, *_OPEN, *conditions)
        .order_by(DelayedChange.id)
    ).all()


def find_due_changes(instant: datetime) -> Sequence[int]:
    """Return the IDs of the changes that are due by a given time, earliest first."""
    return db.session.scalars(
        select(DelayedChange.id)
        .where(*_OPEN, DelayedChange.due_at <= instant)
        .order_by(DelayedChange.due_at, DelayedChange.id)
    ).all()


def find_change(person_id: int, change_id: int, actor: Actor) -> DelayedChange | None:
    """Return a change, or None if the actor is not allowed to see it.

    This is one statement, so that response times are the same for hidden and missing changes.
    """
    return db.session.scalar(
        select(DelayedChange)
        .where(DelayedChange.id == change_id, DelayedChange.person_id == person_id)
        .where(is_change_visible_to(actor))
        .execution_options(populate_existing=True)
    )


def is_change_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition for changes that the actor is allowed to see.

    A pending change can reveal that a person is protected. Staff who are not allowed to know that
    see only changes that are delayed for everybody.
    """
    if actor.may("networks:sensitive"):
        return true()
    if actor.person_id is None:
        return is_delayed_for_everybody()
    return or_(DelayedChange.person_id == actor.person_id, is_delayed_for_everybody())


def is_delayed_for_everybody() -> ColumnElement[bool]:
    """Return the SQL condition for changes that are delayed for every person."""
    own = exists().where(
        Person.id == DelayedChange.person_id, Person.user_id == DelayedChange.asked_by_user_id
    )
    knowing = accounts.has_ever_held(DelayedChange.asked_by_user_id, Role.SENSITIVE)
    return and_(
        DelayedChange.kind.not_in(REVEALING_KINDS),
        DelayedChange.asked_by_user_id.is_not(None),
        ~own,
        ~knowing,
    )


def is_change_delayed_for_everybody(change_id: int) -> bool:
    """Return whether a change is delayed for every person, protected or not."""
    rows = select(DelayedChange.id).where(DelayedChange.id == change_id, is_delayed_for_everybody())
    return db.session.scalar(rows) is not None


def is_hidden_message(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for messages about changes that are hidden from the reader."""
    if scope.sensitive or scope.unrestricted:
        return false()
    change_id = messages.id_in_key(*_LETTERS)
    return and_(
        messages.is_letter(*_LETTERS),
        ~exists().where(DelayedChange.id == change_id, is_delayed_for_everybody()),
    )


def is_obsolete_message(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for messages about changes that no longer need to be passed on.

    The change was made or cancelled, or it was checked and a newer letter says when it takes
    effect.
    """
    change_id = messages.id_in_key(*_LETTERS)
    is_checked = DelayedChange.due_at.is_not(None)
    after_check = and_(messages.is_letter(REQUEST_LETTER), messages.part_of_key(3) == "due")
    needed = exists().where(DelayedChange.id == change_id, *_OPEN, is_checked == after_check)
    return and_(messages.is_letter(*_LETTERS), ~needed.correlate_except(DelayedChange))


def is_used_by_another_person(email: str, person_id: int) -> bool:
    """Return whether another person has this address, confirmed or added by staff."""
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


def reload_places(person_id: int, bases: Collection[Basis]) -> list[Presence]:
    """Reload and return a person's past and present places with these bases, sorted by ID."""
    return list(
        db.session.scalars(
            select(Presence)
            .where(Presence.person_id == person_id, Presence.basis.in_(bases))
            .order_by(Presence.id)
            .execution_options(populate_existing=True)
        )
    )


def lock_private_word(person_id: int) -> PrivateWord:
    """Lock and return the row of the person's memorable word. Create the row if necessary."""
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


def find_open_block(person_id: int, organisation_id: int | None, user_id: int | None) -> int | None:
    """Return the ID of a person's open-ended block of this organisation or user, or None."""
    return db.session.scalar(
        select(Block.id).where(
            Block.person_id == person_id,
            Block.organisation_id.is_not_distinct_from(organisation_id),
            Block.user_id.is_not_distinct_from(user_id),
            Block.until_on.is_(None),
        )
    )


def current_affiliations(person_id: int, on: date) -> Sequence[Affiliation]:
    """Return a person's current and future affiliations, sorted by ID."""
    return db.session.scalars(
        select(Affiliation)
        .where(Affiliation.person_id == person_id, is_current_or_future(Affiliation, on))
        .order_by(Affiliation.id)
    ).all()


def lock_affiliations_with_same_name(
    scope: Scope, affiliation_id: int, on: date
) -> Sequence[Affiliation]:
    """Lock and return all unlinked affiliations with the same name, sorted by ID.

    Names are compared without accents, case and punctuation. Only current affiliations that the
    reader is allowed to see are returned. The people are in the network or have applied. Return an
    empty list if the reader is not allowed to see this affiliation.
    """
    visible = (
        select(Affiliation.id)
        .join(Person, Person.id == Affiliation.person_id)
        .where(*unlinked_name_conditions(scope, on))
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


def unlinked_name_conditions(scope: Scope, on: date) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for visible affiliations with a name that is not linked.

    The query must join Person.
    """
    return [
        Affiliation.named.is_not(None),
        is_current_or_future(Affiliation, on),
        Person.left_on.is_(None),
        Person.declined_at.is_(None),
        visible_to(scope, on),
        is_affiliation_visible(scope),
    ]


def name_as_entered(row: Affiliation) -> str:
    """Return the name that the person entered before the affiliation was linked.

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
    """Return an affiliation of the person, or None if the reader is not allowed to see it."""
    return db.session.scalar(
        select(Affiliation).where(
            Affiliation.id == affiliation_id,
            Affiliation.person_id == person_id,
            is_affiliation_visible(scope),
        )
    )


# The maximum time between applying a checked change and marking the number as safe.
_MARKING_DELAY = literal(timedelta(minutes=1), Interval())
_MARKING_KINDS = (DelayedChangeKind.ADD_CONTACT, DelayedChangeKind.CHANGE_WISHES)


def numbers_safe_since(person_id: int, on: date, instant: datetime) -> Sequence[PersonContact]:
    """Return a person's current phone numbers that have been safe since a given time, newest first.

    For a protected person, a number must have been marked as safe before the protection started, or
    by a checked change.
    """
    return db.session.scalars(
        _phone_numbers(person_id).where(
            _was_safe_before_protection(),
            in_force(PersonContact, on),
            PersonContact.safe_at <= instant,
        )
    ).all()


def numbers_known_since(person_id: int, on: date, since: date) -> Sequence[PersonContact]:
    """Return the phone numbers that a person had on both days, newest first."""
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
    """Return the SQL condition for contact details recorded by anybody except the person.

    The query must join PersonContact to Person and ContactPoint.
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
        DelayedChange.kind == DelayedChangeKind.ADD_CONTACT,
        DelayedChange.detail["kind"].as_string() == cast(ContactPoint.kind, String),
        DelayedChange.detail["value"].as_string() == ContactPoint.value,
    )
    return or_(~written, _is_checked(given))


def _was_safe_before_protection() -> ColumnElement[bool]:
    """Return the SQL condition for contact details that are safe even if the person is protected.

    They were marked as safe before the protection started, at registration, or by a checked
    change. The query must join PersonContact to Person and ContactPoint.
    """
    done_at = DelayedChange.done_at
    return or_(
        Person.protected_at.is_(None),
        PersonContact.safe_at <= func.greatest(Person.protected_at, Person.confirmed_at),
        _is_checked(
            DelayedChange.kind.in_(_MARKING_KINDS),
            PersonContact.safe_at.between(done_at, done_at + _MARKING_DELAY),
        ),
    )


def _is_checked(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the SQL condition for contact details added by a change that staff checked."""
    return (
        select(DelayedChange.id)
        .where(
            DelayedChange.person_id == Person.id,
            DelayedChange.due_at.is_not(None),
            DelayedChange.done_at.is_not(None),
            *conditions,
        )
        .exists()
    )


def was_reached_since(
    person_id: SQLColumnExpression[int | None], instant: SQLColumnExpression[datetime]
) -> ColumnElement[bool]:
    """Return the SQL condition for a person who has been reached by phone since a given time.

    Calls that are hidden from some readers do not count.
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
