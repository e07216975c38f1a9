"""Queries for role requests and offers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, select

from app.accounts.models import Offer, RoleRequest
from app.core import clock, folding
from app.core.db import db
from app.core.permissions import Role


def find_request(request_id: int, readable: ColumnElement[bool]) -> RoleRequest | None:
    """Return a request if it meets the SQL condition ``readable``, otherwise None.

    Runs one statement, so that a request the reader is not allowed to see takes as long as one that
    does not exist.
    """
    return db.session.scalar(
        select(RoleRequest)
        .where(RoleRequest.id == request_id, readable)
        .execution_options(populate_existing=True)
    )


def open_requests(
    user_id: int | None = None, readable: ColumnElement[bool] | None = None
) -> list[RoleRequest]:
    """Return the open requests for one user, or for all users, oldest first."""
    query = select(RoleRequest).where(RoleRequest.decided_at.is_(None))
    if user_id is not None:
        query = query.where(RoleRequest.user_id == user_id)
    if readable is not None:
        query = query.where(readable)
    return list(db.session.scalars(query.order_by(RoleRequest.asked_at, RoleRequest.id)))


def has_open_request(user_id: int, role: Role, organisation_id: int | None, from_on: date) -> bool:
    """Return whether there is an open request for this role and user, starting on this day."""
    request_id = db.session.scalar(
        select(RoleRequest.id)
        .where(
            RoleRequest.user_id == user_id,
            RoleRequest.role == role,
            RoleRequest.organisation_id.is_not_distinct_from(organisation_id),
            RoleRequest.from_on == from_on,
            RoleRequest.decided_at.is_(None),
        )
        .limit(1)
    )
    return request_id is not None


def open_requests_before(instant: datetime) -> Sequence[RoleRequest]:
    """Return open requests that were made by ``instant``, except claims, ordered by ID."""
    return db.session.scalars(
        select(RoleRequest)
        .where(
            RoleRequest.decided_at.is_(None),
            RoleRequest.asked_at <= instant,
            ~RoleRequest.claimed,
        )
        .order_by(RoleRequest.id)
    ).all()


def lock_identical_offer(
    email: str, roles: Sequence[str], organisation_id: int | None
) -> Offer | None:
    """Lock and return an open offer with this address, these roles and organisation, or None."""
    return db.session.scalar(
        select(Offer)
        .where(
            Offer.email == email,
            Offer.organisation_id.is_not_distinct_from(organisation_id),
            Offer.roles == roles,
            _is_open(),
        )
        .limit(1)
        .with_for_update()
    )


def open_offers(organisation_id: int | None) -> Sequence[Offer]:
    """Return an organisation's open offers, sorted by name.

    If ``organisation_id`` is None, return the open offers without an organisation.
    """
    return db.session.scalars(
        select(Offer)
        .where(Offer.organisation_id.is_not_distinct_from(organisation_id), _is_open())
        .order_by(folding.name_order(Offer.name), Offer.id)
    ).all()


def open_offer(offer_id: int) -> Offer | None:
    """Return the offer if it is open, otherwise None."""
    return db.session.scalar(select(Offer).where(Offer.id == offer_id, _is_open()))


def _is_open() -> ColumnElement[bool]:
    return and_(
        Offer.accepted_at.is_(None), Offer.withdrawn_at.is_(None), Offer.expires_at > clock.now()
    )
