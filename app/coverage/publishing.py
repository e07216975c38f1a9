"""Publish monthly snapshots for the public, analysts and councillors.

A snapshot contains only ranges (see app.coverage.disclosure) and never changes. It counts general
champions on one day. A target of a sensitive network counts all of the network's people in the
whole district, and is never published by area.

Each count of a target includes the one before it (in date, trained, trained anywhere), so their
ranges are made safe together. Each town's range is made safe separately, and no total of towns is
published. Wards are not published, because the figure of a town with only one ward would reveal
another range for the same people.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from app.core import clock
from app.core.actor import EVERYONE, GENERAL
from app.coverage import measures, queries
from app.coverage.disclosure import Span, offset, safe_spans, span
from app.coverage.models import Snapshot
from app.coverage.places import Places
from app.coverage.queries import facts, snapshots
from app.coverage.types import (
    AreaFigure,
    Figure,
    Publication,
    PublishedArea,
    PublishedFigure,
    TargetFacts,
)
from app.targets.types import Award


def safe_figure(figure: Figure) -> PublishedFigure:
    """Return a target's figures as safe ranges.

    When the figures that are shown together are sorted by size, each includes the one before it. If
    some ranges have to be hidden, the figure itself has priority, then the others in the
    programme's order.
    The number of people whose area is unknown is published only if all ranges are aligned.
    """
    links = [figure, *figure.beside]
    order = sorted(range(len(links)), key=lambda place: (links[place].held or 0, place))
    chain = safe_spans(
        [links[place].held or 0 for place in order],
        [links[place].needed for place in order],
        [order.index(place) for place in range(len(links))],
    )
    safe = {links[place].slug: interval for place, interval in zip(order, chain, strict=True)}
    is_aligned = not any(offset(link.needed) for link in links)
    return PublishedFigure(
        slug=figure.slug,
        name=figure.name,
        source=figure.source,
        needed=figure.needed,
        due_on=figure.due_on,
        held=safe[figure.slug],
        unsettled=span(figure.unsettled or 0) if is_aligned else None,
        beside=tuple(
            PublishedFigure(
                one.slug, one.name, one.source, one.needed, one.due_on, safe[one.slug], None
            )
            for one in figure.beside
        ),
    )


def safe_area(area: AreaFigure) -> PublishedArea:
    """Return a town's figure as a safe range."""
    return PublishedArea(
        code=area.code,
        name=area.name,
        needed=area.needed,
        held=span(area.held, area.needed),
        band=area.band or "",
        awards=area.awards,
    )


def compute(month: date, on: date) -> Publication:
    """Calculate the safe numbers for a day without saving them."""
    places = Places()
    targets = facts.targets_on(on)
    counted = [_count_target(target, places, on) for target in targets]
    areas = measures.area_figures(places, on, GENERAL)
    return Publication(
        month=month,
        on=on,
        figures=tuple(safe_figure(figure) for figure in measures.group_figures(targets, counted)),
        # Bands are public, but open needs and the people serving them are not.
        areas=tuple(safe_area(area) for area in areas if area.band is not None),
    )


def _count_target(target: TargetFacts, places: Places, on: date) -> Figure:
    """Count a target's general champions, or everyone if it is for a sensitive network."""
    scope = EVERYONE if target.sensitive else GENERAL
    return measures.figure(target, measures.measure_target(target, places, on, scope), None)


def freeze(on: date) -> bool:
    """Publish the figures for the month of ``on``, counted on ``on``.

    Return False and change nothing if the month is already published.
    """
    month = on.replace(day=1)
    return snapshots.add(month, on, clock.now(), _to_json(compute(month, on)))


def freeze_if_due(today: date) -> list[date]:
    """Publish the figures for this month and any missing months, each counted on its first day.

    Return the months that were published. Months before the first person joined are left out.
    """
    since = queries.first_approved_on()
    if since is None:
        return []
    frozen = set(snapshots.months())
    due = []
    month = today.replace(day=1)
    while month >= since:
        if month not in frozen:
            due.append(month)
        month = month - relativedelta(months=1)
    return [month for month in sorted(due) if freeze(month)]


def next_publication(today: date) -> date:
    """Return the date of the next publication.

    It is tomorrow if this month's figures are due, and otherwise the first of next month.
    """
    month = today.replace(day=1)
    if published_in(month) is None and queries.has_people_by(month):
        return today + timedelta(days=1)
    return month + relativedelta(months=1)


def published_in(month: date) -> Publication | None:
    """Return the figures published for a month, or None."""
    row = snapshots.snapshot_of_month(month)
    return _from_row(row) if row else None


def latest_published(on: date) -> Publication | None:
    """Return the latest publication that was counted on or before ``on``, or None."""
    row = snapshots.latest(on)
    return _from_row(row) if row else None


def _to_json(publication: Publication) -> dict[str, Any]:
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
        "beside": [_figure_to_json(one) for one in figure.beside],
    }


def _from_row(row: Snapshot) -> Publication:
    return Publication(
        month=row.month,
        on=row.on,
        figures=tuple(_figure_from_json(one) for one in row.numbers["targets"]),
        areas=tuple(
            PublishedArea(
                code=one["code"],
                name=one["name"],
                needed=one["needed"],
                held=Span(*one["held"]),
                band=one["band"],
                awards=tuple(
                    Award(award["name"], date.fromisoformat(award["known_by_on"]), award["source"])
                    for award in one["awards"]
                ),
            )
            for one in row.numbers["areas"]
        ),
    )


def _figure_from_json(one: Mapping[str, Any]) -> PublishedFigure:
    return PublishedFigure(
        slug=one["slug"],
        name=one["name"],
        source=one["source"],
        needed=one["needed"],
        due_on=date.fromisoformat(one["due_on"]) if one["due_on"] else None,
        held=Span(*one["held"]) if one["held"] else None,
        unsettled=Span(*one["unsettled"]) if one["unsettled"] else None,
        beside=tuple(_figure_from_json(beside) for beside in one["beside"]),
    )
