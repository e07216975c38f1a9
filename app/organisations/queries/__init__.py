"""Queries for organisations, networks and agreements, and for whether they are hidden."""

from __future__ import annotations

from app.organisations.queries.closures import is_network_counted, is_organisation_counted
from app.organisations.queries.kinds import kind_expression
from app.organisations.queries.networks import (
    Approver,
    Reader,
    agreement_in_force,
    all_names,
    all_networks,
    approvers,
    coordinator_user_ids,
    current_networks,
    network_ids,
    organisation_by_name,
    organisation_choices,
    partner_access,
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
    "kind_expression",
    "all_names",
    "is_network_counted",
    "network_ids",
    "current_networks",
    "organisation_by_name",
    "organisation_choices",
    "is_organisation_counted",
    "partner_access",
    "readers",
    "sensitive_network_ids",
    "sensitive_slugs",
]
