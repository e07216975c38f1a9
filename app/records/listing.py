"""List, filter and export people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app.applications.pages import network_choices
from app.areas import queries as areas
from app.areas.types import AreaKind
from app.core import clock, registry
from app.core.actor import Actor, Scope
from app.core.errors import InvalidInput
from app.core.paging import PAGE_SIZE, Order, Page
from app.core.registry import PeopleFilter
from app.organisations import queries as organisations
from app.people import queries
from app.people.safety.contact_details import ContactFacts, read_contact_facts
from app.people.types import PersonRow, PersonState
from app.records.queries import listing
from app.records.queries.listing import ANY, IN_NETWORK, PeopleSearch

__all__ = ["ANY", "IN_NETWORK"]

EXPORT_BATCH = 1_000  # people read in one query for an export
_BY_NAME = Order("people", (str, int))
_TOWNS = (AreaKind.TOWN, AreaKind.VILLAGE, AreaKind.LOCALITY)


@dataclass(frozen=True)
class FilterChoices:
    """The (value, label) choices for each filter, and the filters of other packages."""

    networks: Sequence[tuple[str, str]]
    places: Sequence[tuple[str, str]]
    extra_filters: Sequence[PeopleFilter]


def filter_choices(actor: Actor, on: date) -> FilterChoices:
    """Return the filters that this actor can use."""
    towns = [(place.code, place.name) for kind in _TOWNS for place in areas.programme_places(kind)]
    wards = [(code, _("%(name)s (ward)", name=name)) for code, name in areas.ward_choices()]
    return FilterChoices(
        networks=network_choices(actor, on),
        places=[*towns, *wards],
        extra_filters=[each for filters in registry.people_filters for each in filters()],
    )


def list_people(
    actor: Actor, on: date, values: Mapping[str, Any], cursor: str | None
) -> Page[PersonRow]:
    """Return a page of people, sorted by name.

    ``values`` contains the selected filter values.
    """
    scope = Scope.for_actor(actor)
    search = _parse_search(values, on)
    after = _BY_NAME.decode(cursor)
    rows = listing.search_people(scope, on, search, after, PAGE_SIZE + 1)
    shown = _BY_NAME.page(rows, lambda row: (row.folded_name, row.id), cursor)
    return Page(_to_person_rows(scope, on, shown.rows), shown.next, shown.first)


def search_duplicates(actor: Actor, on: date, person_id: int, text: str) -> list[PersonRow]:
    """Return up to one page of other people whose name or contact details match the text.

    People in all states are included. If the text is empty, return an empty list.
    """
    if not text:
        return []
    found = list_people(actor, on, {"q": text, "state": ANY}, None)
    return [row for row in found.rows if row.id != person_id]


def people_for_export(
    actor: Actor, on: date, values: Mapping[str, Any]
) -> Iterator[tuple[PersonRow, ContactFacts]]:
    """Yield the people who match the filters and can be exported, with their contact details.

    Raises InvalidInput if the filters include a sensitive network.
    """
    scope = Scope.for_actor(actor).for_sharing()
    _require_exportable(values)
    search = _parse_search(values, on)
    after: Sequence[Any] | None = None
    while found := listing.search_people(scope, on, search, after, EXPORT_BATCH):
        contact_facts = read_contact_facts([row.id for row in found], on)
        for row in _to_person_rows(scope, on, found):
            yield row, contact_facts[row.id]
        after = (found[-1].folded_name, found[-1].id)


def _require_exportable(values: Mapping[str, Any]) -> None:
    network = values.get("network")
    if network and organisations.network_ids([network]) & organisations.sensitive_network_ids():
        raise InvalidInput(
            _(
                "You cannot download a list of the people in this network, because files can be "
                "shared"
            ),
            "reason",
        )


def _to_person_rows(scope: Scope, on: date, found: Sequence[Any]) -> list[PersonRow]:
    ids = [row.id for row in found]
    networks = queries.network_names(scope, ids, on)
    homes = queries.home_wards(ids, on)
    organisation_names = listing.organisation_names(scope, ids, on)
    return [
        PersonRow(
            id=row.id,
            name=row.full_name,
            state=PersonState(row.state),
            networks=networks[row.id],
            home=homes[row.id],
            interest=row.interest,
            registered_on=clock.london_day(row.registered_at),
            organisation=", ".join(organisation_names[row.id]) or None,
        )
        for row in found
    ]


def _parse_search(values: Mapping[str, Any], on: date) -> PeopleSearch:
    network, place = values.get("network"), values.get("place")
    matching = [
        each.matching(values[each.name], on)
        for filters in registry.people_filters
        for each in filters()
        if values.get(each.name)
    ]
    return PeopleSearch(
        text=values.get("q", ""),
        state=values.get("state") or IN_NETWORK,
        network_ids=organisations.network_ids([network]) if network else None,
        area_ids=_area_ids(place) if place else None,
        matching=tuple(matching),
    )


def _area_ids(code: str) -> frozenset[int]:
    """Return the IDs of an area and of the wards or LSOAs in it."""
    found = areas.area_by_code(code)
    if found is None:
        return frozenset()
    if found.kind in _TOWNS:
        return frozenset({found.id, *areas.child_area_ids(found.id)})
    return frozenset({found.id})
