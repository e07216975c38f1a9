"""Load the targets, bands and awards from the programme file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.areas.models import Area
from app.areas.types import AreaKind
from app.core.db import db
from app.core.reconciliation import Reconciliation, group_rows
from app.targets.models import Band, CommunityAward, Target
from app.targets.programme_part import CommunityStatus, TargetPart
from app.targets.types import Verb

RULE_FIELDS = {"kinds", "networks", "organisation_kinds", "bases", "area_set", "district", "since"}
Values = dict[str, Any]


def load_targets(
    reconciliation: Reconciliation,
    targets: Sequence[TargetPart],
    status: CommunityStatus | None,
    areas: Mapping[str, Area],
) -> None:
    """Update the targets, bands and awards to match the file. ``areas`` is keyed by code.

    Changes to targets and bands apply from the day on which the load takes effect.
    """
    reconciliation.reconcile_dated(
        Target,
        group_rows(db.session.scalars(select(Target)), "slug"),
        {
            part.slug: [
                {
                    "slug": part.slug,
                    "name": part.name,
                    "source": part.source,
                    "needed": part.needed,
                    "due_on": part.due_on,
                    "verb": Verb(part.verb),
                    "rule": part.model_dump(mode="json", include=RULE_FIELDS),
                    "beside": part.beside,
                    "position": position,
                    "from_on": reconciliation.effect.first_day,
                    "until_on": part.until_on,
                }
            ]
            for position, part in enumerate(targets, start=1)
        },
        is_rule=True,
    )
    bands: dict[int, list[Values]] = defaultdict(list)
    for band in _bands(status, areas):
        bands[band["area_id"]].append(band)
    reconciliation.reconcile_dated(
        Band, group_rows(db.session.scalars(select(Band)), "area_id"), bands, is_rule=True
    )
    awards = db.session.scalars(select(CommunityAward))
    reconciliation.reconcile(
        CommunityAward,
        {(row.area_id, row.name): row for row in awards},
        {(award["area_id"], award["name"]): award for award in _awards(status, areas)},
        part="community_status.awards",
    )


def _bands(status: CommunityStatus | None, areas: Mapping[str, Area]) -> Iterator[Values]:
    """Yield the bands of each town and village with a known population."""
    versions = status.versions if status else ()
    settlements = [
        area
        for area in areas.values()
        if area.kind in (AreaKind.TOWN, AreaKind.VILLAGE) and area.population is not None
    ]
    for number, version in enumerate(versions):
        next_from_on = versions[number + 1].from_on if number + 1 < len(versions) else None
        for area in settlements:
            band = version.find_band(area.kind.value, area.population or 0)
            if band is not None:
                yield {
                    "area_id": area.id,
                    "name": band.name,
                    "needed": band.needed,
                    "from_on": version.from_on,
                    "until_on": next_from_on - timedelta(days=1) if next_from_on else None,
                }


def _awards(status: CommunityStatus | None, areas: Mapping[str, Area]) -> Iterator[Values]:
    for award in status.awards if status else ():
        yield {
            "area_id": areas[award.area].id,
            "name": award.name,
            "known_by_on": award.known_by_on,
            "source": award.source,
        }
