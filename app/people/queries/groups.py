"""Ties of many people at once: to networks, to areas, and to those they never want to meet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select

from app.core.db import db
from app.core.in_force import in_force, not_over
from app.people.models import Block, ExcludedArea, Membership, Person


def members_on(on: date, person_ids: Collection[int] | None = None) -> list[tuple[int, int]]:
    """(person, network) of the memberships of a day, of these people or (None) of everybody."""
    query = select(Membership.person_id, Membership.network_id).where(in_force(Membership, on))
    if person_ids is not None:
        query = query.where(Membership.person_id.in_(person_ids))
    return [(person_id, network_id) for person_id, network_id in db.session.execute(query)]


def blocks_on(
    on: date, person_ids: Collection[int] | None = None
) -> list[tuple[int, int | None, int | None]]:
    """(person, user, organisation) of the blocks that are not over on a day, of these people or
    (None) of everybody. Either the user or the organisation is None.
    """
    query = select(Block.person_id, Block.user_id, Block.organisation_id).where(not_over(Block, on))
    if person_ids is not None:
        query = query.where(Block.person_id.in_(person_ids))
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]


def areas_ruled_out(person_ids: Collection[int] | None = None) -> list[tuple[int, int]]:
    """(person, area) where they do not want to be asked to help, of these people or (None) of
    everybody.
    """
    query = select(ExcludedArea.person_id, ExcludedArea.area_id)
    if person_ids is not None:
        query = query.where(ExcludedArea.person_id.in_(person_ids))
    return [(person_id, area_id) for person_id, area_id in db.session.execute(query)]


def all_ids() -> frozenset[int]:
    """Ids of everybody there is a record of, whoever may read them."""
    return frozenset(db.session.scalars(select(Person.id)))
