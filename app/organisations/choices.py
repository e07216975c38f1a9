"""What forms of this room offer to choose from."""

from __future__ import annotations

from datetime import date

from app.areas import queries as areas
from app.core.actor import Actor, Scope
from app.organisations import queries
from app.organisations.queries import secrecy
from app.organisations.types import NetworkChoice, OrganisationChoice


def wards() -> list[tuple[str, str]]:
    """(code, name) of the programme's wards, by name."""
    return areas.ward_choices()


def networks(actor: Actor, on: date) -> list[NetworkChoice]:
    """Networks that an agreement or a need may be about: those that the actor may know of."""
    known = secrecy.known_networks(Scope.of(actor))
    return [one for one in queries.networks_on(on) if one.id in known]


def organisations(actor: Actor, on: date) -> list[OrganisationChoice]:
    """Organisations that a booking may be made for: those that the actor may know of."""
    known = secrecy.known_organisations(Scope.of(actor))
    return [one for one in queries.organisation_choices(on) if one.id in known]
