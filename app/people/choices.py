"""The choices that forms offer."""

from __future__ import annotations

from datetime import date

from app.accounts import queries as accounts
from app.core import programme
from app.core.actor import Actor
from app.core.permissions import STAFF_ROLES
from app.organisations import queries
from app.organisations.types import NetworkChoice, OrganisationChoice
from app.people.types import BlockTarget


def networks(on: date) -> list[NetworkChoice]:
    """Return the networks that a person can join on a day."""
    return queries.networks_on(on)


def networks_to_give(actor: Actor, on: date) -> list[NetworkChoice]:
    """Return the networks that the actor may add a person to.

    Sensitive networks need the permission for them.
    """
    may = actor.may("networks:sensitive")
    return [one for one in networks(on) if may or not one.sensitive]


def organisations(on: date) -> list[OrganisationChoice]:
    """Return the organisations that exist on a day, by name."""
    return queries.organisation_choices(on)


def notice_version() -> int:
    """Return the number of the newest privacy notice, which is the one that people are shown."""
    notices = programme.setting("privacy_notices", [])
    return int(notices[0]["version"]) if notices else 1


def partners(on: date) -> list[OrganisationChoice]:
    """Return all organisations but the programme's own, by name. A person can block these."""
    loaded = programme.current()
    own = loaded.organisation.casefold() if loaded else ""
    return [one for one in organisations(on) if one.name.casefold() != own]


def block_targets(actor: Actor, on: date) -> list[tuple[BlockTarget, str]]:
    """Return what the actor can block, with names: organisations, then everybody who works here."""
    staff = accounts.users_with_any(STAFF_ROLES, on)
    return [
        *((BlockTarget(organisation_id=one.id), one.name) for one in partners(on)),
        *((BlockTarget(user_id=user.id), user.name) for user in staff if user.id != actor.user_id),
    ]
