"""Queries for networks, agreements, and the organisations that approve or see people."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from app.accounts import queries as accounts
from app.core.actor import AgreedAccess
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.in_force import in_force
from app.core.permissions import Role
from app.organisations.models import (
    Agreement,
    Network,
    Organisation,
    PartnerCoordinator,
)
from app.organisations.types import NetworkChoice, OrganisationChoice

_CHOICES = select(
    Network.id, Network.slug, Network.name, Network.description, Network.sensitive
).order_by(Network.position, Network.id)


@dataclass(frozen=True)
class Approver:
    """An organisation that approves a network's people while its agreement is in force.

    If the network is ``sensitive``, the organisation approves only people who are not general
    champions. ``coordinator_ids`` contains the IDs of the users who can decide. There
    is at least one.
    """

    organisation_id: int
    organisation: str
    network_id: int
    sensitive: bool
    coordinator_ids: frozenset[int]

    def is_blocked(
        self, organisation_ids: Collection[int | None], user_ids: Collection[int | None]
    ) -> bool:
        """Return whether a person has blocked everybody who could decide on their application.

        `organisation_ids` and `user_ids` are the organisations and users that the person blocked.
        """
        return self.organisation_id in organisation_ids or self.coordinator_ids <= set(user_ids)


@dataclass(frozen=True)
class Reader:
    """An organisation that can see a network's people.

    ``network_id`` is None if it can see only its own people.
    """

    organisation_id: int
    organisation: str
    network_id: int | None
    until_on: date


def all_names() -> list[str]:
    """Return the names of all organisations and networks, which passwords must not contain."""
    names = select(Organisation.name).union(select(Network.name))
    return list(db.session.scalars(names))


def current_networks(on: date) -> list[NetworkChoice]:
    """Return the networks in force on the day `on`, in the programme's order."""
    rows = db.session.execute(_CHOICES.where(in_force(Network, on)))
    return [NetworkChoice(*row) for row in rows]


def all_networks() -> list[NetworkChoice]:
    """Return all networks, including former ones, in the programme's order."""
    return [NetworkChoice(*row) for row in db.session.execute(_CHOICES)]


def network_ids(slugs: Iterable[str]) -> frozenset[int]:
    """Return the IDs of these networks. Raises InvalidInput if a slug does not exist."""
    wanted_slugs = set(slugs)
    if not wanted_slugs:
        return frozenset()
    found = {
        slug: number
        for number, slug in db.session.execute(
            select(Network.id, Network.slug).where(Network.slug.in_(wanted_slugs))
        )
    }
    for slug in sorted(wanted_slugs - found.keys()):
        raise InvalidInput(_("There is no network called “%(slug)s”.", slug=slug), "networks")
    return frozenset(found.values())


def sensitive_slugs() -> frozenset[str]:
    """Return the slugs of the sensitive networks."""
    return frozenset(db.session.scalars(select(Network.slug).where(Network.sensitive)))


def sensitive_network_ids() -> frozenset[int]:
    """Return the IDs of the sensitive networks."""
    return frozenset(db.session.scalars(select(Network.id).where(Network.sensitive)))


def organisation_choices(on: date) -> list[OrganisationChoice]:
    """Return the organisations in force on the day `on`, sorted by name."""
    rows = db.session.scalars(
        select(Organisation)
        .where(in_force(Organisation, on))
        .order_by(Organisation.folded_name, Organisation.id)
    )
    return [OrganisationChoice(row.id, row.name, row.kind) for row in rows]


def organisation_by_name(name: str) -> OrganisationChoice | None:
    """Return the organisation with this name, ignoring case, or None."""
    row = db.session.scalar(select(Organisation).where(Organisation.name == name.strip()))
    return OrganisationChoice(row.id, row.name, row.kind) if row else None


def agreement_in_force(organisation_id: int, network_id: int, on: date) -> bool:
    """Return whether an agreement lets an organisation see a network's people on the day `on`."""
    return (
        db.session.scalar(
            select(Agreement.id)
            .where(
                Agreement.organisation_id == organisation_id,
                Agreement.network_id == network_id,
                _is_in_force(on),
            )
            .limit(1)
        )
        is not None
    )


def _is_in_force(on: date) -> ColumnElement[bool]:
    return in_force(Agreement, on) & _is_confirmed()


def _is_confirmed() -> ColumnElement[bool]:
    return Agreement.confirmed_at.is_not(None)


def coordinator_user_ids(organisation_id: int, on: date) -> frozenset[int]:
    """Return the IDs of the users who act for an organisation on the day `on`."""
    return frozenset(
        db.session.scalars(
            select(PartnerCoordinator.user_id).where(
                PartnerCoordinator.organisation_id == organisation_id,
                in_force(PartnerCoordinator, on),
            )
        )
    )


def approvers(on: date) -> list[Approver]:
    """Return the organisations that can approve a network's people on the day `on`.

    Organisations without a coordinator who can decide are left out. The approver of a sensitive
    network decides only on people who are not general champions. A general champion must not be
    shown as waiting for this approver, because that would reveal the network.
    """
    rows = db.session.execute(
        select(Organisation.id, Organisation.name, Network.id, Network.sensitive)
        .join(Network, Network.approver_id == Organisation.id)
        .where(
            select(Agreement.id)
            .where(
                Agreement.organisation_id == Organisation.id,
                Agreement.network_id == Network.id,
                _is_in_force(on),
            )
            .exists(),
        )
        .order_by(Network.position, Organisation.id)
    )
    deciders = _users_who_can_decide(on)
    found = [
        Approver(*row, coordinator_ids=deciders[row.sensitive].get(row[0], frozenset()))
        for row in rows
    ]
    return [each for each in found if each.coordinator_ids]


def _users_who_can_decide(on: date) -> dict[bool, dict[int, frozenset[int]]]:
    """Return the IDs of the users who can decide, by organisation ID.

    The outer keys are True for sensitive networks and False for other networks.
    """
    may_read_sensitive = PartnerCoordinator.user_id.in_(accounts.select_holders(Role.SENSITIVE, on))
    rows = db.session.execute(
        select(
            PartnerCoordinator.organisation_id, PartnerCoordinator.user_id, may_read_sensitive
        ).where(
            in_force(PartnerCoordinator, on),
            PartnerCoordinator.user_id.in_(accounts.select_holders(Role.PARTNER, on)),
        )
    )
    found: dict[bool, dict[int, frozenset[int]]] = {False: {}, True: {}}
    for organisation_id, user_id, reads_sensitive in rows:
        for sensitive in (False, True) if reads_sensitive else (False,):
            user_ids = found[sensitive].get(organisation_id, frozenset())
            found[sensitive][organisation_id] = user_ids | {user_id}
    return found


def readers(on: date) -> list[Reader]:
    """Return the organisations with an agreement in force on the day `on`, sorted by name."""
    rows = db.session.execute(
        select(Organisation.id, Organisation.name, Agreement.network_id, Agreement.until_on)
        .join(Agreement)
        .where(_is_in_force(on))
        .order_by(Organisation.folded_name, Agreement.network_id, Agreement.until_on.desc())
    )
    found: dict[tuple[int, int | None], Reader] = {}
    for row in rows:
        found.setdefault((row[0], row[2]), Reader(*row))
    return list(found.values())


def partner_access(user_id: int, on: date) -> dict[str, Any]:
    """Return the organisations and networks whose people a partner coordinator can see.

    Each is returned with the first day of uninterrupted access. All values are empty for users who
    are not partner coordinators.
    """
    rows = db.session.execute(
        select(
            Agreement.organisation_id, Agreement.network_id, Agreement.from_on, Agreement.until_on
        )
        .join(
            PartnerCoordinator,
            PartnerCoordinator.organisation_id == Agreement.organisation_id,
        )
        .where(
            PartnerCoordinator.user_id == user_id,
            in_force(PartnerCoordinator, on),
            Agreement.from_on <= on,
            _is_confirmed(),
        )
        .order_by(Agreement.until_on.desc(), Agreement.from_on.desc())
    )
    first_days: dict[tuple[int, int | None], date] = {}
    for organisation_id, network_id, from_on, until_on in rows:
        key = organisation_id, network_id
        if until_on >= on or (
            key in first_days and until_on + timedelta(days=1) >= first_days[key]
        ):
            first_days[key] = min(from_on, first_days.get(key, from_on))
    return {
        "organisation_ids": frozenset(organisation_id for organisation_id, _ in first_days),
        "network_ids": frozenset(
            network_id for _, network_id in first_days if network_id is not None
        ),
        "agreed_access": frozenset(
            AgreedAccess(*key, from_on) for key, from_on in first_days.items()
        ),
    }
