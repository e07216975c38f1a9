"""Queries for needs. Their counts leave out people hidden from the reader."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.areas import queries as areas
from app.areas.models import Area, AreaPart
from app.areas.types import AreaKind, Place
from app.certificates import queries as certificates
from app.core.actor import Scope
from app.core.db import db
from app.core.errors import NotFound
from app.matching.models import Assignment, Need, Proposal
from app.matching.queries.conditions import WAITING, is_current_on, is_need_visible_to, is_open_on
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
    """Return a query for needs with their counts."""

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
            certificates.kind_name(Need.kind_id),
            certificates.kind_slug(Need.kind_id),
            count(Assignment, is_current_on(on)),
            count(Proposal, WAITING, Proposal.asked_at.is_not(None)),
            count(Proposal, WAITING, Proposal.asked_at.is_(None)),
        )
        .join(Area, Area.id == Need.area_id)
        .outerjoin(Network, Network.id == Need.network_id)
        .where(is_need_visible_to(scope))
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


def open_need_rows(scope: Scope, on: date) -> list[NeedRow]:
    """Return the open needs visible to the reader, highest priority first."""
    query = (
        _needs(scope, on).where(is_open_on(on)).order_by(Need.priority.desc(), Area.name, Need.id)
    )
    return [_need_row(row) for row in db.session.execute(query)]


def closed_need_rows(scope: Scope, on: date, limit: int) -> list[NeedRow]:
    """Return up to ``limit`` closed needs visible to the reader, latest first."""
    query = (
        _needs(scope, on)
        .where(Need.closed_on <= on)
        .order_by(Need.closed_on.desc(), Need.id.desc())
        .limit(limit)
    )
    return [_need_row(row) for row in db.session.execute(query)]


def needs_by_id(scope: Scope, ids: Collection[int], on: date) -> list[NeedRow]:
    """Return these needs, highest priority first. Needs hidden from the reader are left out."""
    query = _needs(scope, on).where(Need.id.in_(ids)).order_by(Need.priority.desc(), Need.id)
    return [_need_row(row) for row in db.session.execute(query)]


def get_need(scope: Scope, need_id: int, on: date) -> NeedRow:
    """Return a need. Raises NotFound if the reader is not allowed to see it."""
    row = db.session.execute(_needs(scope, on).where(Need.id == need_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _need_row(row)


def lock_need(need_id: int, scope: Scope | None = None) -> Need:
    """Lock and return a need, so that only one transaction at a time can fill its places.

    Raises NotFound if it does not exist. With a scope, also raises NotFound if the reader is not
    allowed to see it.
    """
    query = (
        select(Need)
        .where(Need.id == need_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = db.session.scalar(query if scope is None else query.where(is_need_visible_to(scope)))
    if found is None:
        raise NotFound()
    return found


def count_people_serving(need_id: int, on: date) -> int:
    """Count the people assigned to a need, including hidden people, to prevent overfilling."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Assignment)
            .where(Assignment.need_id == need_id, is_current_on(on))
        )
        or 0
    )


def sensitive_needs(need_ids: Collection[int]) -> frozenset[int]:
    """Return the IDs of the needs that are for a sensitive network."""
    found = (
        select(Need.id)
        .join(Network, Network.id == Need.network_id)
        .where(Need.id.in_(need_ids), Network.sensitive)
    )
    return frozenset(db.session.scalars(found))


def open_need_ids_by_source(scope: Scope) -> dict[str, int]:
    """Return the IDs of the open needs visible to the reader, by the source of their gap."""
    rows = db.session.execute(
        select(Need.source, Need.id).where(Need.closed_on.is_(None), is_need_visible_to(scope))
    )
    return {source: need_id for source, need_id in rows}


def list_need_areas() -> list[Place]:
    """Return the areas where people can be asked to serve.

    They are sorted by kind (district, town, village, locality, ward) and then by name. Areas
    without a centre or parts are left out.
    """
    parts = (
        select(AreaPart.part_id)
        .where(AreaPart.whole_id == Area.id, areas.is_current_part())
        .exists()
    )
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


def area_and_network_by_need() -> dict[int, tuple[str, str | None]]:
    """Return the area code and network slug of each need, by need ID. The slug can be None."""
    rows = db.session.execute(
        select(Need.id, Area.code, Network.slug)
        .join(Area, Area.id == Need.area_id)
        .outerjoin(Network, Network.id == Need.network_id)
    )
    return {need_id: (code, slug) for need_id, code, slug in rows}
