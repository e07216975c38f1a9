"""Users as an administrator reads them: whoever works on the service, or did.

A champion's own account is never among them: an administrator must not learn here who is a
champion. For the same reason the champion's role of somebody who has others too is left out.

Nor may they learn which organisation a partner coordinator acts for, where it gives a sensitive
network away. So readers without the permission for those read no address of a partner coordinator,
whose part after the @ often names the organisation, and not that a partner coordinator may see a
sensitive network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _

from app.accounts import queries
from app.accounts.models import User
from app.accounts.types import AccountState
from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.in_force import is_in_force, is_over
from app.core.paging import PAGE_SIZE, Order, Page
from app.core.permissions import MAY_SEE_SENSITIVE, Role

_BY_NAME = Order("users", (str, int))


@dataclass(frozen=True)
class Row:
    """A user in the list, with the roles of the day. email: None where it is not for the reader."""

    id: int
    name: str
    email: str | None
    roles: Sequence[Role]
    state: AccountState


@dataclass(frozen=True)
class GrantLine:
    """A role from a day on. until_on: its last day, None if open; counts: it does today; to_come:
    it has not begun.
    """

    id: int
    role: Role
    from_on: date
    until_on: date | None
    counts: bool
    ended: bool
    to_come: bool


@dataclass(frozen=True)
class Details:
    """One user. grants: all roles they ever had, those of today first. email: None where the reader
    may not read it.
    """

    id: int
    name: str
    email: str | None
    state: AccountState
    deactivated_at: datetime | None
    grants: Sequence[GrantLine]

    @property
    def roles(self) -> frozenset[Role]:
        """Those of today."""
        return frozenset(each.role for each in self.grants if each.counts)


def _state(user: User) -> AccountState:
    return AccountState.of(
        password=user.password_hash is not None,
        code_since=user.totp_confirmed_at,
        deactivated_at=user.deactivated_at,
    )


def knows_all(actor: Actor) -> bool:
    """Whether nothing about partner coordinators is kept from the reader."""
    return actor.may("networks:sensitive")


def shown_roles(actor: Actor, roles: Iterable[Role]) -> list[Role]:
    """Those of somebody's roles that the reader may know of.

    The permission for sensitive networks is left out for readers who do not know all networks: it
    shows that a partner coordinator acts for one of them. It stays for coordinators and
    safeguarding leads, because it says nothing about where they work.
    """
    held = list(roles)
    if knows_all(actor) or MAY_SEE_SENSITIVE & set(held):
        return held
    return [role for role in held if role is not Role.SENSITIVE]


def page(
    actor: Actor, on: date, *, text: str = "", gone: bool = False, cursor: str | None
) -> Page[Row]:
    """A page of users by name; those without a role, or deactivated, only when asked for."""
    users = queries.staff_by_name(
        on,
        text=text,
        gone=gone,
        partners_by_address=knows_all(actor),
        after=_BY_NAME.decode(cursor),
        limit=PAGE_SIZE + 1,
    )
    shown = _BY_NAME.page(users, lambda user: (user.name, user.id), cursor)
    ids = [user.id for user in shown.rows]
    roles = _roles_of(ids, on)
    unsaid = frozenset() if knows_all(actor) else queries.ever_held(Role.PARTNER, ids)
    rows = [
        Row(
            user.id,
            user.name,
            None if user.id in unsaid else user.email,
            shown_roles(actor, roles.get(user.id, [])),
            _state(user),
        )
        for user in shown.rows
    ]
    return Page(rows, shown.next, shown.first)


def _roles_of(user_ids: Sequence[int], on: date) -> dict[int, list[Role]]:
    rows = queries.staff_roles_of(user_ids, on)
    found: dict[int, list[Role]] = {}
    for user_id, role in sorted(rows, key=lambda row: _in_order(row[1])):
        found.setdefault(user_id, []).append(role)
    return found


def _in_order(role: Role) -> int:
    return list(Role).index(role)


def one(actor: Actor, user_id: int, on: date) -> Details:
    """A user with all their roles. Raises NotFound, for a champion's own account too."""
    user = queries.staff_user(user_id)
    if user is None:
        raise NotFound()
    grants = queries.staff_grants_of(user.id)
    ever = {each.role for each in grants}
    shown = shown_roles(actor, ever)
    lines = [
        GrantLine(
            each.id,
            each.role,
            each.from_on,
            each.until_on,
            counts=is_in_force(each, on),
            ended=is_over(each, on),
            to_come=each.from_on > on,
        )
        for each in grants
        if each.role in shown
    ]
    return Details(
        id=user.id,
        name=user.name,
        email=None if Role.PARTNER in ever and not knows_all(actor) else user.email,
        state=_state(user),
        deactivated_at=user.deactivated_at,
        grants=sorted(lines, key=lambda line: (line.ended, _in_order(line.role))),
    )


def _wanted(user_id: int) -> frozenset[Role]:
    """Roles that wait for a decision, for the user themself and not for an organisation."""
    found = queries.open_requests(user_id)
    return frozenset(each.role for each in found if each.organisation_id is None)


def unsaid_roles(actor: Actor, user_id: int) -> frozenset[Role]:
    """Roles of which the reader must not learn whether the user holds them, or is to."""
    said = queries.roles_on(user_id, clock.today()) | _wanted(user_id) | {Role.SENSITIVE}
    return said - frozenset(shown_roles(actor, said))


def wanted_roles(actor: Actor, user_id: int) -> frozenset[Role]:
    """Roles that wait for a decision, as far as the reader may know of them."""
    return _wanted(user_id) - unsaid_roles(actor, user_id)


def names() -> list[tuple[int, str]]:
    """Everybody who works on the service or did, by name: id and name."""
    return [(user.id, user.name) for user in queries.all_staff()]


@dataclass(frozen=True)
class Account:
    """A user as the command line lists them. codes_left: of their recovery codes."""

    name: str
    email: str
    roles: Sequence[Role]
    state: AccountState
    second_factor: bool
    codes_left: int
    deactivated_on: date | None


def accounts(on: date, *, email: str | None = None) -> list[Account]:
    """Everybody who works on the service or did, by name; or whoever signs in with `email`."""
    found = queries.all_staff(email)
    ids = [user.id for user in found]
    roles, codes = _roles_of(ids, on), queries.codes_left(ids)
    return [
        Account(
            name=user.name,
            email=user.email,
            roles=roles.get(user.id, []),
            state=_state(user),
            second_factor=user.totp_confirmed_at is not None,
            codes_left=codes.get(user.id, 0),
            deactivated_on=clock.london_day(user.deactivated_at) if user.deactivated_at else None,
        )
        for user in found
    ]


def id_of(email: str) -> int:
    """The user of the service with this address. Raises NotFound with a sentence."""
    found = next((user.id for user in queries.all_staff(email)), None)
    if found is None:
        raise NotFound(_("Nobody who works on the service signs in with %(email)s.", email=email))
    return found
