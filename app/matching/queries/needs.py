"""Reads of needs. People the reader may not see are not counted either."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.areas.models import Area, AreaPart
from app.areas.types import AreaKind, Place
from app.certificates.models import CertificateKind
from app.core.actor import Scope
from app.core.db import db
from app.core.errors import NotFound
from app.matching.models import Assignment, Need, Proposal
from app.matching.queries.conditions import WAITING, known_to, open_on, standing_on
from app.matching.types import NeedRow
from app.organisations.models import Network
from app.people.models import Person
from app.people.queries import visible_to

SERVED = (
    AreaKind.DISTRICT,
    AreaKind.TOWN,
    AreaKind.VILLAGE,
    AreaKind.LOCALITY,
    AreaKind.WARD,
)


def _needs(scope: Scope, on: date) -> Select[Any]:
    """Needs with their counts. People the reader may not see are not counted either."""

    def count(model: Any, *conditions: ColumnElement[bool]) -> Any:
        return (
            select(func.count())
            .select_from(model)
            .join(Person, Person.id == model.person_id)
            .where(model.need_id == Need.id, visible_to(scope, on), *conditions)
            .correlate(Need)
            .scalar_subquery()
        )

    return (
        select(
            Need,
            Area.code,
            Area.name,
            Network.name,
            Network.slug,
            CertificateKind.name,
            CertificateKind.slug,
            count(Assignment, standing_on(on)),
            count(Proposal, WAITING, Proposal.asked_at.is_not(None)),
            count(Proposal, WAITING, Proposal.asked_at.is_(None)),
        )
        .join(Area, Area.id == Need.area_id)
        .outerjoin(Network, Network.id == Need.network_id)
        .outerjoin(CertificateKind, CertificateKind.id == Need.kind_id)
        .where(known_to(scope))
    )


def _need_row(row: Any) -> NeedRow:
    need, code, area, network, network_slug, kind, kind_slug, held, asked, proposed = row
    return NeedRow(
        id=need.id,
        area_code=code,
        area_name=area,
        network_id=need.network_id,
        network=network,
        network_slug=network_slug,
        kind=kind,
        kind_slug=kind_slug,
        places=need.places,
        priority=need.priority,
        what_for=need.what_for,
        setting=need.setting,
        times=need.times,
        contact=need.contact,
        source=need.source,
        opened_on=need.opened_on,
        closed_on=need.closed_on,
        held=held,
        asked=asked,
        proposed=proposed,
    )


def needs_open(scope: Scope, on: date) -> list[NeedRow]:
    """Open needs, the most pressing first."""
    query = _needs(scope, on).where(open_on(on)).order_by(Need.priority.desc(), Area.name, Need.id)
    return [_need_row(row) for row in db.session.execute(query)]


def needs_closed(scope: Scope, on: date, limit: int) -> list[NeedRow]:
    """Needs that are closed, the last one first."""
    query = (
        _needs(scope, on)
        .where(Need.closed_on <= on)
        .order_by(Need.closed_on.desc(), Need.id.desc())
        .limit(limit)
    )
    return [_need_row(row) for row in db.session.execute(query)]


def needs_by_id(scope: Scope, ids: Collection[int], on: date) -> list[NeedRow]:
    """These needs as far as the reader may know of them, the most pressing first."""
    query = _needs(scope, on).where(Need.id.in_(ids)).order_by(Need.priority.desc(), Need.id)
    return [_need_row(row) for row in db.session.execute(query)]


def need(scope: Scope, need_id: int, on: date) -> NeedRow:
    """One need. Raises NotFound."""
    row = db.session.execute(_needs(scope, on).where(Need.id == need_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _need_row(row)


def need_locked(need_id: int, scope: Scope | None = None) -> Need:
    """The need, locked until the transaction ends: places are counted one after the other.

    With a scope: for who may know of it. Raises NotFound.
    """
    query = (
        select(Need)
        .where(Need.id == need_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = db.session.scalar(query if scope is None else query.where(known_to(scope)))
    if found is None:
        raise NotFound()
    return found


def held_by(need_id: int, on: date) -> int:
    """How many people serve a need, whoever asks: for the rule that places are not given twice."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Assignment)
            .where(Assignment.need_id == need_id, standing_on(on))
        )
        or 0
    )


def sensitive_needs(need_ids: Collection[int]) -> frozenset[int]:
    """Those of the needs that belong to a sensitive network."""
    found = (
        select(Need.id)
        .join(Network, Network.id == Need.network_id)
        .where(Need.id.in_(need_ids), Network.sensitive)
    )
    return frozenset(db.session.scalars(found))


def sources_open(scope: Scope) -> dict[str, int]:
    """What open needs, of those the reader may know of, were made from → need: so that a gap is
    not suggested twice.
    """
    rows = db.session.execute(
        select(Need.source, Need.id).where(Need.closed_on.is_(None), known_to(scope))
    )
    return {source: need_id for source, need_id in rows}


def areas_to_serve() -> list[Place]:
    """Where people can be asked to serve: the programme's areas that have a centre, or parts that
    do. The district first, then towns, villages and localities, then wards, by name.
    """
    parts = select(AreaPart.part_id).where(AreaPart.whole_id == Area.id).exists()
    rows = db.session.scalars(
        select(Area)
        .where(
            Area.kind.in_(SERVED),
            Area.in_programme,
            Area.valid_until.is_(None),
            or_(and_(Area.easting.is_not(None), Area.northing.is_not(None)), parts),
        )
        .order_by(Area.name, Area.id)
    )
    places = [Place(area.id, area.kind, area.code, area.name) for area in rows]
    return sorted(places, key=lambda place: SERVED.index(place.kind))


def places_of_needs() -> dict[int, tuple[str, str | None]]:
    """Need → the code of its area, and the slug of its network (None: of no network)."""
    rows = db.session.execute(
        select(Need.id, Area.code, Network.slug)
        .join(Area, Area.id == Need.area_id)
        .outerjoin(Network, Network.id == Need.network_id)
    )
    return {need_id: (code, slug) for need_id, code, slug in rows}
