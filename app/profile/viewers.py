"""Find who can see a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from app.core import programme
from app.core.actor import Scope
from app.core.words import join_list, long_date
from app.organisations import queries as organisations
from app.organisations.queries import Reader, secrecy
from app.people import general
from app.people.models import Person
from app.people.queries import details, participation
from app.people.queries.joining import pending_network_names


@dataclass(frozen=True)
class Viewer:
    """Somebody who can see the person. ``explanation`` says why, or how much they can see."""

    name: str
    explanation: str


def find_viewers(scope: Scope, person: Person, on: date) -> list[Viewer]:
    """Return everybody who can see the person on a given day, worded for the person.

    Sensitive networks have no effect on the result until the person enters their memorable word.
    """
    network_ids = participation.network_ids(person.id, on) & secrecy.visible_network_ids(scope)
    hidden = scope.sensitive and not general.is_general_champion(person.id)
    blocks = details.blocks(person.id, on)
    blocked_users = [one.name for one in blocks if one.organisation_id is None]
    blocked = {one.organisation_id for one in blocks}
    return [
        _team_viewer(hidden, blocked_users),
        *(
            viewer
            for organisation_id, viewer in _partner_viewers(scope, person, on, network_ids, hidden)
            if organisation_id not in blocked
        ),
        *_deciding_viewers(scope, person, on),
        Viewer(
            _("The trainer of a course that you book"),
            _(
                "You choose what they see when you book: your name and what you need, only what "
                "you need, or nothing."
            ),
        ),
        Viewer(
            _("Everybody else"),
            _(
                "Councillors, analysts and the public can only see numbers. They cannot see "
                "your details."
            ),
        ),
    ]


def _team_viewer(hidden: bool, blocked_users: Sequence[str]) -> Viewer:
    contact = programme.setting("contact", {})
    loaded = programme.current()
    team, organisation = contact.get("team"), loaded.organisation if loaded else ""
    name = team or organisation
    if team and organisation:
        name = _("%(team)s at %(organisation)s", team=team, organisation=organisation)
    if hidden:
        explanation = _(
            "Because of your choices, only a few people with special permission can see you."
        )
    else:
        explanation = _("They run the network. We record each time one of them opens your page.")
    if blocked_users:
        explanation += " " + _(
            "However, %(names)s can never see you.", names=join_list(blocked_users, style="or")
        )
    return Viewer(name, explanation)


def _partner_viewers(
    scope: Scope, person: Person, on: date, network_ids: frozenset[int], hidden: bool
) -> list[tuple[int, Viewer]]:
    """Return (ID, viewer) for each partner that could see the person if nobody were blocked."""
    own_ids = {each.organisation_id for each in details.affiliations(scope, person.id, on)}
    visible_ids, sensitive = (
        secrecy.visible_organisation_ids(scope),
        organisations.sensitive_network_ids(),
    )
    names = {one.id: one.name for one in organisations.current_networks(on)}
    found: dict[int, Viewer] = {}
    for reader in organisations.readers(on):
        by_network = reader.network_id in network_ids
        if reader.organisation_id not in visible_ids:
            continue
        if not (by_network or reader.organisation_id in own_ids):
            continue
        few = hidden or reader.network_id in sensitive
        network = names.get(reader.network_id or 0, "") if by_network else ""
        found.setdefault(
            reader.organisation_id, _partner_viewer(reader, network, is_small_audience=few)
        )
    return list(found.items())


def _deciding_viewers(scope: Scope, person: Person, on: date) -> list[Viewer]:
    """Return the organisations that decide the person's applications to join a network."""
    return [
        Viewer(
            organisation,
            _(
                "They decide whether you can join “%(network)s”. Until then they see your name,"
                " your ward and how to contact you.",
                network=network,
            ),
        )
        for network, organisation in pending_network_names(scope, person.id, on)
        if organisation
    ]


def _partner_viewer(reader: Reader, network: str, *, is_small_audience: bool) -> Viewer:
    reason = (
        _("They can see you because you belong to “%(network)s”.", network=network)
        if network
        else _("They can see you because you told us that you belong to this organisation.")
    )
    end_date = _("Our agreement with them ends on %(day)s.", day=long_date(reader.until_on))
    audience = _("Only people with special permission can see you.") if is_small_audience else ""
    return Viewer(
        reader.organisation, " ".join(text for text in (reason, audience, end_date) if text)
    )
