"""Find audit entries about people that the reader is not allowed to see.

Audit entries contain no names. But an identifier without a visible record would reveal that a
hidden person exists. So readers without the permission for sensitive networks see only entries
about general champions who have not blocked them. Entries about deleted rows are also hidden,
because we can no longer check who could see the person.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    ScalarSelect,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from app.accounts import audit_wording
from app.accounts.models import RoleGrant, User
from app.core import clock
from app.core.actor import Scope
from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.db import Base
from app.core.permissions import STAFF_ROLES, Role
from app.messages.models import Message
from app.messages.queries import is_readable_by
from app.organisations.models import Network
from app.organisations.queries import secrecy
from app.people.duplicate_models import NotDuplicate
from app.people.membership_models import MembershipApplication
from app.people.models import Affiliation, ContactPoint, Membership, Person, PersonContact
from app.people.queries.visibility import (
    has_blocked_reader,
    is_affiliation_visible,
    is_general_champion_on,
)

NOBODY = 0  # stands for the person if a row is not about anybody


def hidden_entries(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for audit entries that are hidden from the reader.

    These are entries about people, networks and organisations that the reader is not allowed to
    see.
    """
    if secrecy.can_see_all(scope):
        return false()
    about = case(
        (AuditEntry.subject_id.is_(None), true()),
        (_has_subject_type(ContactPoint), _is_contact_point_visible(scope)),
        (_has_subject_type(NotDuplicate), _are_both_visible(scope)),
        (_has_subject_type(Message), _is_message_visible(scope)),
        (_has_subject_type(User), _is_account_visible(scope, AuditEntry.subject_id)),
        (_has_subject_type(RoleGrant), _is_grant_visible(scope)),
        else_=and_(_is_subject_visible(scope), _is_other_part_visible(scope)),
    )
    # These entries reveal that something changed, even if the reader cannot see what.
    is_source_entry = AuditEntry.verb == AuditVerb.PERSON_TOLD
    return or_(
        is_source_entry, not_(and_(about, _is_account_visible(scope, AuditEntry.actor_user_id)))
    )


def _has_subject_type(model: Any) -> ColumnElement[bool]:
    name: str = model.__tablename__
    return AuditEntry.subject_type == name


def _row_exists(query: Select[Any]) -> ColumnElement[bool]:
    """Return a scalar subquery that is true if the query returns a row.

    The database evaluates it only for the audit entries that are read.
    """
    found: ColumnElement[bool] = func.coalesce(query.limit(1).scalar_subquery(), false())
    return found


def _is_person_visible(scope: Scope, person_id: Any) -> ColumnElement[bool]:
    return _row_exists(
        select(true()).where(Person.id == person_id, *_visible_person_conditions(scope))
    )


def _visible_person_conditions(scope: Scope) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for general champions who have not blocked the reader."""
    today = clock.today()
    if scope.user_id is None:
        return [is_general_champion_on(today)]
    return [is_general_champion_on(today), not_(has_blocked_reader(scope, today))]


def _recorded_value(column: str) -> ColumnElement[int]:
    """Return the value of a column that an audit entry recorded, or NULL."""
    change = AuditEntry.changes[column]
    value = func.coalesce(change[0].astext, change[1].astext)
    return case((value.op("~")("^[0-9]{1,18}$"), cast(value, BigInteger)))


def _correlate_with_entry(query: Select[Any]) -> ScalarSelect[Any]:
    """Return the query as a scalar subquery, correlated with the audit entry."""
    return query.correlate(AuditEntry).scalar_subquery()


def _is_subject_visible(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for entries whose row is about no person or a visible person."""
    person_id = _person_of_subject()
    nobody: ColumnElement[bool] = func.coalesce(person_id == NOBODY, false())
    return or_(nobody, _is_person_visible(scope, person_id))


@cache
def _person_of_subject() -> ColumnElement[int]:
    """Return the ID of the person that an entry's row is about, or NOBODY.

    A row refers to the person directly or through one other row. The value is NULL if the row was
    deleted and the entry does not say who it was about.
    """
    tables = [each for each in Base.metadata.sorted_tables if "id" in each.c]
    direct = {each for each in tables if "person_id" in each.c}
    found: list[tuple[Any, Any]] = [(_has_subject_type(Person), AuditEntry.subject_id)]
    for table in tables:
        if table in direct:
            found.append((AuditEntry.subject_type == table.name, _person_of_row(table)))
            continue
        for key in table.foreign_keys:
            if key.column.table in direct:
                person = _person_of_indirect_row(key.parent, key.column.table)
                found.append((AuditEntry.subject_type == table.name, person))
    return case(*found, else_=NOBODY)


def _person_of_row(table: Any) -> ColumnElement[int]:
    current = select(func.coalesce(table.c.person_id, NOBODY)).where(
        table.c.id == AuditEntry.subject_id
    )
    person: ColumnElement[int] = func.coalesce(
        _correlate_with_entry(current), _recorded_value("person_id")
    )
    return person


def _person_of_indirect_row(column: Any, target: Any) -> ColumnElement[int]:
    """Return the ID of the person that a row refers to through another row, or NOBODY.

    For example, an attendance row refers to a person through an attendee.
    """
    target_id = _correlate_with_entry(
        select(column).where(column.table.c.id == AuditEntry.subject_id)
    )
    is_target = target.c.id == func.coalesce(target_id, _recorded_value(column.name))
    return _correlate_with_entry(select(func.coalesce(target.c.person_id, NOBODY)).where(is_target))


def _is_other_part_visible(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for entries that reveal no hidden network or organisation."""
    return case(
        (_has_subject_type(Membership), _is_network_visible(scope, Membership)),
        (
            _has_subject_type(MembershipApplication),
            _is_network_visible(scope, MembershipApplication),
        ),
        (_has_subject_type(Affiliation), _is_affiliation_visible(scope)),
        else_=true(),
    )


def _is_network_visible(
    scope: Scope, model: type[Membership] | type[MembershipApplication]
) -> ColumnElement[bool]:
    is_row = model.id == AuditEntry.subject_id
    network = _correlate_with_entry(select(model.network_id).where(is_row))
    known = select(Network.id).where(secrecy.is_network_visible(scope))
    return func.coalesce(network, _recorded_value("network_id")).in_(known)


def _is_affiliation_visible(scope: Scope) -> ColumnElement[bool]:
    is_row = Affiliation.id == AuditEntry.subject_id
    return _row_exists(select(true()).where(is_row, is_affiliation_visible(scope)))


def _is_contact_point_visible(scope: Scope) -> ColumnElement[bool]:
    return _row_exists(
        select(true()).where(
            PersonContact.contact_point_id == AuditEntry.subject_id,
            _is_person_visible(scope, PersonContact.person_id),
        )
    )


def _are_both_visible(scope: Scope) -> ColumnElement[bool]:
    both = (NotDuplicate.first_id, NotDuplicate.second_id)
    return _row_exists(
        select(true()).where(
            NotDuplicate.id == AuditEntry.subject_id,
            *(_is_person_visible(scope, each) for each in both),
        )
    )


def _is_message_visible(scope: Scope) -> ColumnElement[bool]:
    about = or_(Message.person_id.is_(None), _is_person_visible(scope, Message.person_id))
    is_row = Message.id == AuditEntry.subject_id
    return _row_exists(select(true()).where(is_row, about, is_readable_by(scope)))


def _is_account_visible(scope: Scope, user_id: Any) -> ColumnElement[bool]:
    """Return the SQL condition for an account that is visible to the reader.

    The account is visible if its owner was staff on the day of the entry, if its owner is a
    champion that the reader is allowed to see, or if no champion has the account. For entries with
    a verb in `audit_wording.OWNER_HIDDEN`, the reader must be allowed to see the champion.
    """
    day = cast(func.timezone(clock.LONDON.key, AuditEntry.at), Date)
    grants = select(true()).where(RoleGrant.user_id == user_id)
    staff_grants = grants.where(RoleGrant.role.in_(STAFF_ROLES), RoleGrant.from_on <= day)
    return or_(
        and_(AuditEntry.verb.not_in(audit_wording.OWNER_HIDDEN), _row_exists(staff_grants)),
        not_(
            or_(
                _row_exists(grants.where(RoleGrant.role == Role.CHAMPION)),
                _row_exists(select(true()).where(Person.user_id == user_id)),
            )
        ),
        _row_exists(
            select(true()).where(Person.user_id == user_id, *_visible_person_conditions(scope))
        ),
    )


def _is_grant_visible(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for role grants that are visible to the reader.

    A grant of the champion role is visible only if the champion is visible.
    """
    is_row = RoleGrant.id == AuditEntry.subject_id
    champion = _row_exists(select(true()).where(is_row, RoleGrant.role == Role.CHAMPION))
    known = _row_exists(
        select(true()).where(
            is_row, Person.user_id == RoleGrant.user_id, *_visible_person_conditions(scope)
        )
    )
    return or_(not_(champion), known)
