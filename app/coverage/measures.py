"""Calculate the figures for targets, towns, villages and wards on a given day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from app.areas import queries as areas
from app.areas.types import AreaKind
from app.core import programme
from app.core.actor import Scope
from app.coverage import queries
from app.coverage.places import Places
from app.coverage.queries import facts
from app.coverage.types import (
    AreaFigure,
    Catchment,
    ChampionsWithUnknownWard,
    Coverage,
    Figure,
    Measurement,
    Rule,
    TargetFacts,
    WardFigure,
)
from app.matching import queries as matching
from app.targets import queries as targets
from app.targets.types import Verb

NOBODY = Measurement(0)


def community_rule(on: date) -> Rule | None:
    """Return the rule for counting a community's champions, or None if there are no bands.

    The rule counts active people with an in-date certificate of any kind in the programme.
    """
    status = programme.setting_on_day("community_status", on)
    if not status:
        return None
    return Rule(
        verb=Verb.ACTIVE_IN_DATE,
        kinds=tuple(status["kinds"]),
        bases=tuple(status["bases"]),
    )


def measure_target(target: TargetFacts, places: Places, on: date, scope: Scope) -> Measurement:
    """Count the people who meet a target's rule."""
    catchment = places.catchment_for_rule(target.rule)
    return queries.count_measure(target.rule, catchment, on, scope, places.districts)


def target_figures(
    targets: Sequence[TargetFacts], places: Places, on: date, scope: Scope
) -> list[Figure]:
    """Return the figures for all targets on a given day, in the programme's order.

    Targets of sensitive networks are not counted for readers who are not allowed to see those
    networks.
    """
    found = []
    for target in targets:
        counted = with_sensitive = None
        if scope.sensitive:
            with_sensitive = measure_target(target, places, on, scope)
        if scope.sensitive or not target.sensitive:
            counted = measure_target(target, places, on, scope.only_general())
        found.append(target_figure(target, counted, with_sensitive))
    return found


def target_figure(
    target: TargetFacts, counted: Measurement | None, with_sensitive: Measurement | None
) -> Figure:
    """Return the figure for a target.

    ``counted`` is for general champions, and ``with_sensitive`` is for all champions. Each is None
    if the reader is not allowed to see it.
    """
    return Figure(
        slug=target.slug,
        name=target.name,
        source=target.source,
        needed=target.needed,
        due_on=target.due_on,
        held=counted.held if counted else None,
        unsettled=counted.unsettled if counted else None,
        sensitive=target.sensitive,
        with_sensitive=with_sensitive.held if with_sensitive else None,
        not_confirmed=counted.not_confirmed if counted else 0,
    )


def group_figures(targets: Sequence[TargetFacts], found: Sequence[Figure]) -> tuple[Figure, ...]:
    """Return the main figures, each with the figures to show beside it."""
    by_slug = {figure.slug: figure for figure in found}
    beside: dict[str, list[Figure]] = {}
    for target in targets:
        if target.beside in by_slug:
            beside.setdefault(target.beside or "", []).append(by_slug[target.slug])
    main_slugs = [target.slug for target in targets if target.beside not in by_slug]
    return tuple(
        Figure(**{**vars(by_slug[slug]), "beside": tuple(beside.get(slug, ()))})
        for slug in main_slugs
    )


def area_figures(places: Places, on: date, scope: Scope) -> tuple[AreaFigure, ...]:
    """Return the figures for areas with a band or an open need, sorted by name.

    For an area with a band, the figure compares the number of champions with the number in the
    band. For other areas, it compares the people who serve there with the places in open needs.
    """
    bands = targets.bands_on(on)
    needs = matching.count_places_by_area(scope, on)
    catchments = {area.id: places.catchment_for_areas([area.id]) for area, _ in bands}
    present = _champions_by_area(catchments, on, scope.only_general())
    with_sensitive = _champions_by_area(catchments, on, scope) if scope.sensitive else {}
    serving = matching.count_assigned_people_by_area(scope, on) if needs else {}
    awards = targets.awards_by_area()
    rows = [
        AreaFigure(
            code=area.code,
            name=places.names.get(area.id, area.name),
            needed=band.needed,
            held=present.get(area.id, NOBODY).held,
            band=band.name,
            awards=awards.get(area.id, ()),
            with_sensitive=with_sensitive.get(area.id, NOBODY).held if scope.sensitive else None,
            not_confirmed=present.get(area.id, NOBODY).not_confirmed,
        )
        for area, band in bands
    ]
    rows += [
        AreaFigure(
            area.code, places.names.get(area_id, area.name), places_needed, serving.get(area_id, 0)
        )
        for area_id, (area, places_needed) in needs.items()
        if area_id not in catchments
    ]
    return tuple(sorted(rows, key=lambda row: (row.name, row.code)))


def _champions_by_area(
    catchments: Mapping[int, Catchment], on: date, scope: Scope
) -> dict[int, Measurement]:
    """Return the number of champions who live, work or serve in each area, by area ID."""
    rule = community_rule(on)
    return queries.count_by_area(rule, catchments, on, scope) if rule else {}


def ward_figures(places: Places, on: date, scope: Scope) -> tuple[WardFigure, ...]:
    """Return the number of champions in each ward, sorted by name.

    Only staff are allowed to see these figures.
    """
    wards = areas.programme_places(AreaKind.WARD)
    catchments = {ward.id: places.catchment_for_areas([ward.id]) for ward in wards}
    present = _champions_by_area(catchments, on, scope.only_general())
    with_sensitive = _champions_by_area(catchments, on, scope) if scope.sensitive else {}
    return tuple(
        WardFigure(
            ward.code,
            ward.name,
            present.get(ward.id, NOBODY).held,
            with_sensitive.get(ward.id, NOBODY).held if scope.sensitive else None,
            present.get(ward.id, NOBODY).not_confirmed,
        )
        for ward in wards
    )


def champions_with_unknown_ward(
    places: Places, on: date, scope: Scope
) -> tuple[ChampionsWithUnknownWard, ...]:
    """Return the number of champions with an unknown ward, for each district."""
    rule = community_rule(on)
    if rule is None:
        return ()
    found = []
    for district in areas.programme_places(AreaKind.DISTRICT):
        catchment = places.catchment_for_areas([district.id])
        counted = queries.count_measure(rule, catchment, on, scope.only_general(), places.districts)
        if counted.unsettled:
            found.append(ChampionsWithUnknownWard(district.code, counted.unsettled))
    return tuple(found)


def coverage(on: date, scope: Scope) -> Coverage:
    """Return all figures for a given day that the reader is allowed to see."""
    places = Places(on)
    targets = facts.targets_on(on)
    return Coverage(
        on=on,
        figures=group_figures(targets, target_figures(targets, places, on, scope)),
        areas=area_figures(places, on, scope),
        wards=ward_figures(places, on, scope),
        unplaced=champions_with_unknown_ward(places, on, scope),
    )
