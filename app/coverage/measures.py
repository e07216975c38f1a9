"""The measures of a day for one reader: targets with what stands beside them, bands, wards."""

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
    Coverage,
    Figure,
    Measured,
    Rule,
    TargetFacts,
    Unplaced,
    WardFigure,
)
from app.targets.types import Verb


def community_rule() -> Rule | None:
    """Who counts towards the bands: active people in date in any of the kinds the programme names.

    A band says how many champions a community has to call on, so a lapsed certificate or somebody
    who is away does not fill it; its past award is a dated fact beside it.
    """
    status = programme.setting("community_status")
    if not status:
        return None
    return Rule(
        verb=Verb.ACTIVE_IN_DATE,
        kinds=tuple(status["kinds"]),
        bases=tuple(status["bases"]),
    )


def measured(target: TargetFacts, places: Places, on: date, scope: Scope) -> Measured:
    """One target's figures: one statement."""
    catchment = places.of(target.rule)
    return queries.measure(target.rule, catchment, on, scope, places.districts)


def figures(targets: Sequence[TargetFacts], places: Places, on: date, scope: Scope) -> list[Figure]:
    """Every target on a day, in order. Those of sensitive networks stay uncounted for a reader
    without the permission.
    """
    found = []
    for target in targets:
        counted = everybody = None
        if scope.sensitive:
            everybody = measured(target, places, on, scope)
        if scope.sensitive or not target.sensitive:
            counted = measured(target, places, on, scope.only_general())
        found.append(figure(target, counted, everybody))
    return found


def figure(target: TargetFacts, counted: Measured | None, everybody: Measured | None) -> Figure:
    """A target with what was counted of it."""
    return Figure(
        slug=target.slug,
        name=target.name,
        source=target.source,
        needed=target.needed,
        due_on=target.due_on,
        held=counted.held if counted else None,
        unsettled=counted.unsettled if counted else None,
        sensitive=target.sensitive,
        with_sensitive=everybody.held if everybody else None,
    )


def grouped(targets: Sequence[TargetFacts], found: Sequence[Figure]) -> tuple[Figure, ...]:
    """The figures that stand alone, each with those that stand beside it."""
    by_slug = {figure.slug: figure for figure in found}
    beside: dict[str, list[Figure]] = {}
    for target in targets:
        if target.beside in by_slug:
            beside.setdefault(target.beside or "", []).append(by_slug[target.slug])
    alone = [target.slug for target in targets if target.beside not in by_slug]
    return tuple(
        Figure(**{**vars(by_slug[slug]), "beside": tuple(beside.get(slug, ()))}) for slug in alone
    )


def area_figures(places: Places, on: date, scope: Scope) -> tuple[AreaFigure, ...]:
    """Places with a band or an open need, by name.

    With a band: champions present against the band, whatever needs say. Without: people who serve
    there against the places that open needs ask for.
    """
    bands = facts.bands_on(on)
    needs = facts.needs_by_area(on, scope)
    catchments = {area.id: places.around([area.id]) for area, _ in bands}
    present = _present(catchments, on, scope.only_general())
    with_sensitive = _present(catchments, on, scope) if scope.sensitive else {}
    serving = facts.serving_by_area(on, scope) if needs else {}
    given = facts.awards()
    rows = [
        AreaFigure(
            code=area.code,
            name=area.name,
            needed=band.needed,
            held=present.get(area.id, 0),
            band=band.name,
            awards=given.get(area.id, ()),
            with_sensitive=with_sensitive.get(area.id, 0) if scope.sensitive else None,
        )
        for area, band in bands
    ]
    rows += [
        AreaFigure(area.code, area.name, wanted, serving.get(area_id, 0))
        for area_id, (area, wanted) in needs.items()
        if area_id not in catchments
    ]
    return tuple(sorted(rows, key=lambda row: (row.name, row.code)))


def _present(catchments: Mapping[int, Catchment], on: date, scope: Scope) -> dict[int, int]:
    """Area id → champions present there."""
    rule = community_rule()
    return queries.count_by_area(rule, catchments, on, scope) if rule else {}


def ward_figures(places: Places, on: date, scope: Scope) -> tuple[WardFigure, ...]:
    """Champions present in each ward, by name: for the staff's map only."""
    wards = areas.places(AreaKind.WARD)
    catchments = {ward.id: places.around([ward.id]) for ward in wards}
    present = _present(catchments, on, scope.only_general())
    with_sensitive = _present(catchments, on, scope) if scope.sensitive else {}
    return tuple(
        WardFigure(
            ward.code,
            ward.name,
            present.get(ward.id, 0),
            with_sensitive.get(ward.id, 0) if scope.sensitive else None,
        )
        for ward in wards
    )


def unplaced(places: Places, on: date, scope: Scope) -> tuple[Unplaced, ...]:
    """Champions of each of the programme's districts who would count in a ward, were it known."""
    rule = community_rule()
    if rule is None:
        return ()
    found = []
    for district in areas.places(AreaKind.DISTRICT):
        catchment = places.around([district.id])
        counted = queries.measure(rule, catchment, on, scope.only_general(), places.districts)
        if counted.unsettled:
            found.append(Unplaced(district.code, counted.unsettled))
    return tuple(found)


def coverage(on: date, scope: Scope) -> Coverage:
    """All that one reader may see of a day."""
    places = Places()
    targets = facts.targets_on(on)
    return Coverage(
        on=on,
        figures=grouped(targets, figures(targets, places, on, scope)),
        areas=area_figures(places, on, scope),
        wards=ward_figures(places, on, scope),
        unplaced=unplaced(places, on, scope),
    )
