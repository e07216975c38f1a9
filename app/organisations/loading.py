"""Load the organisations, their agreements and the networks from the programme file.

Organisations added by staff are not changed, unless the file has one with the same name. Agreements
are added and changed but never removed, so that past agreements are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.db import db
from app.core.reconciliation import Reconciliation
from app.organisations import agreements, closures, former_kinds
from app.organisations.models import Agreement, Network, Organisation
from app.organisations.programme_part import NetworkPart, OrganisationPart
from app.organisations.types import OrganisationKind


def load_organisations(
    reconciliation: Reconciliation,
    organisations: Sequence[OrganisationPart],
    networks: Sequence[NetworkPart],
    from_on: date,
) -> None:
    """Update the organisations and networks from the file. New ones start on ``from_on``."""
    by_slug = _load_organisations(reconciliation, organisations, from_on)
    by_network = _load_networks(reconciliation, networks, by_slug, from_on)
    _load_agreements(reconciliation, organisations, by_slug, by_network)


def _load_organisations(
    reconciliation: Reconciliation, parts: Sequence[OrganisationPart], from_on: date
) -> dict[str, Organisation]:
    slugs = {part.name.casefold(): part.slug for part in parts}
    slugs_in_file = {part.slug for part in parts}
    existing: dict[str, Organisation] = {}
    stored = select(Organisation).options(selectinload(Organisation.closures))
    for row in db.session.scalars(stored.order_by(Organisation.id)):
        slug = row.slug
        if slug not in slugs_in_file:  # added by staff, or its slug was changed in the file
            slug = slugs.get(row.name.casefold(), slug)
        if slug is not None and (slug not in existing or row.slug == slug):
            existing[slug] = row
    for part in parts:
        if part.slug in existing:
            former_kinds.record_former_kind(
                existing[part.slug], OrganisationKind(part.kind), clock.today()
            )
    loaded = reconciliation.reconcile(
        Organisation,
        existing,
        {
            part.slug: {
                "slug": part.slug,
                "name": part.name,
                "kind": OrganisationKind(part.kind),
                "confidential_location": part.confidential_location,
                "from_on": from_on,
                "until_on": part.until_on,
            }
            for part in parts
        },
        part="organisations",
        can_close=True,
    )
    _record_closures(reconciliation, loaded.values())
    return loaded


def _load_networks(
    reconciliation: Reconciliation,
    parts: Sequence[NetworkPart],
    organisations: dict[str, Organisation],
    from_on: date,
) -> dict[str, Network]:
    existing = db.session.scalars(select(Network).options(selectinload(Network.closures)))
    loaded = reconciliation.reconcile(
        Network,
        {row.slug: row for row in existing},
        {
            part.slug: {
                "slug": part.slug,
                "name": part.name,
                "description": part.description,
                "sensitive": part.sensitive,
                "position": position,
                "approver_id": organisations[part.approver].id if part.approver else None,
                "from_on": from_on,
                "until_on": part.until_on,
            }
            for position, part in enumerate(parts, start=1)
        },
        part="networks",
        can_close=True,
    )
    _record_closures(reconciliation, loaded.values())
    return loaded


def _record_closures(
    reconciliation: Reconciliation, rows: Iterable[Organisation | Network]
) -> None:
    for row in rows:
        if row.until_on is not None or row.closures:
            closures.record_closure(row, reconciliation.effect.loaded_on or date.min)


def _load_agreements(
    reconciliation: Reconciliation,
    parts: Sequence[OrganisationPart],
    organisations: dict[str, Organisation],
    networks: dict[str, Network],
) -> None:
    values_by_key: dict[tuple[int, int | None, date], dict[str, Any]] = {}
    for part in parts:
        for agreement in part.agreements:
            organisation_id = organisations[part.slug].id
            network_id = networks[agreement.network].id if agreement.network else None
            values_by_key[organisation_id, network_id, agreement.from_on] = {
                "organisation_id": organisation_id,
                "network_id": network_id,
                "purpose": agreement.purpose,
                "signed_on": agreement.signed_on,
                "from_on": agreement.from_on,
                "until_on": agreement.until_on,
            }
    now = clock.now()
    existing = {
        (row.organisation_id, row.network_id, row.from_on): row
        for row in db.session.scalars(select(Agreement))
    }
    in_file = {key: row for key, row in existing.items() if key in values_by_key}
    before = {key: _access_fields(row) for key, row in in_file.items()}
    for key, values in values_by_key.items():
        row = in_file.get(key)
        values["recorded_at"] = row.recorded_at if row else now
        values["confirmed_at"] = (row.confirmed_at if row else None) or now
    loaded = reconciliation.reconcile(
        Agreement, in_file, values_by_key, part="organisations.agreements"
    )
    for key, row in loaded.items():
        if before.get(key) != _access_fields(row):
            agreements.notify_loaded(row)


def _access_fields(row: Agreement) -> tuple[object, ...]:
    """Return the fields of an agreement that determine who can see people's details."""
    return row.until_on, row.confirmed_at
