"""What forms of this room offer to choose from."""

from __future__ import annotations

from datetime import date

from app.areas import queries as areas
from app.core.actor import Actor
from app.organisations import queries
from app.organisations.types import NetworkChoice


def wards() -> list[tuple[str, str]]:
    """(code, name) of the programme's wards, by name."""
    return areas.ward_choices()


def networks(actor: Actor, on: date) -> list[NetworkChoice]:
    """Networks an agreement may be about: sensitive ones by permission only."""
    may = actor.may("networks:sensitive")
    return [one for one in queries.networks_on(on) if may or not one.sensitive]
