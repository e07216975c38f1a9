"""The roles and their permissions.

A permission is written `scope:verb`. The permissions say what a user can do. The Scope
(app.core.actor) says whose records the user can read.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A role that a user holds from one date to another."""

    CHAMPION = "champion"
    TRAINER = "trainer"
    COORDINATOR = "coordinator"
    SENSITIVE = "sensitive"  # combined with a role in MAY_SEE_SENSITIVE: may see sensitive networks
    PARTNER = "partner"
    ANALYST = "analyst"
    ADMIN = "admin"
    SAFEGUARDING = "safeguarding"


STAFF_ROLES = frozenset(Role) - {Role.CHAMPION}
# Roles that may be combined with SENSITIVE. A safeguarding lead with SENSITIVE can pause people in
# sensitive networks.
MAY_SEE_SENSITIVE = frozenset({Role.COORDINATOR, Role.SAFEGUARDING})

# A role that reads people or grants roles takes effect when a second person approves it, or after
# 24 hours (app.accounts.powers). So does every new role, unless it is excluded here.
NEEDS_SECOND_PERSON = frozenset(Role) - {Role.CHAMPION, Role.ANALYST}
# The second person must hold one of these roles, so that they already have the same power. A
# partner who can see sensitive networks sees only their own people, so cannot decide for
# coordinators.
DECIDED_BY: dict[Role, frozenset[Role]] = {role: frozenset({role}) for role in Role} | {
    Role.TRAINER: frozenset({Role.COORDINATOR}),
    Role.PARTNER: frozenset({Role.COORDINATOR}),
    Role.SENSITIVE: frozenset({Role.COORDINATOR, Role.SENSITIVE}),
    Role.ANALYST: frozenset({Role.ADMIN}),
}

USE_ACCOUNT = "account:use"
DECIDE_ROLES = "roles:decide"  # decide requests for the roles that DECIDED_BY lists
OWN_SIGN_IN = "sign-in:change"  # change their own password and second factor

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.CHAMPION: frozenset(
        {USE_ACCOUNT, "own:read", "own:change", "courses:book", "requests:answer"}
    ),
    Role.TRAINER: frozenset(
        {USE_ACCOUNT, OWN_SIGN_IN, "courses:manage", "courses:attend", "jobs:read"}
    ),
    Role.COORDINATOR: frozenset(
        {
            USE_ACCOUNT,
            DECIDE_ROLES,
            OWN_SIGN_IN,
            "applications:read",
            "applications:decide",
            "people:read",
            "people:create",
            "people:change",
            "people:export",
            "organisations:read",
            "organisations:change",
            "certificates:confirm",
            "courses:manage",
            "courses:attend",
            "attendees:link",
            "reminders:read",
            "contacts:work",
            "needs:read",
            "needs:change",
            "matching:run",
            "coverage:read",
            "coverage:people",
            "jobs:read",
        }
    ),
    Role.SENSITIVE: frozenset({DECIDE_ROLES, "networks:sensitive"}),
    Role.PARTNER: frozenset(
        {
            USE_ACCOUNT,
            OWN_SIGN_IN,
            "applications:read",
            "applications:decide",
            "contacts:work",
            "people:read",
            "certificates:confirm",
            "coverage:read",
            "coverage:people",
        }
    ),
    Role.ANALYST: frozenset({USE_ACCOUNT, OWN_SIGN_IN, "coverage:read"}),
    Role.ADMIN: frozenset(
        {
            USE_ACCOUNT,
            DECIDE_ROLES,
            OWN_SIGN_IN,
            "users:read",
            "users:change",
            "audit:read",
            "jobs:read",
            "programme:read",
        }
    ),
    Role.SAFEGUARDING: frozenset(
        {USE_ACCOUNT, DECIDE_ROLES, OWN_SIGN_IN, "people:read", "safeguarding:work"}
    ),
}


# What champions can do while their registration waits for a decision: read it, correct it or
# withdraw it.
WAITING_PERMISSIONS = frozenset({USE_ACCOUNT, "own:read", "own:change"})


def permissions_for_roles(roles: frozenset[Role], *, waiting: bool = False) -> frozenset[str]:
    """Return the permissions of a user who holds `roles`.

    `waiting` is True if the user's registration has not been decided.
    """
    return frozenset().union(
        *(
            PERMISSIONS[role] & WAITING_PERMISSIONS
            if waiting and role is Role.CHAMPION
            else PERMISSIONS[role]
            for role in roles
        )
    )
