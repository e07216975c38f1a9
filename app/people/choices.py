"""What forms offer to choose from."""

from __future__ import annotations

from datetime import date

from app.accounts import queries as accounts
from app.core import programme
from app.core.actor import Actor
from app.core.permissions import STAFF_ROLES
from app.organisations import queries
from app.organisations.types import NetworkChoice, OrganisationChoice
from app.people.types import Avoided


def networks(on: date) -> list[NetworkChoice]:
    """The networks one can join on a day."""
    return queries.networks_on(on)


def networks_to_give(actor: Actor, on: date) -> list[NetworkChoice]:
    """The networks that staff may put somebody into: sensitive ones by permission only."""
    may = actor.may("networks:sensitive")
    return [one for one in networks(on) if may or not one.sensitive]


def organisations(on: date) -> list[OrganisationChoice]:
    """The organisations there are on a day, by name."""
    return queries.organisation_choices(on)


def notice_version() -> int:
    """The newest version of the privacy notice: the one that is shown and given."""
    notices = programme.setting("privacy_notices", [])
    return int(notices[0]["version"]) if notices else 1


def partners(on: date) -> list[OrganisationChoice]:
    """The organisations that somebody may never want to meet: all but the programme's own."""
    loaded = programme.current()
    own = loaded.organisation.casefold() if loaded else ""
    return [one for one in organisations(on) if one.name.casefold() != own]


def to_avoid(actor: Actor, on: date) -> list[tuple[Avoided, str]]:
    """Whom somebody may never want to meet, with their names: organisations, then everybody who
    works with the service.
    """
    staff = accounts.users_with_any(STAFF_ROLES, on)
    return [
        *((Avoided(organisation_id=one.id), one.name) for one in partners(on)),
        *((Avoided(user_id=user.id), user.name) for user in staff if user.id != actor.user_id),
    ]
