"""Open needs with what the hard rules ask of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.areas.models import Area, AreaPart
from app.certificates.models import CertificateKind
from app.core import programme
from app.core.actor import Scope
from app.core.db import db
from app.matching.models import Assignment, Need, Proposal
from app.matching.queries import WAITING, known_to, open_on, standing_on
from app.organisations.models import Network


@dataclass(frozen=True)
class OpenNeed:
    """A need with what the rules ask of it."""

    id: int
    area_id: int
    parts: frozenset[int]  # the area itself, and what lies in it
    wholes: frozenset[int]  # what it lies in by best fit
    network_id: int | None
    sensitive: bool  # of a sensitive network
    approver_id: int | None
    kinds: tuple[str, ...]
    places: int
    priority: int
    held: int
    maker_user_id: int | None
    centres: tuple[tuple[int, int], ...]  # metres; its own, or those of its parts if it has none


def read(scope: Scope, on: date) -> list[OpenNeed]:
    held = (
        select(Assignment.need_id, func.count().label("held"))
        .where(standing_on(on))
        .group_by(Assignment.need_id)
        .subquery()
    )
    asked = (
        select(Proposal.need_id, func.count().label("asked"))
        .where(WAITING, Proposal.asked_at.is_not(None))
        .group_by(Proposal.need_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Need,
            func.coalesce(Network.sensitive, False),
            Network.approver_id,
            CertificateKind.slug,
            func.coalesce(held.c.held, 0) + func.coalesce(asked.c.asked, 0),
        )
        .outerjoin(Network, Network.id == Need.network_id)
        .outerjoin(CertificateKind, CertificateKind.id == Need.kind_id)
        .outerjoin(held, held.c.need_id == Need.id)
        .outerjoin(asked, asked.c.need_id == Need.id)
        .where(open_on(on), known_to(scope))
        .order_by(Need.id)
    ).all()
    area_ids = {row[0].area_id for row in rows}
    parts, wholes, centres = _parts(area_ids), _wholes(area_ids), _centres(area_ids)
    any_kind = tuple(programme.setting("community_status", {}).get("kinds", ()))
    return [
        OpenNeed(
            id=need.id,
            area_id=need.area_id,
            parts=frozenset(parts[need.area_id] | {need.area_id}),
            wholes=frozenset(wholes[need.area_id]),
            network_id=need.network_id,
            sensitive=sensitive,
            approver_id=approver,
            kinds=(kind,) if kind else any_kind,
            places=need.places,
            priority=need.priority,
            held=taken,
            maker_user_id=need.made_by_user_id,
            centres=centres[need.area_id],
        )
        for need, sensitive, approver, kind, taken in rows
    ]


def around(area_ids: set[int]) -> dict[int, frozenset[int]]:
    """Area id → itself, what lies in it, and what it lies in."""
    parts, wholes = _parts(area_ids), _wholes(area_ids)
    return {each: frozenset(parts[each] | wholes[each] | {each}) for each in area_ids}


def _parts(area_ids: set[int]) -> dict[int, set[int]]:
    """Area id → ids of what lies in it, at one or two removes (LSOAs of the wards of a town)."""
    below = aliased(AreaPart)
    rows = db.session.execute(
        select(AreaPart.whole_id, AreaPart.part_id, below.part_id)
        .outerjoin(below, below.whole_id == AreaPart.part_id)
        .where(AreaPart.whole_id.in_(area_ids))
    )
    parts: dict[int, set[int]] = defaultdict(set)
    for whole, part, further in rows:
        parts[whole] |= {part} if further is None else {part, further}
    return parts


def _wholes(area_ids: set[int]) -> dict[int, set[int]]:
    """Area id → ids of what it lies in directly (the ward of an LSOA, the town of a ward)."""
    wholes: dict[int, set[int]] = defaultdict(set)
    for part, whole in db.session.execute(
        select(AreaPart.part_id, AreaPart.whole_id).where(AreaPart.part_id.in_(area_ids))
    ):
        wholes[part].add(whole)
    return wholes


def _centres(area_ids: set[int]) -> dict[int, tuple[tuple[int, int], ...]]:
    """Area id → its centre in metres; where it has none (a district), the centres of its parts."""
    own = select(Area.id, Area.easting, Area.northing).where(Area.id.in_(area_ids))
    of_parts = (
        select(AreaPart.whole_id, Area.easting, Area.northing)
        .join(Area, Area.id == AreaPart.part_id)
        .where(AreaPart.whole_id.in_(area_ids))
        .order_by(AreaPart.whole_id, Area.id)
    )
    centres: dict[int, tuple[tuple[int, int], ...]] = defaultdict(tuple)
    for area_id, easting, northing in db.session.execute(own):
        if easting is not None and northing is not None:
            centres[area_id] = ((easting, northing),)
    with_own = frozenset(centres)
    for area_id, easting, northing in db.session.execute(of_parts):
        if area_id not in with_own and easting is not None and northing is not None:
            centres[area_id] += ((easting, northing),)
    return centres
