"""Choices for form fields."""

from __future__ import annotations

from datetime import date

from app.core import programme
from app.organisations import queries
from app.organisations.types import NetworkChoice, OrganisationChoice


def joinable_networks(on: date) -> list[NetworkChoice]:
    """Return the networks that people can join on a given day."""
    return queries.current_networks(on)


def existing_organisations(on: date) -> list[OrganisationChoice]:
    """Return the organisations that exist on a given day, sorted by name."""
    return queries.organisation_choices(on)


def notice_version() -> int:
    """Return the version number of the current privacy notice."""
    notices = programme.setting("privacy_notices", [])
    return int(notices[0]["version"]) if notices else 1
