"""Queries for organisations with their sites, agreements and partner coordinators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select, tuple_

from app.accounts import queries as accounts
from app.areas.models import Area
from app.core import folding
from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force, is_current_or_future
from app.organisations.models import (
    Agreement,
    Network,
    Organisation,
    PartnerCoordinator,
    Site,
)
from app.organisations.queries import secrecy


def organisations_by_name(
    scope: Scope, on: date, *, text: str, closed: bool, after: tuple[Any, ...] | None, limit: int
) -> Sequence[Any]:
    """Return organisations, sorted by name.

    Rows have id, name, folded_name, kind, agreements, sites and until_on. Only agreements in force
    and current sites that the reader is allowed to see are counted. ``text`` contains words of the
    name, with at most one typing mistake. If ``closed`` is True, closed organisations are included.
    ``after`` is the (folded name, ID) of the last row on the previous page.
    """
    visible = secrecy.is_organisation_visible(scope, Organisation.id)
    agreements = (
        select(func.count())
        .where(
            Agreement.organisation_id == Organisation.id,
            in_force(Agreement, on),
            Agreement.confirmed_at.is_not(None),
            visible,
            secrecy.is_agreement_visible(scope),
        )
        .scalar_subquery()
    )
    sites = (
        select(func.count())
        .where(Site.organisation_id == Organisation.id, in_force(Site, on), visible)
        .scalar_subquery()
    )
    query = select(
        Organisation.id,
        Organisation.name,
        Organisation.folded_name,
        Organisation.kind,
        agreements.label("agreements"),
        sites.label("sites"),
        Organisation.until_on,
    )
    if text:
        query = query.where(folding.matches_name(Organisation, folding.fold_name(text)))
    if not closed:
        query = query.where(is_current_or_future(Organisation, on))
    if after is not None:
        query = query.where(tuple_(Organisation.folded_name, Organisation.id) > after)
    ordered = query.order_by(Organisation.folded_name, Organisation.id)
    return db.session.execute(ordered.limit(limit)).all()


def sites(organisation_id: int) -> list[tuple[Site, str | None]]:
    """Return an organisation's sites with the names of their wards, ended sites last."""
    rows = db.session.execute(
        select(Site, Area.name)
        .outerjoin(Area, Area.id == Site.ward_id)
        .where(Site.organisation_id == organisation_id)
        .order_by(Site.until_on.is_not(None), folding.name_order(Site.name), Site.id)
    )
    return [(site, ward) for site, ward in rows]


def agreements(scope: Scope, organisation_id: int) -> list[tuple[Agreement, str | None]]:
    """Return an organisation's agreements that the reader is allowed to see, newest first.

    Each comes with the network's name, or None.
    """
    rows = db.session.execute(
        select(Agreement, Network.name)
        .outerjoin(Network, Network.id == Agreement.network_id)
        .where(
            Agreement.organisation_id == organisation_id,
            secrecy.is_agreement_visible(scope),
        )
        .order_by(Agreement.until_on.desc(), Agreement.id.desc())
    )
    return [(agreement, network) for agreement, network in rows]


def lock_agreement(scope: Scope, organisation_id: int, agreement_id: int) -> Agreement | None:
    """Lock and return an agreement of the organisation, or None if it is hidden from the reader.

    Uses one statement, so that the response time does not reveal whether a hidden agreement exists.
    """
    return db.session.scalar(
        select(Agreement)
        .where(
            Agreement.id == agreement_id,
            Agreement.organisation_id == organisation_id,
            secrecy.is_agreement_visible(scope),
        )
        .with_for_update(of=Agreement)
        .execution_options(populate_existing=True)
    )


def unconfirmed_agreements(scope: Scope) -> Sequence[Agreement]:
    """Return the unconfirmed agreements that the reader is allowed to see, ordered by ID."""
    return db.session.scalars(
        select(Agreement)
        .where(
            Agreement.confirmed_at.is_(None),
            secrecy.is_agreement_visible(scope),
            secrecy.is_organisation_visible(scope, Agreement.organisation_id),
        )
        .order_by(Agreement.id)
    ).all()


def lock_unconfirmed_agreements(recorded_until: datetime) -> Sequence[Agreement]:
    """Lock and return the unconfirmed agreements added by `recorded_until`, ordered by ID.

    Agreements that another transaction has locked are left out.
    """
    return db.session.scalars(
        select(Agreement)
        .where(Agreement.confirmed_at.is_(None), Agreement.recorded_at <= recorded_until)
        .order_by(Agreement.id)
        .with_for_update(skip_locked=True)
    ).all()


def coordinators(organisation_id: int) -> list[tuple[PartnerCoordinator, str, str]]:
    """Return an organisation's current and former coordinators, former ones last.

    Each comes with the user's name and email address.
    """
    name = accounts.user_name(PartnerCoordinator.user_id)
    rows = db.session.execute(
        select(PartnerCoordinator, name, accounts.user_email(PartnerCoordinator.user_id))
        .where(PartnerCoordinator.organisation_id == organisation_id)
        .order_by(
            PartnerCoordinator.until_on.is_not(None),
            folding.name_order(name),
            PartnerCoordinator.id,
        )
    )
    return [(row, name, email) for row, name, email in rows]


def acts_for_organisation(user_id: int, on: date, organisation_id: int | None = None) -> bool:
    """Return whether a user acts for an organisation on the day `on` or later.

    If `organisation_id` is None, return whether they act for any organisation.
    """
    query = select(PartnerCoordinator.id).where(
        PartnerCoordinator.user_id == user_id, is_current_or_future(PartnerCoordinator, on)
    )
    if organisation_id is not None:
        query = query.where(PartnerCoordinator.organisation_id == organisation_id)
    return db.session.scalar(query.limit(1)) is not None


def sites_with_unknown_ward(on: date) -> Sequence[Site]:
    """Return the open sites that have a postcode but no ward or LSOA, ordered by ID."""
    return db.session.scalars(
        select(Site)
        .where(
            is_current_or_future(Site, on),
            Site.postcode.is_not(None),
            or_(Site.ward_id.is_(None), Site.lsoa_id.is_(None)),
        )
        .order_by(Site.id)
    ).all()
