"""Who acts, and which people they may read.

An Actor comes from the signed-in user (app.signin), from the command line or from the worker.
A Scope is made from the actor; every query that reads people takes one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from app.core.errors import NotFound
from app.core.permissions import Role, permissions_of


@dataclass(frozen=True)
class Agreed:
    """An organisation may see a network's people (None: only its own) from a first day on."""

    organisation_id: int
    network_id: int | None
    from_on: date


@dataclass(frozen=True)
class Actor:
    """Somebody, or something, that acts.

    network_ids: networks whose people a partner may see on the day `on`, because an agreement of
    one of their organisations is in force then; organisation_ids: those organisations; agreed:
    since when. opened: they gave their private word a short time ago, in this session. waiting:
    they registered, and nobody has taken them on yet.
    """

    kind: str  # "user", "system" or "public"
    name: str = ""
    user_id: int | None = None
    person_id: int | None = None
    waiting: bool = False
    roles: frozenset[Role] = frozenset()
    organisation_ids: frozenset[int] = frozenset()
    network_ids: frozenset[int] = frozenset()
    agreed: frozenset[Agreed] = frozenset()
    on: date | None = None
    opened: bool = False
    permissions: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "permissions", permissions_of(self.roles, waiting=self.waiting))

    def may(self, permission: str) -> bool:
        """Whether the actor holds `permission`. The system may do anything."""
        return self.kind == "system" or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raises NotFound unless the actor holds `permission`: to others nothing is there."""
        if not self.may(permission):
            raise NotFound()


READS_EVERYONE = frozenset({Role.COORDINATOR, Role.SAFEGUARDING})
SYSTEM = Actor(kind="system", name="the system")
PUBLIC = Actor(kind="public", name="the public")


@dataclass(frozen=True)
class Scope:
    """Which people an actor may read; `app.people.queries.visible_to` turns it into SQL.

    everyone: all people, less those who blocked the reader, and (unless `sensitive`) less those
    who are not general champions; otherwise the people of `network_ids` and
    `organisation_ids`, and `person_id` themself. A partner reads no day before it was `agreed`,
    and nobody who is theirs no more on the day the scope was made for, `on`. general_only: of
    these people only general champions.
    """

    everyone: bool = False
    sensitive: bool = False
    person_id: int | None = None
    user_id: int | None = None
    organisation_ids: frozenset[int] = frozenset()
    network_ids: frozenset[int] = frozenset()
    agreed: frozenset[Agreed] = frozenset()
    on: date | None = None
    unrestricted: bool = False  # the system: blocks do not apply to it
    general_only: bool = False

    @classmethod
    def of(cls, actor: Actor) -> Scope:
        """The people `actor` may read."""
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
        """Of the people the reader may read, those who are general champions."""
        return replace(self, general_only=True, unrestricted=False, person_id=None)

    def as_sent_on(self) -> Scope:
        """The same people as they may be sent on to others: general champions only.

        For reports, exports, letters and whatever else leaves the reader's own pages.
        """
        return replace(self, sensitive=False, unrestricted=False, person_id=None)

    @classmethod
    def of_oneself(cls, actor: Actor) -> Scope:
        """What `actor` may read of themself, on their own pages.

        Whatever permissions they hold, sensitive networks and what follows from them are there only
        while their private word is open. For reads of the actor's own rows only.
        """
        if actor.opened:
            return cls(everyone=True, sensitive=True, person_id=actor.person_id, unrestricted=True)
        return cls(person_id=actor.person_id, user_id=actor.user_id, on=actor.on)


NOBODY = Scope()
EVERYONE = Scope.of(SYSTEM)
GENERAL = EVERYONE.as_sent_on()  # everybody who may be counted in what is published
