"""Choices for forms about organisations and networks."""

from __future__ import annotations

from datetime import date

from app.areas import queries as areas
from app.core.actor import Actor, Scope
from app.organisations import queries
from app.organisations.queries import secrecy
from app.organisations.types import NetworkChoice, OrganisationChoice


def wards() -> list[tuple[str, str]]:
    """Return the (code, name) pairs of the programme's wards, by name."""
    return areas.ward_choices()


def networks(actor: Actor, on: date) -> list[NetworkChoice]:
    """Return the networks that the actor can choose for an agreement or a need on a given day."""
    known = secrecy.known_networks(Scope.of(actor))
    return [network for network in queries.networks_on(on) if network.id in known]


def organisations(actor: Actor, on: date) -> list[OrganisationChoice]:
    """Return the organisations that the actor may book places for on that day, sorted by name."""
    known = secrecy.known_organisations(Scope.of(actor))
    return [choice for choice in queries.organisation_choices(on) if choice.id in known]
