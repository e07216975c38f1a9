"""The list of people as staff and partners read it: filters, a page, all of it for an export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app.applications.pages import network_filter
from app.areas import queries as areas
from app.areas.types import AreaKind
from app.core import clock, registry
from app.core.actor import Actor, Scope
from app.core.errors import InvalidInput
from app.core.paging import PAGE_SIZE, Order, Page
from app.core.registry import PeopleFilter
from app.organisations import queries as organisations
from app.people import queries
from app.people.safety.contact_details import ContactFacts, facts_of
from app.people.types import PersonRow, PersonState
from app.records.queries import listing
from app.records.queries.listing import ANY, IN_NETWORK, PeopleSearch

__all__ = ["ANY", "IN_NETWORK"]

AT_ONCE = 1_000  # people, in an export
_BY_NAME = Order("people", (str, int))
_TOWNS = (AreaKind.TOWN, AreaKind.VILLAGE, AreaKind.LOCALITY)


@dataclass(frozen=True)
class Choices:
    """What the list's filters offer: (value, label). more: filters of higher rooms."""

    networks: Sequence[tuple[str, str]]
    places: Sequence[tuple[str, str]]
    more: Sequence[PeopleFilter]


def choices(actor: Actor, on: date) -> Choices:
    """The filters this actor may use."""
    towns = [(place.code, place.name) for kind in _TOWNS for place in areas.places(kind)]
    wards = [(code, _("%(name)s (ward)", name=name)) for code, name in areas.ward_choices()]
    return Choices(
        networks=network_filter(actor, on),
        places=[*towns, *wards],
        more=[one for filters in registry.people_filters for one in filters()],
    )


def page(actor: Actor, on: date, values: Mapping[str, Any], cursor: str | None) -> Page[PersonRow]:
    """A page of people by name. values: of the filters, as `choices` offered them."""
    scope = Scope.of(actor)
    wanted = _wanted(values, on)
    after = _BY_NAME.decode(cursor)
    rows = listing.people(scope, on, wanted, after, PAGE_SIZE + 1)
    shown = _BY_NAME.page(rows, lambda row: (row.full_name, row.id), cursor)
    return Page(_rows(scope, on, shown.rows), shown.next, shown.first)


def everybody(
    actor: Actor, on: date, values: Mapping[str, Any]
) -> Iterator[tuple[PersonRow, ContactFacts]]:
    """Everybody the filters leave who may be named in a file that is sent on, with what is known of
    how to reach them. Raises InvalidInput when the filters name a sensitive network.
    """
    scope = Scope.of(actor).as_sent_on()
    _check_may_be_sent_on(values)
    wanted = _wanted(values, on)
    after: Sequence[Any] | None = None
    while found := listing.people(scope, on, wanted, after, AT_ONCE):
        known = facts_of([row.id for row in found], on)
        for row in _rows(scope, on, found):
            yield row, known[row.id]
        after = (found[-1].full_name, found[-1].id)


def _check_may_be_sent_on(values: Mapping[str, Any]) -> None:
    network = values.get("network")
    if network and organisations.network_ids([network]) & organisations.sensitive_network_ids():
        raise InvalidInput(
            _("You cannot download the people of this network, because a file can be passed on"),
            "reason",
        )


def _rows(scope: Scope, on: date, found: Sequence[Any]) -> list[PersonRow]:
    ids = [row.id for row in found]
    networks = queries.network_names(scope, ids, on)
    homes = queries.homes(ids, on)
    belongs = listing.organisations_of(scope, ids, on)
    return [
        PersonRow(
            id=row.id,
            name=row.full_name,
            state=PersonState(row.state),
            networks=networks[row.id],
            home=homes[row.id],
            interest=row.interest,
            registered_on=clock.london_day(row.registered_at),
            organisation=", ".join(belongs[row.id]) or None,
        )
        for row in found
    ]


def _wanted(values: Mapping[str, Any], on: date) -> PeopleSearch:
    network, place = values.get("network"), values.get("place")
    matching = [
        one.matching(values[one.name], on)
        for filters in registry.people_filters
        for one in filters()
        if values.get(one.name)
    ]
    return PeopleSearch(
        text=values.get("q", ""),
        state=values.get("state") or IN_NETWORK,
        network_ids=organisations.network_ids([network]) if network else None,
        area_ids=_areas(place) if place else None,
        matching=tuple(matching),
    )


def _areas(code: str) -> frozenset[int]:
    """The area itself and, of a town or locality, its wards or LSOAs."""
    found = areas.area_by_code(code)
    if found is None:
        return frozenset()
    if found.kind in _TOWNS:
        return frozenset({found.id, *areas.members_of(found.id)})
    return frozenset({found.id})
