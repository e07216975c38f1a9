"""Factories for organisations, sites, networks, agreements and partner coordinators."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from sqlalchemy import select

from app.accounts.models import User
from app.core import clock
from app.core.db import db
from app.core.permissions import Role
from app.organisations.models import (
    Agreement,
    Network,
    Organisation,
    PartnerCoordinator,
    Site,
)
from app.organisations.types import OrganisationKind
from tests.factories import accounts

LONG_AGO = date(2019, 4, 1)
_number = itertools.count(1)


def organisation(
    name: str | None = None, kind: OrganisationKind = OrganisationKind.CHARITY
) -> Organisation:
    """Return the organisation with this name, and create it if necessary."""
    name = name or f"Organisation {next(_number)}"
    known = db.session.scalar(select(Organisation).where(Organisation.name == name))
    if known is not None:
        return known
    made = Organisation(name=name, kind=kind, from_on=LONG_AGO, confidential_location=False)
    db.session.add(made)
    db.session.flush()
    return made


def site(
    organisation: Organisation, *, ward_id: int | None = None, lsoa_id: int | None = None
) -> Site:
    """Create a site of an organisation."""
    made = Site(
        organisation_id=organisation.id,
        name=f"Site {next(_number)}",
        ward_id=ward_id,
        lsoa_id=lsoa_id,
        from_on=LONG_AGO,
    )
    db.session.add(made)
    db.session.flush()
    return made


def network(
    slug: str | None = None, *, sensitive: bool = False, approver: Organisation | None = None
) -> Network:
    """Return the programme's network with this slug, and create it if necessary."""
    number = next(_number)
    slug = slug or f"network-{number}"
    made = db.session.scalar(select(Network).where(Network.slug == slug))
    if made is None:
        made = Network(
            slug=slug,
            name=f"Network {slug}",
            description="People who belong together.",
            sensitive=sensitive,
            position=100 + number,
            from_on=LONG_AGO,
        )
        db.session.add(made)
    if approver is not None:
        made.approver_id = approver.id
    db.session.flush()
    return made


def agreement(
    organisation: Organisation,
    network: Network | None = None,
    *,
    from_on: date = LONG_AGO,
    until_on: date | None = None,
) -> Agreement:
    """Create an agreement, in force until the distant future unless an end is given."""
    made = Agreement(
        recorded_at=clock.now(),
        confirmed_at=clock.now(),
        organisation_id=organisation.id,
        network_id=network.id if network else None,
        purpose="To look after the network's people together.",
        signed_on=from_on,
        from_on=from_on,
        until_on=until_on or clock.today() + timedelta(days=365),
    )
    db.session.add(made)
    db.session.flush()
    return made


def partner(
    organisation: Organisation,
    *,
    from_on: date = LONG_AGO,
    until_on: date | None = None,
    **more: str,
) -> User:
    """Create a partner coordinator of an organisation."""
    made = accounts.user(Role.PARTNER, **more)
    db.session.add(
        PartnerCoordinator(
            user_id=made.id, organisation_id=organisation.id, from_on=from_on, until_on=until_on
        )
    )
    db.session.flush()
    return made
