"""Queries for organisations, networks and agreements, and for what a reader may see of them."""

from __future__ import annotations

from app.organisations.queries.closures import network_counts_on, organisation_counts_on
from app.organisations.queries.kinds import kind_on
from app.organisations.queries.networks import (
    Approver,
    Reader,
    agreement_in_force,
    all_networks,
    approvers,
    coordinator_user_ids,
    names,
    network_ids,
    networks_on,
    organisation_by_name,
    organisation_choices,
    partner_facts,
    readers,
    sensitive_network_ids,
    sensitive_slugs,
)

__all__ = [
    "Approver",
    "Reader",
    "coordinator_user_ids",
    "agreement_in_force",
    "all_networks",
    "approvers",
    "kind_on",
    "names",
    "network_counts_on",
    "network_ids",
    "networks_on",
    "organisation_by_name",
    "organisation_choices",
    "organisation_counts_on",
    "partner_facts",
    "readers",
    "sensitive_network_ids",
    "sensitive_slugs",
]
