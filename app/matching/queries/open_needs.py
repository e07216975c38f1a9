"""Queries for open needs, with the facts that the hard rules check."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select

from app.areas import queries as areas
from app.certificates import queries as certificates
from app.core import programme
from app.core.actor import Scope
from app.core.db import db
from app.matching.models import Assignment, Need, Proposal
from app.matching.queries.conditions import WAITING, is_current_on, is_need_visible_to, is_open_on
from app.organisations.models import Network


@dataclass(frozen=True)
class OpenNeed:
    """An open need, with the facts that the hard rules check."""

    id: int
    area_id: int
    parts: frozenset[int]  # the area itself, and the areas within it
    containers: frozenset[int]  # the areas that contain it (best fit)
    network_id: int | None
    sensitive: bool  # whether the network is sensitive
    approver_id: int | None
    kinds: tuple[str, ...]
    places: int
    priority: int
    held: int
    creator_user_id: int | None
    centres: tuple[
        tuple[int, int], ...
    ]  # the centre of the area in metres, or the centres of its parts


def read_open_needs(scope: Scope, on: date) -> list[OpenNeed]:
    """Return the needs that are open on a given day and visible to the reader, ordered by ID."""
    return _needs(on, is_open_on(on), is_need_visible_to(scope))


def load_needs_by_id(need_ids: Collection[int], on: date) -> dict[int, OpenNeed]:
    """Return open or closed needs by ID. The caller must apply a scope first."""
    return {need.id: need for need in _needs(on, Need.id.in_(need_ids))}


def _needs(on: date, *conditions: ColumnElement[bool]) -> list[OpenNeed]:
    held = (
        select(Assignment.need_id, func.count().label("held"))
        .where(is_current_on(on))
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
            certificates.kind_slug(Need.kind_id),
            func.coalesce(held.c.held, 0) + func.coalesce(asked.c.asked, 0),
        )
        .outerjoin(Network, Network.id == Need.network_id)
        .outerjoin(held, held.c.need_id == Need.id)
        .outerjoin(asked, asked.c.need_id == Need.id)
        .where(*conditions)
        .order_by(Need.id)
    ).all()
    area_ids = {row[0].area_id for row in rows}
    parts, wholes, centres = (
        areas.descendants_by_area(area_ids),
        areas.parents_by_area(area_ids),
        areas.area_centres(area_ids),
    )
    any_kind = tuple(programme.setting_on_day("community_status", on, {}).get("kinds", ()))
    return [
        OpenNeed(
            id=need.id,
            area_id=need.area_id,
            parts=frozenset(parts[need.area_id] | {need.area_id}),
            containers=frozenset(wholes[need.area_id]),
            network_id=need.network_id,
            sensitive=sensitive,
            approver_id=approver,
            kinds=(kind,) if kind else any_kind,
            places=need.places,
            priority=need.priority,
            held=taken,
            creator_user_id=need.made_by_user_id,
            centres=centres[need.area_id],
        )
        for need, sensitive, approver, kind, taken in rows
    ]
