"""Find entries of the audit log that are about people the reader may not see.

The audit log names nobody. But an identifier that leads nowhere shows that a person exists, and
when something was done to their record. So readers without the permission for sensitive networks
see only entries about general champions who have not blocked them. Entries about deleted rows (a
registration that was never confirmed, a record that was merged) are hidden from them too, because
we can no longer tell whether they could have seen the person.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from app.people.queries.visibility import has_blocked_reader, is_affiliation_known_to, is_general_on

# Tables that have separate conditions.
SPECIAL_TABLES = (Membership, MembershipApplication, Affiliation, Message)


def hidden_entries(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for audit entries whose subject the reader may not know about.

    That applies to entries about a person that the reader may not see, and about a network or
    organisation that is hidden from the reader.
    """
    if secrecy.can_see_all(scope):
        return false()
    about = case(
        (AuditEntry.subject_id.is_(None), true()),
        (_is_about(Person), _is_person_known(scope, AuditEntry.subject_id)),
        (_is_about(Membership), _is_membership_known(scope, Membership)),
        (_is_about(MembershipApplication), _is_membership_known(scope, MembershipApplication)),
        (_is_about(Affiliation), _is_affiliation_known(scope)),
        (_is_about(ContactPoint), _is_contact_point_known(scope)),
        (_is_about(NotDuplicate), _are_both_known(scope)),
        (_is_about(Message), _is_message_known(scope)),
        (_is_about(User), _is_account_known(scope, AuditEntry.subject_id)),
        (_is_about(RoleGrant), _is_grant_known(scope)),
        *((AuditEntry.subject_type == name, known) for name, known in _conditions_by_table(scope)),
        else_=true(),
    )
    # Each of these entries says that something changed, even if the reader may not know what.
    told = AuditEntry.verb == AuditVerb.PERSON_TOLD
    return or_(told, not_(and_(about, _is_account_known(scope, AuditEntry.actor_user_id))))


def _is_about(model: Any) -> ColumnElement[bool]:
    name: str = model.__tablename__
    return AuditEntry.subject_type == name


def _finds_row(query: Select[Any]) -> ColumnElement[bool]:
    """Return whether a query finds a row, as a scalar.

    A scalar is evaluated, by index, only for the few rows of the audit log that are read.
    """
    found: ColumnElement[bool] = func.coalesce(query.limit(1).scalar_subquery(), false())
    return found


def _is_person_known(scope: Scope, person_id: Any) -> ColumnElement[bool]:
    return _finds_row(select(true()).where(Person.id == person_id, *_may_know_entry(scope)))


def _may_know_entry(scope: Scope) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for general champions who have not blocked the reader."""
    today = clock.today()
    if scope.user_id is None:
        return [is_general_on(today)]
    return [is_general_on(today), not_(has_blocked_reader(scope, today))]


def _recorded_value(column: str) -> ColumnElement[int]:
    """Return a column's value as the entry recorded it for a deleted row, or NULL."""
    change = AuditEntry.changes[column]
    value = func.coalesce(change[0].astext, change[1].astext)
    return case((value.op("~")("^[0-9]{1,18}$"), cast(value, BigInteger)))


def _correlate_with_entry(query: Select[Any]) -> ScalarSelect[Any]:
    """Return the query as a scalar, correlated with the enclosing query's audit entry."""
    return query.correlate(AuditEntry).scalar_subquery()


def _conditions_by_table(scope: Scope) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """Yield (table, condition) for all rooms' tables in which each row belongs to one person.

    A row belongs to a person directly or through one other row.
    """
    special = {each.__tablename__ for each in SPECIAL_TABLES}
    tables = [each for each in Base.metadata.sorted_tables if "id" in each.c]
    direct = {each for each in tables if "person_id" in each.c}
    for table in tables:
        if table.name in special:
            continue
        if table in direct:
            yield table.name, _is_row_known(scope, table)
            continue
        for key in table.foreign_keys:
            if key.column.table in direct:
                yield table.name, _is_child_known(scope, key.parent, key.column.table)


def _is_row_known(scope: Scope, table: Any) -> ColumnElement[bool]:
    """Return the SQL condition for rows with no person, or with one the reader may know about.

    For example, the row of an attendee who is recorded only by name has no person.
    """
    mine = table.c.id == AuditEntry.subject_id
    whose = _correlate_with_entry(select(table.c.person_id).where(mine))
    nobody = _finds_row(select(true()).where(mine, table.c.person_id.is_(None)))
    return or_(_is_person_known(scope, func.coalesce(whose, _recorded_value("person_id"))), nobody)


def _is_child_known(scope: Scope, column: Any, target: Any) -> ColumnElement[bool]:
    """Return the SQL condition for a row linked to a person only through another row.

    An attendance is linked through the attendee, and an extended expiry date through the
    certificate.
    """
    mine = _correlate_with_entry(select(column).where(column.table.c.id == AuditEntry.subject_id))
    of = target.c.id == func.coalesce(mine, _recorded_value(column.name))
    whose = _correlate_with_entry(select(target.c.person_id).where(of))
    nobody = _finds_row(select(true()).where(of, target.c.person_id.is_(None)))
    return or_(_is_person_known(scope, whose), nobody)


def _is_membership_known(
    scope: Scope, model: type[Membership] | type[MembershipApplication]
) -> ColumnElement[bool]:
    mine = model.id == AuditEntry.subject_id
    network = _correlate_with_entry(select(model.network_id).where(mine))
    known = select(Network.id).where(secrecy.is_network_visible(scope))
    return and_(
        _is_row_known(scope, model.__table__),
        func.coalesce(network, _recorded_value("network_id")).in_(known),
    )


def _is_affiliation_known(scope: Scope) -> ColumnElement[bool]:
    mine = Affiliation.id == AuditEntry.subject_id
    return and_(
        _is_row_known(scope, Affiliation.__table__),
        _finds_row(select(true()).where(mine, is_affiliation_known_to(scope))),
    )


def _is_contact_point_known(scope: Scope) -> ColumnElement[bool]:
    return _finds_row(
        select(true()).where(
            PersonContact.contact_point_id == AuditEntry.subject_id,
            _is_person_known(scope, PersonContact.person_id),
        )
    )


def _are_both_known(scope: Scope) -> ColumnElement[bool]:
    both = (NotDuplicate.first_id, NotDuplicate.second_id)
    return _finds_row(
        select(true()).where(
            NotDuplicate.id == AuditEntry.subject_id,
            *(_is_person_known(scope, each) for each in both),
        )
    )


def _is_message_known(scope: Scope) -> ColumnElement[bool]:
    about = or_(Message.person_id.is_(None), _is_person_known(scope, Message.person_id))
    mine = Message.id == AuditEntry.subject_id
    return _finds_row(select(true()).where(mine, about, is_readable_by(scope)))


def _is_account_known(scope: Scope, user_id: Any) -> ColumnElement[bool]:
    """Return the SQL condition that the reader may know about the account.

    They may if its holder worked on the service on the day of the entry, if its holder is a
    champion that the reader may know about, or if no champion has the account. For changes to a
    champion's role or address (`audit_wording.OWNER_HIDDEN`), only the champion matters, even if
    they also work on the service.
    """
    day = cast(func.timezone(clock.LONDON.key, AuditEntry.at), Date)
    theirs = select(true()).where(RoleGrant.user_id == user_id)
    at_work = theirs.where(RoleGrant.role.in_(STAFF_ROLES), RoleGrant.from_on <= day)
    return or_(
        and_(AuditEntry.verb.not_in(audit_wording.OWNER_HIDDEN), _finds_row(at_work)),
        not_(
            or_(
                _finds_row(theirs.where(RoleGrant.role == Role.CHAMPION)),
                _finds_row(select(true()).where(Person.user_id == user_id)),
            )
        ),
        _finds_row(select(true()).where(Person.user_id == user_id, *_may_know_entry(scope))),
    )


def _is_grant_known(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for grants of other roles, or to champions known to the reader.

    The champion role shows that its holder is a champion, even if they also work on the service.
    """
    mine = RoleGrant.id == AuditEntry.subject_id
    champion = _finds_row(select(true()).where(mine, RoleGrant.role == Role.CHAMPION))
    known = _finds_row(
        select(true()).where(mine, Person.user_id == RoleGrant.user_id, *_may_know_entry(scope))
    )
    return or_(not_(champion), known)
