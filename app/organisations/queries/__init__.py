"""Reads of organisations, networks and agreements, and which of them a reader may know of."""

from __future__ import annotations

from app.organisations.queries.networks import (
    Approver,
    Reader,
    acting_for,
    agreement_in_force,
    all_networks,
    approvers,
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
    "acting_for",
    "agreement_in_force",
    "all_networks",
    "approvers",
    "names",
    "network_ids",
    "networks_on",
    "organisation_by_name",
    "organisation_choices",
    "partner_facts",
    "readers",
    "sensitive_network_ids",
    "sensitive_slugs",
]
