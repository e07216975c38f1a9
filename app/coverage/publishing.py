"""Monthly snapshots: what the public, analysts and councillors see, made safe and then frozen.

Only safe numbers are stored. Figures of one target contain one another (in date, trained, trained
anywhere), so they are made safe together; towns are each made safe alone, and no sum over them is
published. Wards are not published at all: a town of one ward would give the other away.

Months follow one another, so each number is also held against what was last shown of it: it stays
until at least five people more or fewer are counted (steady_number of the core), and only then is
made safe with the others of its month. That is said of every published number by itself, not of
what a reader gets by subtracting two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.actor import EVERYONE, GENERAL
from app.core.db import db
from app.core.disclosure import safe_chain, safe_number, steady_number
from app.core.errors import InvalidInput
from app.coverage import facts, measures, queries
from app.coverage.models import Snapshot
from app.coverage.places import Places
from app.coverage.types import AreaFigure, Award, Figure, Published, TargetFacts

Shown = Mapping[tuple[str, str], int]  # (what is counted, its slug or code) → as last published


def last_shown(before: date) -> Shown:
    """Every number as it was last shown in the months before one; hidden ones don't count."""
    found: dict[tuple[str, str], int] = {}
    rows = db.session.scalars(
        select(Snapshot).where(Snapshot.month < before).order_by(Snapshot.month)
    )
    for published in map(_from_row, rows):
        for figure in published.figures:
            for one in (figure, *figure.beside):
                found |= _shown("held", one.slug, one.held)
            found |= _shown("unsettled", figure.slug, figure.unsettled)
        for area in published.areas:
            found |= _shown("area", area.code, area.held)
    return found


def _shown(what: str, key: str, number: int | None) -> dict[tuple[str, str], int]:
    return {} if number is None else {(what, key): number}


def steady_figure(figure: Figure, last: Shown) -> Figure:
    """A target's figures, each as it was last shown unless enough people came or left."""
    return replace(
        figure,
        held=steady_number(figure.held or 0, last.get(("held", figure.slug))),
        unsettled=steady_number(figure.unsettled or 0, last.get(("unsettled", figure.slug))),
        beside=tuple(steady_figure(one, last) for one in figure.beside),
    )


def steady_area(area: AreaFigure, last: Shown) -> AreaFigure:
    """A town's figure, likewise."""
    return replace(area, held=steady_number(area.held or 0, last.get(("area", area.code))))


def safe_figure(figure: Figure) -> Figure:
    """A target's figures fit to be published: what is hidden is None."""
    held, unsettled = figure.held or 0, figure.unsettled or 0
    # Whom a chain's links count: those beside who are fewer, held, held with the unsettled, and
    # those beside who are more. A link that would break the chain stands for itself at its end.
    links = [("held", held), ("unsettled", held + unsettled)]
    links += [(one.slug, one.held or 0) for one in figure.beside]
    order = sorted(range(len(links)), key=lambda place: (links[place][1], place))
    # Most wanted: the figure itself, then what stands beside it, then the unsettled.
    wanted = [0, *range(2, len(links)), 1]
    chain = safe_chain(
        [links[place][1] for place in order], [order.index(place) for place in wanted]
    )
    safe = {links[place][0]: chain[order.index(place)] for place in range(len(links))}
    return replace(
        figure,
        held=safe["held"],
        unsettled=None if safe["held"] is None or safe["unsettled"] is None else unsettled,
        beside=tuple(
            replace(one, held=safe[one.slug], unsettled=None, beside=()) for one in figure.beside
        ),
    )


def safe_area(area: AreaFigure) -> AreaFigure:
    """A town's figure fit to be published."""
    return replace(area, held=safe_number(area.held or 0))


def compute(month: date, on: date) -> Published:
    """The safe numbers of a day, over everybody, to follow on what was published before."""
    places = Places()
    last = last_shown(month)
    targets = facts.targets_on(on)
    counted = [_counted(target, places, on) for target in targets]
    areas = measures.area_figures(places, on, GENERAL)
    return Published(
        month=month,
        on=on,
        figures=tuple(
            safe_figure(steady_figure(figure, last))
            for figure in measures.grouped(targets, counted)
        ),
        # What needs ask for, and who answered, is the team's business; bands are public.
        areas=tuple(safe_area(steady_area(area, last)) for area in areas if area.band is not None),
    )


def _counted(target: TargetFacts, places: Places, on: date) -> Figure:
    """A target counted over general champions; that of a sensitive network over all its people."""
    scope = EVERYONE if target.sensitive else GENERAL
    (figure,) = measures.figures([target], places, on, scope)
    return figure


def freeze(on: date) -> bool:
    """Freeze the month of `on`, counted on that day. False when the month is frozen already.

    Raises InvalidInput for a month before one that is: the later numbers do not follow on it.
    """
    month = on.replace(day=1)
    if _newest() > month and published(month) is None:
        raise InvalidInput("A later month is published already, so this one can’t be any more.")
    safe = compute(month, on)
    row = (
        insert(Snapshot)
        .values(month=month, on=on, frozen_at=clock.now(), numbers=_to_json(safe))
        .on_conflict_do_nothing(index_elements=[Snapshot.month])
        .returning(Snapshot.id)
    )
    return db.session.scalar(row) is not None


def freeze_if_due(today: date) -> bool:
    """Freeze this month as it stood on its first day, unless it is frozen or there was nobody."""
    month = today.replace(day=1)
    if _newest() >= month or not queries.anybody_by(month):
        return False
    return freeze(month)


def next_publication(today: date) -> date:
    """When figures are published next: tonight if this month's are due, else next month's first."""
    month = today.replace(day=1)
    if published(month) is None and queries.anybody_by(month):
        return today + timedelta(days=1)
    return (month + timedelta(days=31)).replace(day=1)


def months() -> list[date]:
    """The months that were published, the newest first."""
    return list(db.session.scalars(select(Snapshot.month).order_by(Snapshot.month.desc())))


def _newest() -> date:
    """The newest month that was published; long ago when none was."""
    return db.session.scalar(select(func.max(Snapshot.month))) or date.min


def published(month: date) -> Published | None:
    """What was published for a month."""
    row = db.session.scalar(select(Snapshot).where(Snapshot.month == month))
    return _from_row(row) if row else None


def latest(on: date) -> Published | None:
    """The newest publication that counted a day up to `on`."""
    row = db.session.scalar(
        select(Snapshot).where(Snapshot.on <= on).order_by(Snapshot.month.desc()).limit(1)
    )
    return _from_row(row) if row else None


def _to_json(published: Published) -> dict[str, Any]:
    return {
        "targets": [_figure_to_json(figure) for figure in published.figures],
        "areas": [
            {
                "code": area.code,
                "name": area.name,
                "needed": area.needed,
                "held": area.held,
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


def _figure_to_json(figure: Figure) -> dict[str, Any]:
    return {
        "slug": figure.slug,
        "name": figure.name,
        "source": figure.source,
        "needed": figure.needed,
        "due_on": figure.due_on.isoformat() if figure.due_on else None,
        "held": figure.held,
        "unsettled": figure.unsettled,
        "sensitive": figure.sensitive,
        "beside": [_figure_to_json(one) for one in figure.beside],
    }


def _from_row(row: Snapshot) -> Published:
    return Published(
        month=row.month,
        on=row.on,
        figures=tuple(_figure_from_json(one) for one in row.numbers["targets"]),
        areas=tuple(
            AreaFigure(
                code=one["code"],
                name=one["name"],
                needed=one["needed"],
                held=one["held"],
                band=one["band"],
                awards=tuple(
                    Award(award["name"], date.fromisoformat(award["known_by_on"]), award["source"])
                    for award in one["awards"]
                ),
            )
            for one in row.numbers["areas"]
        ),
    )


def _figure_from_json(one: Mapping[str, Any]) -> Figure:
    return Figure(
        slug=one["slug"],
        name=one["name"],
        source=one["source"],
        needed=one["needed"],
        due_on=date.fromisoformat(one["due_on"]) if one["due_on"] else None,
        held=one["held"],
        unsettled=one["unsettled"],
        sensitive=one["sensitive"],
        beside=tuple(_figure_from_json(beside) for beside in one["beside"]),
    )
