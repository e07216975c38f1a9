"""What the coverage room answers: reports, overviews, the people behind a number, publications."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.areas import queries as areas
from app.areas.types import AreaKind
from app.core import programme
from app.core.actor import Actor, Scope
from app.core.errors import NotFound
from app.coverage import drawing, measures, publishing
from app.coverage import gaps as lacking
from app.coverage import people_behind as behind
from app.coverage.places import Places
from app.coverage.queries import facts, snapshots
from app.coverage.types import Coverage, Figure, PublishedFigure, Sheet

freeze = publishing.freeze
freeze_if_due = publishing.freeze_if_due
next_publication = publishing.next_publication
published = publishing.published
latest_published = publishing.latest
months = snapshots.months
people_behind = behind.people_behind
gaps = lacking.gaps


def report(actor: Actor, on: date) -> dict[str, Any]:
    """The coverage of a day: the JSON of `coverage report`, over the general champions the actor
    may read, since a report is sent on. Raises NotFound for who may see published numbers only.
    """
    if not actor.may("coverage:people"):
        raise NotFound()
    scope = Scope.of(actor).for_sharing()
    places = Places()
    found = measures.figures(facts.targets_on(on), places, on, scope)
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
            for figure in found
            if figure.held is not None
        ],
        "areas": [
            {"code": area.code, "name": area.name, "needed": area.needed, "held": area.held}
            for area in measures.area_figures(places, on, scope)
        ],
    }


def overview(actor: Actor, on: date) -> Coverage | None:
    """All figures of a day over whom the actor may read; None for who may see no people."""
    if not actor.may("coverage:people"):
        return None
    return measures.coverage(on, Scope.of(actor))


def sees_everyone(actor: Actor) -> bool:
    """Whether the actor's figures are the network's, not only those of their own people."""
    return Scope.of(actor).everyone


def glance(
    actor: Actor, on: date
) -> tuple[tuple[Figure, ...] | tuple[PublishedFigure, ...], date | None]:
    """The numbered targets for a home page, and the day they were counted on.

    For who may see people: counted now, over whom they may read. For everybody else: as last
    published; nothing, and None, before the first publication.
    """
    if actor.may("coverage:people"):
        targets = [t for t in facts.targets_on(on) if t.needed is not None or t.beside]
        found = measures.figures(targets, Places(), on, Scope.of(actor))
        grouped = measures.grouped(targets, found)
        return tuple(figure for figure in grouped if figure.needed is not None), on
    last = publishing.latest(on)
    if last is None:
        return (), None
    return tuple(figure for figure in last.figures if figure.needed is not None), last.on


def sheet() -> Sheet:
    """The drawing of the district, with the names of its towns."""
    names = {place.id: place for place in areas.places(AreaKind.WARD)}
    towns = {
        town.name: [names[ward].code for ward in areas.members_of(town.id) if ward in names]
        for town in areas.places(AreaKind.TOWN)
    }
    return drawing.draw(areas.map_areas(AreaKind.WARD), towns)


def town_of_wards() -> dict[str, str]:
    """Ward code → code of the town it belongs to."""
    names = {place.id: place.code for place in areas.places(AreaKind.WARD)}
    return {
        names[ward]: town.code
        for town in areas.places(AreaKind.TOWN)
        for ward in areas.members_of(town.id)
        if ward in names
    }


def attributions() -> list[str]:
    """Whose data the map is drawn from."""
    wanted = ("boundaries", "areas", "wards")
    return [
        one["text"]
        for one in programme.setting("attributions", ())
        if any(word in one["covers"].lower() for word in wanted)
    ]


def geography_note() -> str:
    """What to know about figures by ward."""
    return str(programme.setting("geography_note", "") or "")
