"""Actors, which make requests or run commands, and scopes, which limit whose records they read.

An Actor is made for the signed-in user (app.signin), the command line or the worker. Every query
that reads people takes a Scope, which is made from an Actor.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from app.core.errors import NotFound
from app.core.permissions import Role, permissions_for_roles


@dataclass(frozen=True)
class AgreedAccess:
    """An agreement that allows an organisation to see people's records from `from_on`.

    It covers the people in the network `network_id`. If `network_id` is None, it covers the people
    in the organisation.
    """

    organisation_id: int
    network_id: int | None
    from_on: date


@dataclass(frozen=True)
class Actor:
    """The user or process that makes a request or runs a command.

    `network_ids` are the networks whose people a partner is allowed to see on the day `on`, because
    one of their organisations has an agreement in force. `organisation_ids` are those
    organisations, and `agreed_access` holds the agreements. `word_entered` is True if the user
    entered their memorable word in this session within the last ten minutes. `waiting` is True if
    their registration has not been decided. `protected` is True if they are a protected person.
    """

    kind: str  # "user", "system" or "public"
    name: str = ""
    user_id: int | None = None
    person_id: int | None = None
    waiting: bool = False
    protected: bool = False
    roles: frozenset[Role] = frozenset()
    organisation_ids: frozenset[int] = frozenset()
    network_ids: frozenset[int] = frozenset()
    agreed_access: frozenset[AgreedAccess] = frozenset()
    on: date | None = None
    word_entered: bool = False
    permissions: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "permissions", permissions_for_roles(self.roles, waiting=self.waiting)
        )

    def may(self, permission: str) -> bool:
        """Return whether the actor has `permission`. The system has every permission."""
        return self.kind == "system" or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise NotFound if the actor does not have `permission`.

        The response is then the same as for a page that does not exist.
        """
        if not self.may(permission):
            raise NotFound()


FULL_SCOPE_ROLES = frozenset({Role.COORDINATOR, Role.SAFEGUARDING})
SYSTEM = Actor(kind="system", name="the system")
PUBLIC = Actor(kind="public", name="the public")


@dataclass(frozen=True)
class Scope:
    """The people whose records an actor is allowed to read.

    `app.people.queries.visible_to` turns a scope into an SQL condition.

    With `everyone`, the scope includes all people except those who blocked the reader. Without
    `sensitive`, it then also excludes people who are not general champions. Without `everyone`, it
    includes the people in `network_ids` and `organisation_ids`, and the reader's own record,
    `person_id`. A partner sees nothing from before the agreements in `agreed_access` started, and
    nobody who left the partner's networks and organisations before the day `on`. With
    `general_only`, only general champions are included.
    """

    everyone: bool = False
    sensitive: bool = False
    person_id: int | None = None
    user_id: int | None = None
    organisation_ids: frozenset[int] = frozenset()
    network_ids: frozenset[int] = frozenset()
    agreed_access: frozenset[AgreedAccess] = frozenset()
    on: date | None = None
    unrestricted: bool = False  # for the system, to which blocks do not apply
    general_only: bool = False

    @classmethod
    def for_actor(cls, actor: Actor) -> Scope:
        """Return the scope of an actor."""
        if actor.kind == "system":
            return cls(everyone=True, sensitive=True, unrestricted=True)
        staff = actor.may("people:read") or actor.may("courses:attend")
        partner = Role.PARTNER in actor.roles and Role.COORDINATOR not in actor.roles
        return cls(
            everyone=staff and not partner and bool(FULL_SCOPE_ROLES & actor.roles),
            sensitive=actor.may("networks:sensitive"),
            person_id=actor.person_id,
            user_id=actor.user_id,
            organisation_ids=actor.organisation_ids if partner else frozenset(),
            network_ids=actor.network_ids if partner else frozenset(),
            agreed_access=actor.agreed_access if partner else frozenset(),
            on=actor.on,
        )

    def only_general(self) -> Scope:
        """Return a copy of this scope, limited to general champions."""
        return replace(self, general_only=True, unrestricted=False, person_id=None)

    def for_sharing(self) -> Scope:
        """Return the scope for content that other people will see.

        It includes general champions only. Use it for reports, exports, letters and anything else
        that leaves the reader's own pages.
        """
        return replace(self, sensitive=False, unrestricted=False, person_id=None)

    @classmethod
    def for_own_record(cls, actor: Actor) -> Scope:
        """Return the scope for an actor's own record, on their own pages.

        Sensitive networks, and anything that depends on them, are included only after the actor has
        entered their memorable word, whatever their permissions are. Use this scope only to read
        the actor's own record.
        """
        if actor.word_entered:
            return cls(everyone=True, sensitive=True, person_id=actor.person_id, unrestricted=True)
        return cls(person_id=actor.person_id, user_id=actor.user_id, on=actor.on)


NOBODY = Scope()
EVERYONE = Scope.for_actor(SYSTEM)
GENERAL = EVERYONE.for_sharing()  # everybody who may be counted in published numbers
