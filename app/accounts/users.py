"""Present and former staff and partners, for administrators.

Administrators are not allowed to know who is a champion, so the accounts of champions and the
champion role of other users are not shown.

They are also not allowed to know which organisation a partner coordinator acts for, if that would
reveal a sensitive network. An email address often names the organisation, so the addresses of
partner coordinators are only shown to readers with the permission for sensitive networks. The same
applies to a partner coordinator's own permission for sensitive networks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _

from app.accounts import queries
from app.accounts.models import User
from app.accounts.types import AccountState
from app.core import clock, folding
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.in_force import is_in_force, is_over
from app.core.paging import PAGE_SIZE, Order, Page
from app.core.permissions import MAY_SEE_SENSITIVE, Role

_BY_NAME = Order("users", (str, int))


@dataclass(frozen=True)
class UserRow:
    """A user with today's roles. ``email`` is None if the reader is not allowed to see it."""

    id: int
    name: str
    email: str | None
    roles: Sequence[Role]
    state: AccountState


@dataclass(frozen=True)
class GrantRow:
    """A grant of a role. ``until_on`` is its last day, or None if there is none."""

    id: int
    role: Role
    from_on: date
    until_on: date | None
    is_current: bool
    is_over: bool
    is_future: bool


@dataclass(frozen=True)
class UserDetails:
    """The details of a user. ``grants`` contains all role grants. Past grants come last.

    ``email`` is None if the reader is not allowed to see it.
    """

    id: int
    name: str
    email: str | None
    state: AccountState
    deactivated_at: datetime | None
    grants: Sequence[GrantRow]

    @property
    def roles(self) -> frozenset[Role]:
        """Return the roles that the user holds today."""
        return frozenset(each.role for each in self.grants if each.is_current)


def _account_state(user: User) -> AccountState:
    return AccountState.derive(
        password=user.password_hash is not None,
        code_since=user.totp_confirmed_at,
        deactivated_at=user.deactivated_at,
    )


def can_see_partner_details(actor: Actor) -> bool:
    """Return whether the reader is allowed to see all details of partner coordinators."""
    return actor.may("networks:sensitive")


def visible_roles(actor: Actor, roles: Iterable[Role]) -> list[Role]:
    """Return the roles of a user that the reader is allowed to see.

    A partner coordinator's permission for sensitive networks would reveal that they act for such a
    network, so it is only shown to readers who have the permission themselves. For coordinators and
    safeguarding leads, it is always shown.
    """
    all_roles = list(roles)
    if can_see_partner_details(actor) or MAY_SEE_SENSITIVE & set(all_roles):
        return all_roles
    return [role for role in all_roles if role is not Role.SENSITIVE]


def page_of_users(
    actor: Actor, on: date, *, text: str = "", include_former: bool = False, cursor: str | None
) -> Page[UserRow]:
    """Return a page of users, sorted by name.

    ``text`` is part of a name or email address. If ``include_former`` is True, users without a role
    today and deactivated users are included.
    """
    users = queries.find_staff(
        on,
        text=text,
        include_former=include_former,
        partners_by_address=can_see_partner_details(actor),
        after=_BY_NAME.decode(cursor),
        limit=PAGE_SIZE + 1,
    )
    folded = folding.fold_names(user.name for user in users)
    shown = _BY_NAME.page(users, lambda user: (folded[user.name], user.id), cursor)
    ids = [user.id for user in shown.rows]
    roles = _roles_by_user(ids, on)
    partners = queries.users_who_ever_held(Role.PARTNER, ids)
    without_address = frozenset() if can_see_partner_details(actor) else partners
    rows = [
        UserRow(
            user.id,
            user.name,
            None if user.id in without_address else user.email,
            visible_roles(actor, roles.get(user.id, [])),
            _account_state(user),
        )
        for user in shown.rows
    ]
    return Page(rows, shown.next, shown.first)


def _roles_by_user(user_ids: Sequence[int], on: date) -> dict[int, list[Role]]:
    rows = queries.staff_roles(user_ids, on)
    found: dict[int, list[Role]] = {}
    for user_id, role in sorted(rows, key=lambda row: _role_rank(row[1])):
        found.setdefault(user_id, []).append(role)
    return found


def _role_rank(role: Role) -> int:
    return list(Role).index(role)


def user_details(actor: Actor, user_id: int, on: date) -> UserDetails:
    """Return a user with all their roles.

    Raises NotFound if the user has never worked on the service.
    """
    user = queries.staff_user(user_id)
    if user is None:
        raise NotFound()
    grants = queries.staff_grants(user.id)
    roles_ever_held = {each.role for each in grants}
    visible = visible_roles(actor, roles_ever_held)
    lines = [
        GrantRow(
            each.id,
            each.role,
            each.from_on,
            each.until_on,
            is_current=is_in_force(each, on),
            is_over=is_over(each, on),
            is_future=each.from_on > on,
        )
        for each in grants
        if each.role in visible
    ]
    is_email_hidden = Role.PARTNER in roles_ever_held and not can_see_partner_details(actor)
    return UserDetails(
        id=user.id,
        name=user.name,
        email=None if is_email_hidden else user.email,
        state=_account_state(user),
        deactivated_at=user.deactivated_at,
        grants=sorted(lines, key=lambda line: (line.is_over, _role_rank(line.role))),
    )


def _all_requested_roles(user_id: int) -> frozenset[Role]:
    """Return the user's requested roles, except those for an organisation."""
    found = queries.open_requests(user_id)
    return frozenset(each.role for each in found if each.organisation_id is None)


def hidden_roles(actor: Actor, user_id: int) -> frozenset[Role]:
    """Return the roles of this user that the reader is not allowed to see."""
    roles = (
        queries.roles_held(user_id, clock.today())
        | _all_requested_roles(user_id)
        | {Role.SENSITIVE}
    )
    return roles - frozenset(visible_roles(actor, roles))


def requested_roles(actor: Actor, user_id: int) -> frozenset[Role]:
    """Return the user's requested roles that the reader is allowed to see."""
    return _all_requested_roles(user_id) - hidden_roles(actor, user_id)


def staff_names() -> list[tuple[int, str]]:
    """Return the IDs and names of all present and former staff and partners, sorted by name."""
    return [(user.id, user.name) for user in queries.all_staff()]


@dataclass(frozen=True)
class Account:
    """A user in the list on the command line."""

    name: str
    email: str
    roles: Sequence[Role]
    state: AccountState
    second_factor: bool
    unused_codes: int
    deactivated_on: date | None


def list_accounts(on: date, *, email: str | None = None) -> list[Account]:
    """Return the accounts of all present and former staff and partners, sorted by name.

    If ``email`` is given, return only the account with this email address.
    """
    found = queries.all_staff(email)
    ids = [user.id for user in found]
    roles, codes = _roles_by_user(ids, on), queries.count_unused_codes(ids)
    return [
        Account(
            name=user.name,
            email=user.email,
            roles=roles.get(user.id, []),
            state=_account_state(user),
            second_factor=user.totp_confirmed_at is not None,
            unused_codes=codes.get(user.id, 0),
            deactivated_on=clock.london_day(user.deactivated_at) if user.deactivated_at else None,
        )
        for user in found
    ]


def staff_user_id(email: str) -> int:
    """Return the ID of the staff user with this email address. Raises NotFound."""
    found = next((user.id for user in queries.all_staff(email)), None)
    if found is None:
        raise NotFound(_("Nobody who works on the service signs in with %(email)s.", email=email))
    return found
