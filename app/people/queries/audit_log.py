"""Which rows of the audit tell of people that its reader may not see.

The audit names nobody, but a row with an identifier that leads nowhere tells that somebody is there
and when something was done about them. Readers without the permission for sensitive networks
therefore read of general champions only, and of nobody who blocked them. What is gone from the
register (a registration that was never confirmed, a record that was merged into another) is not
shown to them either: nothing says any more whether they might have seen it.
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
from app.core.db import Base
from app.core.permissions import STAFF_ROLES, Role
from app.messages.models import Message
from app.messages.queries import readable_by
from app.organisations.models import Network
from app.organisations.queries import secrecy
from app.people.models import (
    Affiliation,
    ContactPoint,
    Membership,
    NotDuplicate,
    Person,
    PersonContact,
)
from app.people.queries.visibility import affiliation_known_to, blocked, general_on

ASKED_MORE = (Membership, Affiliation, Message)  # of these rows more is asked than whose they are


def unseen_entries(scope: Scope) -> ColumnElement[bool]:
    """A condition on AuditEntry: it is about somebody whom the reader may not see, or about a
    network or organisation of theirs that is hidden.
    """
    if secrecy.knows_all(scope):
        return false()
    about = case(
        (AuditEntry.subject_id.is_(None), true()),
        (_is_about(Person), _person_known(scope, AuditEntry.subject_id)),
        (_is_about(Membership), _membership_known(scope)),
        (_is_about(Affiliation), _affiliation_known(scope)),
        (_is_about(ContactPoint), _contact_point_known(scope)),
        (_is_about(NotDuplicate), _both_known(scope)),
        (_is_about(Message), _message_known(scope)),
        (_is_about(User), _account_known(scope, AuditEntry.subject_id)),
        (_is_about(RoleGrant), _grant_known(scope)),
        *((AuditEntry.subject_type == name, known) for name, known in _rows_known(scope)),
        else_=true(),
    )
    return not_(and_(about, _account_known(scope, AuditEntry.actor_user_id)))


def _is_about(model: Any) -> ColumnElement[bool]:
    name: str = model.__tablename__
    return AuditEntry.subject_type == name


def _yes(query: Select[Any]) -> ColumnElement[bool]:
    """Whether a query finds something. It is a scalar, so that it is asked, by index, for the few
    rows of the audit that are read, and never for all of them at once.
    """
    found: ColumnElement[bool] = func.coalesce(query.limit(1).scalar_subquery(), false())
    return found


def _person_known(scope: Scope, person_id: Any) -> ColumnElement[bool]:
    return _yes(select(true()).where(Person.id == person_id, *_may_know(scope)))


def _may_know(scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions on Person: a general champion who has not blocked the reader."""
    today = clock.today()
    if scope.user_id is None:
        return [general_on(today)]
    return [general_on(today), not_(blocked(scope, today))]


def _said(column: str) -> ColumnElement[int]:
    """What the entry itself says was in a column, of a row that is gone; NULL for nothing."""
    said = AuditEntry.changes[column]
    return cast(func.coalesce(said[0].astext, said[1].astext), BigInteger)


def _of_entry(query: Select[Any]) -> ScalarSelect[Any]:
    """A value of the row that the entry around the query, however far around, is about."""
    return query.correlate(AuditEntry).scalar_subquery()


def _rows_known(scope: Scope) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """Tables of any room whose rows belong to one person each, directly or through one other row,
    and the condition.
    """
    asked_more = {each.__tablename__ for each in ASKED_MORE}
    tables = [each for each in Base.metadata.sorted_tables if "id" in each.c]
    direct = {each for each in tables if "person_id" in each.c}
    for table in tables:
        if table.name in asked_more:
            continue
        if table in direct:
            yield table.name, _row_known(scope, table)
            continue
        for key in table.foreign_keys:
            if key.column.table in direct:
                yield table.name, _child_known(scope, key.parent, key.column.table)


def _row_known(scope: Scope, table: Any) -> ColumnElement[bool]:
    """A row of one person, or of nobody we know: somebody who is only named on a course."""
    mine = table.c.id == AuditEntry.subject_id
    whose = _of_entry(select(table.c.person_id).where(mine))
    nobody = _yes(select(true()).where(mine, table.c.person_id.is_(None)))
    return or_(_person_known(scope, func.coalesce(whose, _said("person_id"))), nobody)


def _child_known(scope: Scope, column: Any, target: Any) -> ColumnElement[bool]:
    """A row that hangs on a row of one person: an attendance, a changed last day."""
    mine = _of_entry(select(column).where(column.table.c.id == AuditEntry.subject_id))
    of = target.c.id == func.coalesce(mine, _said(column.name))
    whose = _of_entry(select(target.c.person_id).where(of))
    nobody = _yes(select(true()).where(of, target.c.person_id.is_(None)))
    return or_(_person_known(scope, whose), nobody)


def _membership_known(scope: Scope) -> ColumnElement[bool]:
    mine = Membership.id == AuditEntry.subject_id
    network = _of_entry(select(Membership.network_id).where(mine))
    known = select(Network.id).where(secrecy.network_known_to(scope))
    return and_(
        _row_known(scope, Membership.__table__),
        func.coalesce(network, _said("network_id")).in_(known),
    )


def _affiliation_known(scope: Scope) -> ColumnElement[bool]:
    mine = Affiliation.id == AuditEntry.subject_id
    return and_(
        _row_known(scope, Affiliation.__table__),
        _yes(select(true()).where(mine, affiliation_known_to(scope))),
    )


def _contact_point_known(scope: Scope) -> ColumnElement[bool]:
    return _yes(
        select(true()).where(
            PersonContact.contact_point_id == AuditEntry.subject_id,
            _person_known(scope, PersonContact.person_id),
        )
    )


def _both_known(scope: Scope) -> ColumnElement[bool]:
    both = (NotDuplicate.first_id, NotDuplicate.second_id)
    return _yes(
        select(true()).where(
            NotDuplicate.id == AuditEntry.subject_id,
            *(_person_known(scope, each) for each in both),
        )
    )


def _message_known(scope: Scope) -> ColumnElement[bool]:
    whom = or_(Message.person_id.is_(None), _person_known(scope, Message.person_id))
    mine = Message.id == AuditEntry.subject_id
    return _yes(select(true()).where(mine, whom, readable_by(scope)))


def _account_known(scope: Scope, user_id: Any) -> ColumnElement[bool]:
    """The account of somebody who worked on the service on the day of the entry, or of a champion
    whom the reader may know of. An account without a champion is known.

    What is done to a champion's role or address (`audit_wording.OWNER_HIDDEN`) follows the
    champion, whatever else they do.
    """
    day = cast(func.timezone(clock.LONDON.key, AuditEntry.at), Date)
    theirs = select(true()).where(RoleGrant.user_id == user_id)
    at_work = theirs.where(RoleGrant.role.in_(STAFF_ROLES), RoleGrant.from_on <= day)
    return or_(
        and_(AuditEntry.verb.not_in(audit_wording.OWNER_HIDDEN), _yes(at_work)),
        not_(
            or_(
                _yes(theirs.where(RoleGrant.role == Role.CHAMPION)),
                _yes(select(true()).where(Person.user_id == user_id)),
            )
        ),
        _yes(select(true()).where(Person.user_id == user_id, *_may_know(scope))),
    )


def _grant_known(scope: Scope) -> ColumnElement[bool]:
    """A champion's role says that they are one, whatever else they do."""
    mine = RoleGrant.id == AuditEntry.subject_id
    champion = _yes(select(true()).where(mine, RoleGrant.role == Role.CHAMPION))
    known = _yes(select(true()).where(mine, Person.user_id == RoleGrant.user_id, *_may_know(scope)))
    return or_(not_(champion), known)
