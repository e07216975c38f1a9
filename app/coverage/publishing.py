"""Monthly snapshots: what the public, analysts and councillors see, made safe and then frozen.

Only ranges are stored (app.coverage.disclosure). They count general champions on the day that was
frozen; the target of a sensitive network counts all its people, for the whole district, and no area
is ever published of it. Figures of one target contain one another (in date, trained, trained
anywhere), so they are made safe together; towns are each made safe alone, and no sum over them is
published. Wards are not published at all: a town of one ward would give the other away.
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
    Award,
    Figure,
    Published,
    PublishedArea,
    PublishedFigure,
    TargetFacts,
)


def safe_figure(figure: Figure) -> PublishedFigure:
    """A target's figures fit to be published.

    Those beside who are fewer, the figure itself and those beside who are more contain one another.
    Most wanted is the figure itself, then what stands beside it in the programme's order. People
    whose area is not known are told where all ranges are aligned alike.
    """
    links = [figure, *figure.beside]
    order = sorted(range(len(links)), key=lambda place: (links[place].held or 0, place))
    chain = safe_spans(
        [links[place].held or 0 for place in order],
        [links[place].needed for place in order],
        [order.index(place) for place in range(len(links))],
    )
    safe = {links[place].slug: told for place, told in zip(order, chain, strict=True)}
    alike = not any(offset(link.needed) for link in links)
    return PublishedFigure(
        slug=figure.slug,
        name=figure.name,
        source=figure.source,
        needed=figure.needed,
        due_on=figure.due_on,
        held=safe[figure.slug],
        unsettled=span(figure.unsettled or 0) if alike else None,
        beside=tuple(
            PublishedFigure(
                one.slug, one.name, one.source, one.needed, one.due_on, safe[one.slug], None
            )
            for one in figure.beside
        ),
    )


def safe_area(area: AreaFigure) -> PublishedArea:
    """A town's figure fit to be published."""
    return PublishedArea(
        code=area.code,
        name=area.name,
        needed=area.needed,
        held=span(area.held, area.needed),
        band=area.band or "",
        awards=area.awards,
    )


def compute(month: date, on: date) -> Published:
    """The safe numbers of a day."""
    places = Places()
    targets = facts.targets_on(on)
    counted = [_counted(target, places, on) for target in targets]
    areas = measures.area_figures(places, on, GENERAL)
    return Published(
        month=month,
        on=on,
        figures=tuple(safe_figure(figure) for figure in measures.grouped(targets, counted)),
        # What needs ask for, and who answered, is the team's business; bands are public.
        areas=tuple(safe_area(area) for area in areas if area.band is not None),
    )


def _counted(target: TargetFacts, places: Places, on: date) -> Figure:
    """A target counted over general champions; that of a sensitive network over all its people."""
    scope = EVERYONE if target.sensitive else GENERAL
    return measures.figure(target, measures.measured(target, places, on, scope), None)


def freeze(on: date) -> bool:
    """Freeze the month of `on`, counted on that day. False when the month is frozen already."""
    month = on.replace(day=1)
    return snapshots.add(month, on, clock.now(), _to_json(compute(month, on)))


def freeze_if_due(today: date) -> list[date]:
    """Freeze this month, and each earlier one that is missing, as they stood on their first days.

    Returns the months that were frozen. Months before anybody was in the network have none.
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
    """When figures are published next: tonight if this month's are due, else next month's first."""
    month = today.replace(day=1)
    if published(month) is None and queries.anybody_by(month):
        return today + timedelta(days=1)
    return month + relativedelta(months=1)


def published(month: date) -> Published | None:
    """What was published for a month."""
    row = snapshots.of_month(month)
    return _from_row(row) if row else None


def latest(on: date) -> Published | None:
    """The newest publication that counted a day up to `on`."""
    row = snapshots.latest(on)
    return _from_row(row) if row else None


def _to_json(published: Published) -> dict[str, Any]:
    return {
        "targets": [_figure_to_json(figure) for figure in published.figures],
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
            for area in published.areas
        ],
    }


def _span_to_json(told: Span | None) -> list[int] | None:
    return [told.low, told.high] if told else None


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


def _from_row(row: Snapshot) -> Published:
    return Published(
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
