"""Choices for forms about organisations and networks."""

from __future__ import annotations

from datetime import date

from app.areas import queries as areas
from app.core.actor import Actor, Scope
from app.organisations import queries
from app.organisations.queries import secrecy
from app.organisations.types import NetworkChoice, OrganisationChoice


def wards() -> list[tuple[str, str]]:
    """Return (code, name) for each of the programme's wards, sorted by name."""
    return areas.ward_choices()


def networks(actor: Actor, on: date) -> list[NetworkChoice]:
    """Return the networks that the actor can choose for an agreement or a need on the day `on`."""
    visible_ids = secrecy.visible_network_ids(Scope.for_actor(actor))
    return [network for network in queries.current_networks(on) if network.id in visible_ids]


def organisations(actor: Actor, on: date) -> list[OrganisationChoice]:
    """Return the organisations in force on the day `on` that the actor can see, sorted by name."""
    visible_ids = secrecy.visible_organisation_ids(Scope.for_actor(actor))
    return [choice for choice in queries.organisation_choices(on) if choice.id in visible_ids]
