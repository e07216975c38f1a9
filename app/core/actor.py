"""The actor behind a request or command, and the people whose records they may read.

An Actor comes from the signed-in user (app.signin), the command line or the worker. Every query
that reads people takes a Scope, which is made from the Actor.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from app.core.errors import NotFound
from app.core.permissions import Role, permissions_of


@dataclass(frozen=True)
class AgreedAccess:
    """An agreement that lets an organisation see people from `from_on`.

    They are the people in the network or, if `network_id` is None, the people in the organisation.
    """

    organisation_id: int
    network_id: int | None
    from_on: date


@dataclass(frozen=True)
class Actor:
    """The user or process that acts.

    `network_ids` are the networks whose people a partner may see on the day `on`, because an
    agreement of one of their organisations is in force. `organisation_ids` are those organisations,
    and `agreed` holds the agreements. `word_entered` means that they entered their memorable word
    in this session within the last ten minutes. `waiting` means that their registration has not
    been decided, and `protected` that they are a protected person.
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
    agreed: frozenset[AgreedAccess] = frozenset()
    on: date | None = None
    word_entered: bool = False
    permissions: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "permissions", permissions_of(self.roles, waiting=self.waiting))

    def may(self, permission: str) -> bool:
        """Return whether the actor holds `permission`. The system holds all of them."""
        return self.kind == "system" or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise NotFound unless the actor holds `permission`.

        The response is then the same as for a page that does not exist.
        """
        if not self.may(permission):
            raise NotFound()


READS_EVERYONE = frozenset({Role.COORDINATOR, Role.SAFEGUARDING})
SYSTEM = Actor(kind="system", name="the system")
PUBLIC = Actor(kind="public", name="the public")


@dataclass(frozen=True)
class Scope:
    """The people whose records an actor may read.

    `app.people.queries.visible_to` turns it into an SQL condition.

    With `everyone`, they are all people except those who blocked the reader and, without
    `sensitive`, those who are not general champions. Otherwise they are the people in `network_ids`
    and `organisation_ids`, and the reader's own record, `person_id`. A partner sees nothing from
    before the day in `agreed`, and nobody who had left the partner's networks and organisations by
    the day `on`. With `general_only`, only general champions are included.
    """

    everyone: bool = False
    sensitive: bool = False
    person_id: int | None = None
    user_id: int | None = None
    organisation_ids: frozenset[int] = frozenset()
    network_ids: frozenset[int] = frozenset()
    agreed: frozenset[AgreedAccess] = frozenset()
    on: date | None = None
    unrestricted: bool = False  # for the system, to which blocks do not apply
    general_only: bool = False

    @classmethod
    def of(cls, actor: Actor) -> Scope:
        """Return the scope of people whose records `actor` may read."""
        if actor.kind == "system":
            return cls(everyone=True, sensitive=True, unrestricted=True)
        staff = actor.may("people:read") or actor.may("courses:attend")
        partner = Role.PARTNER in actor.roles and Role.COORDINATOR not in actor.roles
        return cls(
            everyone=staff and not partner and bool(READS_EVERYONE & actor.roles),
            sensitive=actor.may("networks:sensitive"),
            person_id=actor.person_id,
            user_id=actor.user_id,
            organisation_ids=actor.organisation_ids if partner else frozenset(),
            network_ids=actor.network_ids if partner else frozenset(),
            agreed=actor.agreed if partner else frozenset(),
            on=actor.on,
        )

    def only_general(self) -> Scope:
        """Return this scope, limited to general champions."""
        return replace(self, general_only=True, unrestricted=False, person_id=None)

    def for_sharing(self) -> Scope:
        """Return this scope for content that others will see: general champions only.

        Use it for reports, exports, letters and anything else that leaves the reader's own pages.
        """
        return replace(self, sensitive=False, unrestricted=False, person_id=None)

    @classmethod
    def own(cls, actor: Actor) -> Scope:
        """Return the scope for reading `actor`'s own record, on their own pages.

        Sensitive networks, and anything that follows from them, are included only after the actor
        has entered their memorable word, whatever their permissions. Use it only to read rows of
        the actor's own record.
        """
        if actor.word_entered:
            return cls(everyone=True, sensitive=True, person_id=actor.person_id, unrestricted=True)
        return cls(person_id=actor.person_id, user_id=actor.user_id, on=actor.on)


NOBODY = Scope()
EVERYONE = Scope.of(SYSTEM)
GENERAL = EVERYONE.for_sharing()  # everybody who may be counted in published numbers
