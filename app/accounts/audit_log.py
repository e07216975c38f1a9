"""The audit as an administrator reads it: who did what to what, and when. Never a value.

It names nobody but those who work on the service, and them only for what they did as such: what
somebody did on their own page as a champion, and what was done to the account of one, has no name
and no number. Whoever is a champion is not to be learnt here. Reading it leaves a row too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    and_,
    case,
    cast,
    exists,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.accounts import audit_wording
from app.accounts.models import RoleGrant, User
from app.accounts.types import CHAMPION, PUBLIC, SYSTEM, Wanted
from app.core import audit, clock, registry
from app.core.actor import Actor, Scope
from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.in_force import not_over
from app.core.paging import PAGE_SIZE, Order, Page
from app.core.permissions import MAY_SEE_SENSITIVE, STAFF_ROLES, Role

USERS, GRANTS = "users", "role_grants"
ONE_DAY = timedelta(days=1)
_NEWEST_FIRST = Order("audit", (datetime, int))


@dataclass(frozen=True)
class Line:
    """One thing that was done.

    who: a name, or SYSTEM, PUBLIC, CHAMPION; by_user: whether it is a name. number: of the subject,
    None where it has none or may not be told; user: whom the subject is or belongs to, if they
    work on the service; role: which role it is about.
    """

    id: int
    at: datetime
    who: str
    by_user: bool
    verb: str
    table: str
    number: int | None
    user_id: int | None
    user_name: str | None
    role: Role | None


def page(actor: Actor, wanted: Wanted, cursor: str | None) -> Page[Line]:
    """A page of what was done, newest first. That it was read is written down."""
    actor.require("audit:read")
    picked = _newest(actor, wanted, _NEWEST_FIRST.decode(cursor))
    shown = _NEWEST_FIRST.page(picked, lambda row: (row.at, row.id), cursor)
    facts = {name: value for name, value in asdict(wanted).items() if value}
    audit.record(actor, AuditVerb.AUDIT_READ, "audit_entries", **facts)
    return Page(_lines([row.id for row in shown.rows]), shown.next, shown.first)


def _newest(actor: Actor, wanted: Wanted, after: tuple[Any, ...] | None) -> Sequence[Any]:
    """When and number of the newest rows that are wanted, one more than a page holds.

    The newest of each part of a group are found by themselves, along the index: for a group in
    which little happens, looking back through everything would take the longer the more there is.
    """
    only = _only(wanted)
    if not actor.may("networks:sensitive"):
        only.append(AuditEntry.subject_type.not_in(audit_wording.SENSITIVE_TABLES))
    only += _known_to(_scope(actor))
    if after is not None:
        only.append(tuple_(AuditEntry.at, AuditEntry.id) < after)
    parts = (
        [_group() == part for part in audit_wording.GROUPS[wanted.group][1]]
        if wanted.group
        else [true()]
    )
    each = [
        select(AuditEntry.at, AuditEntry.id)
        .where(*only, part)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(PAGE_SIZE + 1)
        .subquery()
        for part in parts
    ]
    together = union_all(*(select(one.c.at, one.c.id) for one in each)).subquery()
    return db.session.execute(
        select(together.c.at, together.c.id)
        .order_by(together.c.at.desc(), together.c.id.desc())
        .limit(PAGE_SIZE + 1)
    ).all()


def _scope(actor: Actor) -> Scope:
    """Whose doings the reader may know of. Administrators read no people, but with the permission
    for sensitive networks nothing is hidden from them, unless they have it for an organisation.
    """
    scope = Scope.of(actor)
    whole = scope.sensitive and not scope.organisation_ids
    return replace(scope, everyone=True) if whole else scope


def _known_to(scope: Scope) -> list[ColumnElement[bool]]:
    """Of users whose work tells of what the reader may not see: only what is about accounts. And
    nothing that was done to what the reader may not see.
    """
    accounts = _group().in_(audit_wording.GROUPS["users"][1])
    known = [or_(accounts, not_(unseen(scope))) for unseen in registry.unseen_doers]
    if not scope.sensitive:
        known.append(not_(_knowing_partner()))
    return [*known, *(not_(unseen(scope)) for unseen in registry.unseen_entries)]


def _knowing_partner() -> ColumnElement[bool]:
    """The entry is about the right of somebody who is no coordinator and no lead to see a
    sensitive network: whoever they act for serves that network (see `users.shown_roles`).
    """
    coordinates = aliased(RoleGrant)
    return exists().where(
        AuditEntry.subject_type == GRANTS,
        RoleGrant.id == AuditEntry.subject_id,
        RoleGrant.role == Role.SENSITIVE,
        ~exists().where(
            coordinates.user_id == RoleGrant.user_id, coordinates.role.in_(MAY_SEE_SENSITIVE)
        ),
    )


def _lines(ids: Sequence[int]) -> list[Line]:
    """These rows, newest first, with the names that may be said."""
    doer, owner, grant = aliased(User), aliased(User), aliased(RoleGrant)
    query = (
        select(
            AuditEntry,
            doer.name.label("doer_name"),
            owner.id.label("owner_id"),
            owner.name.label("owner_name"),
            grant.role.label("role"),
        )
        .select_from(AuditEntry)
        .outerjoin(doer, and_(doer.id == AuditEntry.actor_user_id, _named()))
        .outerjoin(
            grant,
            and_(
                AuditEntry.subject_type == GRANTS,
                grant.id == AuditEntry.subject_id,
                grant.role.in_(STAFF_ROLES),
            ),
        )
        .outerjoin(
            owner,
            owner.id
            == case(
                (and_(AuditEntry.subject_type == USERS, _told()), AuditEntry.subject_id),
                else_=grant.user_id,
            ),
        )
        .where(AuditEntry.id.in_(ids))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    )
    return [_line(row) for row in db.session.execute(query)]


def _line(row: Any) -> Line:
    entry: AuditEntry = row.AuditEntry
    of_places = entry.verb in audit_wording.PLACES_CHANGED
    untold = entry.subject_type in (USERS, GRANTS) and row.owner_id is None
    who = row.doer_name or (CHAMPION if entry.actor_kind == "user" else entry.actor_kind)
    return Line(
        id=entry.id,
        at=entry.at,
        who=who,
        by_user=row.doer_name is not None,
        verb=entry.verb,
        table="presences" if of_places else entry.subject_type,
        number=None if untold or of_places else entry.subject_id,
        user_id=row.owner_id,
        user_name=row.owner_name,
        role=row.role,
    )


def _held(user_id: InstrumentedAttribute[Any], roles: frozenset[Role]) -> ColumnElement[bool]:
    """Whether a user held one of these roles on the day of the row, or until the day before: a
    role that is taken away during a day ends with the day before.
    """
    day = cast(func.timezone(clock.LONDON.key, AuditEntry.at), Date)
    return exists().where(
        RoleGrant.user_id == user_id,
        RoleGrant.role.in_(roles),
        RoleGrant.from_on <= day,
        not_over(RoleGrant, day - ONE_DAY),
    )


def _group() -> ColumnElement[str]:
    return func.split_part(AuditEntry.verb, ".", 1)


def _named() -> ColumnElement[bool]:
    """Whether it may be said who did it."""
    doer = AuditEntry.actor_user_id
    at_work = or_(
        _group().in_(audit_wording.STAFF_GROUPS), AuditEntry.verb.in_(audit_wording.STAFF_VERBS)
    )
    return and_(
        _held(doer, STAFF_ROLES),
        or_(at_work, ~_held(doer, frozenset({Role.CHAMPION}))),
    )


def _told() -> ColumnElement[bool]:
    """Whether it may be said whose account it was done to, where the subject is one."""
    return and_(
        AuditEntry.verb.not_in(audit_wording.UNTOLD),
        _held(AuditEntry.subject_id, STAFF_ROLES),
    )


def _only(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What the rows must be, but for their group."""
    conditions = _by(wanted.who)
    if wanted.since:
        conditions.append(AuditEntry.at >= clock.start_of(wanted.since))
    if wanted.until:
        conditions.append(AuditEntry.at < clock.end_of(wanted.until))
    if wanted.subject:
        conditions.append(_about(*wanted.subject))
    return conditions


def _about(table: str, number: int) -> ColumnElement[bool]:
    """What was done to one row; with a user go the roles they have on the service."""
    this = and_(AuditEntry.subject_type == table, AuditEntry.subject_id == number)
    if table != USERS:
        return and_(this, AuditEntry.verb.not_in(audit_wording.PLACES_CHANGED))
    roles = select(RoleGrant.id).where(RoleGrant.user_id == number, RoleGrant.role.in_(STAFF_ROLES))
    return or_(
        and_(this, _told()),
        and_(AuditEntry.subject_type == GRANTS, AuditEntry.subject_id.in_(roles)),
    )


def _by(who: int | str) -> list[ColumnElement[bool]]:
    if not who:
        return []
    if who == CHAMPION:
        return [AuditEntry.actor_kind == "user", ~_named()]
    if who in (SYSTEM, PUBLIC):
        return [AuditEntry.actor_kind == who]
    return [AuditEntry.actor_user_id == who, _named()]
