"""Who may do what: the one table of roles × permissions.

A permission reads `scope:verb`. Which *people* somebody may read is the Scope's business
(app.core.actor), not this table's.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a user has been granted, from a day to a day."""

    CHAMPION = "champion"
    TRAINER = "trainer"
    COORDINATOR = "coordinator"
    SENSITIVE = "sensitive"  # added to one of MAY_SEE_SENSITIVE: may see sensitive networks
    PARTNER = "partner"
    ANALYST = "analyst"
    ADMIN = "admin"
    SAFEGUARDING = "safeguarding"


STAFF_ROLES = frozenset(Role) - {Role.CHAMPION}
# Who may be given SENSITIVE on top. A lead who holds it can pause people of sensitive networks.
MAY_SEE_SENSITIVE = frozenset({Role.COORDINATOR, Role.SAFEGUARDING})

# A role that reads people or grants roles needs a second person, or 24 hours (app.accounts.powers);
# a new role does, unless it is named here.
NEEDS_SECOND = frozenset(Role) - {Role.CHAMPION, Role.ANALYST}
# Who that person is: somebody who holds the power, that is these roles, already. A partner's
# sensitive permission is for the partner's own people and decides about no coordinator's.
DECIDED_BY: dict[Role, frozenset[Role]] = {role: frozenset({role}) for role in Role} | {
    Role.TRAINER: frozenset({Role.COORDINATOR}),
    Role.PARTNER: frozenset({Role.COORDINATOR}),
    Role.SENSITIVE: frozenset({Role.COORDINATOR, Role.SENSITIVE}),
    Role.ANALYST: frozenset({Role.ADMIN}),
}

SIGNED_IN = "account:use"
DECIDE_ROLES = "roles:decide"  # about the roles that DECIDED_BY gives to one's own
OWN_SIGN_IN = "sign-in:change"  # a password and a second factor of one's own

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.CHAMPION: frozenset(
        {SIGNED_IN, "own:read", "own:change", "courses:book", "requests:answer"}
    ),
    Role.TRAINER: frozenset(
        {SIGNED_IN, OWN_SIGN_IN, "courses:manage", "courses:attend", "jobs:read"}
    ),
    Role.COORDINATOR: frozenset(
        {
            SIGNED_IN,
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
            SIGNED_IN,
            OWN_SIGN_IN,
            "applications:read",
            "applications:decide",
            "people:read",
            "certificates:confirm",
            "coverage:read",
            "coverage:people",
        }
    ),
    Role.ANALYST: frozenset({SIGNED_IN, OWN_SIGN_IN, "coverage:read"}),
    Role.ADMIN: frozenset(
        {
            SIGNED_IN,
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
        {SIGNED_IN, DECIDE_ROLES, OWN_SIGN_IN, "people:read", "safeguarding:work"}
    ),
}


# What a champion may do while their registration waits for a decision: read and correct it, and
# withdraw.
WHILE_WAITING = frozenset({SIGNED_IN, "own:read", "own:change"})


def permissions_of(roles: frozenset[Role], *, waiting: bool = False) -> frozenset[str]:
    """All permissions of somebody who holds `roles`. waiting: nobody has taken them on yet."""
    return frozenset().union(
        *(
            PERMISSIONS[role] & WHILE_WAITING
            if waiting and role is Role.CHAMPION
            else PERMISSIONS[role]
            for role in roles
        )
    )
