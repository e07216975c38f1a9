"""Users as shown to an administrator: everybody who works or has worked on the service.

Champions' accounts are never included, because an administrator must not learn here who is a
champion. For the same reason, the champion role of a user who also has other roles is left out.

Administrators must also not learn which organisation a partner coordinator acts for, if that would
reveal a sensitive network. So a reader without the permission for sensitive networks does not see
the email addresses of partner coordinators, because the part after the @ often names the
organisation. They also do not see whether a partner coordinator may see a sensitive network.
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
    """A user in the list, with today's roles. ``email`` is None if the reader may not see it."""

    id: int
    name: str
    email: str | None
    roles: Sequence[Role]
    state: AccountState


@dataclass(frozen=True)
class GrantRow:
    """A grant of a role. ``until_on`` is its last day, or None if there is no end.

    ``is_current`` says whether it is in force today, ``is_over`` whether it has ended, and
    ``is_future`` whether it has yet to start.
    """

    id: int
    role: Role
    from_on: date
    until_on: date | None
    is_current: bool
    is_over: bool
    is_future: bool


@dataclass(frozen=True)
class UserDetails:
    """One user. ``grants`` has every role they have ever had, with the current ones first.

    ``email`` is None if the reader may not see it.
    """

    id: int
    name: str
    email: str | None
    state: AccountState
    deactivated_at: datetime | None
    grants: Sequence[GrantRow]

    @property
    def roles(self) -> frozenset[Role]:
        """Return today's roles."""
        return frozenset(each.role for each in self.grants if each.is_current)


def _account_state(user: User) -> AccountState:
    return AccountState.of(
        password=user.password_hash is not None,
        code_since=user.totp_confirmed_at,
        deactivated_at=user.deactivated_at,
    )


def can_see_partner_details(actor: Actor) -> bool:
    """Return whether the reader may see everything about partner coordinators."""
    return actor.may("networks:sensitive")


def visible_roles(actor: Actor, roles: Iterable[Role]) -> list[Role]:
    """Return the user's roles that the reader may see.

    Readers who may not see all networks do not see the permission for sensitive networks of a
    partner coordinator, because it shows that they act for such a network. They see it for
    coordinators and safeguarding leads, because it says nothing about where they work.
    """
    held = list(roles)
    if can_see_partner_details(actor) or MAY_SEE_SENSITIVE & set(held):
        return held
    return [role for role in held if role is not Role.SENSITIVE]


def page_of_users(
    actor: Actor, on: date, *, text: str = "", include_former: bool = False, cursor: str | None
) -> Page[UserRow]:
    """Return a page of users, sorted by name.

    ``text`` is part of a name or email address. Users who have no role today, or whose account is
    deactivated, are only listed with ``include_former``.
    """
    users = queries.staff_by_name(
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
    rows = queries.staff_roles_of(user_ids, on)
    found: dict[int, list[Role]] = {}
    for user_id, role in sorted(rows, key=lambda row: _role_rank(row[1])):
        found.setdefault(user_id, []).append(role)
    return found


def _role_rank(role: Role) -> int:
    return list(Role).index(role)


def user_details(actor: Actor, user_id: int, on: date) -> UserDetails:
    """Return a user with all their roles.

    Raises NotFound, including for a champion's own account.
    """
    user = queries.staff_user(user_id)
    if user is None:
        raise NotFound()
    grants = queries.staff_grants_of(user.id)
    ever = {each.role for each in grants}
    visible = visible_roles(actor, ever)
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
    return UserDetails(
        id=user.id,
        name=user.name,
        email=None if Role.PARTNER in ever and not can_see_partner_details(actor) else user.email,
        state=_account_state(user),
        deactivated_at=user.deactivated_at,
        grants=sorted(lines, key=lambda line: (line.is_over, _role_rank(line.role))),
    )


def _all_requested_roles(user_id: int) -> frozenset[Role]:
    """Return the roles that are waiting for a decision, except those for an organisation."""
    found = queries.open_requests(user_id)
    return frozenset(each.role for each in found if each.organisation_id is None)


def hidden_roles(actor: Actor, user_id: int) -> frozenset[Role]:
    """Return the roles whose grants and requests for this user the reader must not see."""
    roles = (
        queries.roles_held(user_id, clock.today())
        | _all_requested_roles(user_id)
        | {Role.SENSITIVE}
    )
    return roles - frozenset(visible_roles(actor, roles))


def requested_roles(actor: Actor, user_id: int) -> frozenset[Role]:
    """Return the roles that are waiting for a decision and that the reader may see."""
    return _all_requested_roles(user_id) - hidden_roles(actor, user_id)


def staff_names() -> list[tuple[int, str]]:
    """Return the id and name of all present and former staff and partners, sorted by name."""
    return [(user.id, user.name) for user in queries.all_staff()]


@dataclass(frozen=True)
class Account:
    """A user as the command line lists them. ``codes_left`` counts unused recovery codes."""

    name: str
    email: str
    roles: Sequence[Role]
    state: AccountState
    second_factor: bool
    codes_left: int
    deactivated_on: date | None


def accounts(on: date, *, email: str | None = None) -> list[Account]:
    """Return the accounts of everybody who works or has worked on the service, sorted by name.

    With ``email``, return only the account with this email address.
    """
    found = queries.all_staff(email)
    ids = [user.id for user in found]
    roles, codes = _roles_by_user(ids, on), queries.codes_left(ids)
    return [
        Account(
            name=user.name,
            email=user.email,
            roles=roles.get(user.id, []),
            state=_account_state(user),
            second_factor=user.totp_confirmed_at is not None,
            codes_left=codes.get(user.id, 0),
            deactivated_on=clock.london_day(user.deactivated_at) if user.deactivated_at else None,
        )
        for user in found
    ]


def staff_user_id(email: str) -> int:
    """Return the id of the staff user with this email address. Raises NotFound if there is none."""
    found = next((user.id for user in queries.all_staff(email)), None)
    if found is None:
        raise NotFound(_("Nobody who works on the service signs in with %(email)s.", email=email))
    return found
