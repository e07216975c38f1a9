"""Publish monthly snapshots for the public, analysts and councillors.

A snapshot contains only ranges (see app.coverage.disclosure) and never changes. It counts general
champions on one day. Figures for sensitive networks are never published by area.

The snapshot also stores the alignment and population of each count, so that the ranges of other
months can be aligned in the same way. Totals for towns and figures for wards are not published. If
a town had only one ward, the figure for the ward would reveal a second range for the same people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from app.core import clock
from app.core.actor import GENERAL
from app.coverage import measures, queries
from app.coverage.alignment import AlignedCount, PublishableCount, choose_alignments
from app.coverage.disclosure import WIDTH, Span, span
from app.coverage.models import Snapshot
from app.coverage.nesting import Population
from app.coverage.places import Places
from app.coverage.queries import facts, snapshots
from app.coverage.types import (
    AreaFigure,
    Figure,
    Publication,
    PublishedArea,
    PublishedFigure,
)
from app.targets import queries as target_queries
from app.targets.types import Award


def safe_figure(figure: Figure, alignments: Mapping[str, int | None]) -> PublishedFigure:
    """Return a target's figures as ranges. ``alignments`` are by count key.

    The number of people whose area is unknown is published only if every published range has the
    alignment 0.
    """
    shown = [alignments[target_key(each.slug)] for each in (figure, *figure.beside)]
    has_unknown = shown[0] is not None and not any(shown)
    return PublishedFigure(
        slug=figure.slug,
        name=figure.name,
        source=figure.source,
        needed=figure.needed,
        due_on=figure.due_on,
        held=_safe_span(figure.held, shown[0]),
        unsettled=span(figure.unsettled or 0) if has_unknown else None,
        beside=tuple(
            PublishedFigure(
                slug=each.slug,
                name=each.name,
                source=each.source,
                needed=each.needed,
                due_on=each.due_on,
                held=_safe_span(each.held, start),
                unsettled=None,
            )
            for each, start in zip(figure.beside, shown[1:], strict=True)
        ),
    )


def safe_area(area: AreaFigure, alignments: Mapping[str, int | None]) -> PublishedArea:
    """Return a town's figure as a range. ``alignments`` are by count key."""
    return PublishedArea(
        code=area.code,
        name=area.name,
        needed=area.needed,
        held=_safe_span(area.held, alignments[area_key(area.code)]),
        band=area.band or "",
        awards=area.awards,
    )


def _safe_span(count: int | None, start: int | None) -> Span | None:
    return None if start is None else span(count or 0, start)


def target_key(slug: str) -> str:
    """Return the key of a target's count."""
    return f"target:{slug}"


def area_key(code: str) -> str:
    """Return the key of a town's or village's count."""
    return f"area:{code}"


def compute_publication(month: date, on: date) -> tuple[Publication, list[AlignedCount]]:
    """Return the figures to publish for a month, and their alignments. Nothing is saved."""
    places = Places(on)
    targets = facts.targets_on(on)
    counted = [
        measures.target_figure(target, measures.measure_target(target, places, on, GENERAL), None)
        for target in targets
    ]
    areas = [area for area in measures.area_figures(places, on, GENERAL) if area.band is not None]
    counts = _counts_to_publish(places, on)
    alignments = choose_alignments(counts, _published_alignments(month))
    publication = Publication(
        month=month,
        on=on,
        figures=tuple(
            safe_figure(figure, alignments) for figure in measures.group_figures(targets, counted)
        ),
        # Bands are public, but open needs and the people serving them are not.
        areas=tuple(safe_area(area, alignments) for area in areas),
    )
    aligned = [
        AlignedCount(each.key, start, each.population)
        for each in counts
        if (start := alignments[each.key]) is not None
    ]
    return publication, aligned


def _counts_to_publish(places: Places, on: date) -> list[PublishableCount]:
    """Return the counts that are published for a given day: targets, then towns and villages."""
    found = [
        PublishableCount(
            target_key(target.slug),
            target.needed,
            Population.from_rule(target.rule, places.catchment_for_rule(target.rule)),
        )
        for target in facts.targets_on(on)
    ]
    rule = measures.community_rule(on)
    if rule is not None:
        found += [
            PublishableCount(
                area_key(area.code),
                band.needed,
                Population.from_rule(rule, places.catchment_for_areas([area.id])),
            )
            for area, band in target_queries.bands_on(on)
        ]
    return found


def _published_alignments(month: date) -> list[AlignedCount]:
    """Return the alignments of the counts published for all months except ``month``."""
    found: list[AlignedCount] = []
    for row in snapshots.snapshots_of_other_months(month):
        if "alignments" in row.numbers:
            found += [
                AlignedCount(each["key"], each["start"], Population.from_json(each["population"]))
                for each in row.numbers["alignments"]
            ]
        else:
            found += _infer_alignments(row)
    return found


def _infer_alignments(row: Snapshot) -> list[AlignedCount]:
    """Return the alignments of a month that was published before alignments were stored."""
    publication = _from_row(row)
    figures = [each for figure in publication.figures for each in (figure, *figure.beside)]
    alignments = {target_key(each.slug): _alignment_of_range(each.held) for each in figures}
    alignments |= {
        area_key(each.code): _alignment_of_range(each.held) for each in publication.areas
    }
    return [
        AlignedCount(each.key, start, each.population)
        for each in _counts_to_publish(Places(row.on), row.on)
        if (start := alignments.get(each.key)) is not None
    ]


def _alignment_of_range(shown: Span | None) -> int | None:
    return None if shown is None else (shown.high + 1) % WIDTH


def freeze_figures(on: date) -> bool:
    """Publish the figures for the month that contains ``on``, counted on that day.

    Return False and change nothing if the month is already published.
    """
    month = on.replace(day=1)
    return snapshots.add_snapshot(month, on, clock.now(), _to_json(*compute_publication(month, on)))


def freeze_figures_if_due(today: date) -> list[date]:
    """Publish the figures for this month and for any missing months.

    Each month is counted on its first day. Months before the first person joined are left out.
    Return the months that were published, oldest first.
    """
    since = queries.first_approval_day()
    if since is None:
        return []
    frozen = set(snapshots.published_months())
    due = []
    month = today.replace(day=1)
    while month >= since:
        if month not in frozen:
            due.append(month)
        month = month - relativedelta(months=1)
    return [month for month in sorted(due) if freeze_figures(month)]


def next_publication(today: date) -> date:
    """Return the date of the next publication.

    It is tomorrow if this month's figures are due. Otherwise it is the first day of next month.
    """
    month = today.replace(day=1)
    if published_figures(month) is None and queries.has_anyone_joined(month):
        return today + timedelta(days=1)
    return month + relativedelta(months=1)


def published_figures(month: date) -> Publication | None:
    """Return the figures published for a month, or None if it has not been published."""
    row = snapshots.snapshot_of_month(month)
    return _from_row(row) if row else None


def latest_published_figures(on: date) -> Publication | None:
    """Return the latest figures that were counted on or before ``on``, or None."""
    row = snapshots.latest_snapshot(on)
    return _from_row(row) if row else None


def _to_json(publication: Publication, aligned: Sequence[AlignedCount]) -> dict[str, Any]:
    return {
        "targets": [_figure_to_json(figure) for figure in publication.figures],
        "areas": [
            {
                "code": area.code,
                "name": area.name,
                "needed": area.needed,
                "held": _span_to_json(area.held),
                "band": area.band,
                "awards": [
                    {
                        "name": award.name,
                        "known_by_on": award.known_by_on.isoformat(),
                        "source": award.source,
                    }
                    for award in area.awards
                ],
            }
            for area in publication.areas
        ],
        "alignments": [
            {"key": each.key, "start": each.start, "population": each.population.to_json()}
            for each in aligned
        ],
    }


def _span_to_json(value: Span | None) -> list[int] | None:
    return [value.low, value.high] if value else None


def _figure_to_json(figure: PublishedFigure) -> dict[str, Any]:
    return {
        "slug": figure.slug,
        "name": figure.name,
        "source": figure.source,
        "needed": figure.needed,
        "due_on": figure.due_on.isoformat() if figure.due_on else None,
        "held": _span_to_json(figure.held),
        "unsettled": _span_to_json(figure.unsettled),
        "beside": [_figure_to_json(each) for each in figure.beside],
    }


def _from_row(row: Snapshot) -> Publication:
    return Publication(
        month=row.month,
        on=row.on,
        figures=tuple(_figure_from_json(each) for each in row.numbers["targets"]),
        areas=tuple(
            PublishedArea(
                code=each["code"],
                name=each["name"],
                needed=each["needed"],
                held=Span(*each["held"]) if each["held"] else None,
                band=each["band"],
                awards=tuple(
                    Award(award["name"], date.fromisoformat(award["known_by_on"]), award["source"])
                    for award in each["awards"]
                ),
            )
            for each in row.numbers["areas"]
        ),
    )


def _figure_from_json(stored: Mapping[str, Any]) -> PublishedFigure:
    return PublishedFigure(
        slug=stored["slug"],
        name=stored["name"],
        source=stored["source"],
        needed=stored["needed"],
        due_on=date.fromisoformat(stored["due_on"]) if stored["due_on"] else None,
        held=Span(*stored["held"]) if stored["held"] else None,
        unsettled=Span(*stored["unsettled"]) if stored["unsettled"] else None,
        beside=tuple(_figure_from_json(beside) for beside in stored["beside"]),
    )
