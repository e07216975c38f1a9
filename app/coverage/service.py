"""Reports, overviews, the map and published figures, for pages and commands."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.areas import queries as areas
from app.areas.types import AreaKind
from app.core import programme
from app.core.actor import Actor, Scope
from app.core.errors import NotFound
from app.coverage import counted_people as counted
from app.coverage import download, drawing, measures, publishing
from app.coverage import gaps as gap_rules
from app.coverage.places import Places
from app.coverage.queries import facts, snapshots
from app.coverage.types import AreaFigure, Coverage, DistrictMap, Figure, PublishedFigure

freeze = publishing.freeze_figures
freeze_if_due = publishing.freeze_figures_if_due
next_publication = publishing.next_publication
published_for_month = publishing.published_figures
latest_published = publishing.latest_published_figures
months = snapshots.published_months
as_csv = download.as_csv
counted_people = counted.counted_people
gaps = gap_rules.find_gaps


def report_figures(actor: Actor, on: date) -> tuple[list[Figure], tuple[AreaFigure, ...]]:
    """Return the figures for targets and for areas in a report.

    Reports can be passed on, so they count only general champions that the actor is allowed to see.
    Raises NotFound if the actor is only allowed to see published figures.
    """
    if not can_see_people(actor):
        raise NotFound()
    scope = Scope.for_actor(actor).for_sharing()
    places = Places(on)
    found = measures.target_figures(facts.targets_on(on), places, on, scope)
    targets = [figure for figure in found if figure.held is not None]
    return targets, measures.area_figures(places, on, scope)


def report(actor: Actor, on: date) -> dict[str, Any]:
    """Return the figures for a given day as JSON.

    Raises NotFound if the actor is only allowed to see published figures.
    """
    targets, found_areas = report_figures(actor, on)
    return {
        "on": on.isoformat(),
        "targets": [
            {
                "slug": figure.slug,
                "name": figure.name,
                "needed": figure.needed,
                "held": figure.held,
                "unsettled": figure.unsettled,
                "due": figure.due_on.isoformat() if figure.due_on else None,
            }
            for figure in targets
        ],
        "areas": [
            {"code": area.code, "name": area.name, "needed": area.needed, "held": area.held}
            for area in found_areas
        ],
    }


def can_see_people(actor: Actor) -> bool:
    """Return whether the actor is allowed to see current figures, and not only published ones."""
    return actor.may("coverage:people")


def overview(actor: Actor, on: date) -> Coverage:
    """Return the figures for the people that the actor is allowed to see.

    Raises NotFound if the actor is only allowed to see published figures.
    """
    if not can_see_people(actor):
        raise NotFound()
    return measures.coverage(on, Scope.for_actor(actor))


def can_see_everyone(actor: Actor) -> bool:
    """Return whether the actor is allowed to see everybody, and not only a partner's people."""
    return Scope.for_actor(actor).everyone


def home_figures(
    actor: Actor, on: date
) -> tuple[tuple[Figure, ...] | tuple[PublishedFigure, ...], date | None]:
    """Return the target figures for a home page, and the day on which they were counted.

    Targets without a number are left out. Actors who are allowed to see people get the figures for
    ``on``. Others get the latest published figures, or ((), None) if nothing has been published.
    """
    if can_see_people(actor):
        targets = [
            target for target in facts.targets_on(on) if target.needed is not None or target.beside
        ]
        found = measures.target_figures(targets, Places(on), on, Scope.for_actor(actor))
        grouped = measures.group_figures(targets, found)
        return tuple(figure for figure in grouped if figure.needed is not None), on
    last = publishing.latest_published_figures(on)
    if last is None:
        return (), None
    return tuple(figure for figure in last.figures if figure.needed is not None), last.on


def district_map() -> DistrictMap:
    """Return the map of the district with the names of its towns."""
    names = {place.id: place for place in areas.programme_places(AreaKind.WARD)}
    towns = {
        town.name: [names[ward].code for ward in areas.child_area_ids(town.id) if ward in names]
        for town in areas.programme_places(AreaKind.TOWN)
    }
    return drawing.draw_map(areas.areas_for_map(AreaKind.WARD), towns)


def towns_by_ward() -> dict[str, str]:
    """Return the code of each ward's town, by ward code."""
    names = {place.id: place.code for place in areas.programme_places(AreaKind.WARD)}
    return {
        names[ward]: town.code
        for town in areas.programme_places(AreaKind.TOWN)
        for ward in areas.child_area_ids(town.id)
        if ward in names
    }


def attributions() -> list[str]:
    """Return the attributions for the map's data."""
    map_data = ("boundaries", "areas", "wards")
    return [
        each["text"]
        for each in programme.setting("attributions", ())
        if any(word in each["covers"].lower() for word in map_data)
    ]


def geography_note() -> str:
    """Return the programme's note about figures by ward, or an empty string."""
    return str(programme.setting("geography_note", "") or "")
