"""Role requests for the users who decide on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.accounts import powers, queries
from app.accounts.models import RoleRequest, User
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.permissions import Role


@dataclass(frozen=True)
class RoleRequestRow:
    """An open role request.

    ``requested_by`` is None for a claim from single sign-on. ``starts_at`` is when the role starts
    if nobody refuses it, or None if it does not start automatically. ``is_own`` is True if the
    actor made the request. ``objection`` says why the actor cannot approve it, or is None.
    """

    id: int
    user_name: str
    email: str
    role: Role
    requested_by: str | None
    asked_at: datetime
    why: str | None
    from_on: date
    until_on: date | None
    starts_at: datetime | None
    is_own: bool
    objection: str | None


def open_requests(actor: Actor) -> Sequence[RoleRequestRow]:
    """Return the open requests that the actor made or can decide on, oldest first."""
    found = queries.open_requests(readable=powers.can_be_read_by(actor))
    return [_request_row(actor, each) for each in found]


def find_request(actor: Actor, request_id: int) -> RoleRequestRow:
    """Return an open request.

    Raises NotFound if it has been decided or the actor is not allowed to see it.
    """
    request = queries.find_request(request_id, powers.can_be_read_by(actor))
    if request is None or request.decided_at is not None:
        raise NotFound()
    return _request_row(actor, request)


def has_open_request(user_id: int) -> bool:
    """Return whether any role of this user is waiting for approval."""
    return bool(queries.open_requests(user_id))


def count_pending_requests(actor: Actor) -> int:
    """Return the number of requests that the actor can approve."""
    found = queries.open_requests(readable=powers.can_be_decided_by(actor))
    return sum(1 for each in found if powers.approval_objection(actor, each) is None)


def _request_row(actor: Actor, request: RoleRequest) -> RoleRequestRow:
    user = db.session.get_one(User, request.user_id)
    requester = queries.user(request.asked_by_user_id) if request.asked_by_user_id else None
    is_automatic = powers.starts_automatically(request, clock.today())
    return RoleRequestRow(
        id=request.id,
        user_name=user.name,
        email=user.email,
        role=request.role,
        requested_by=requester.name if requester is not None else None,
        asked_at=request.asked_at,
        why=request.why,
        from_on=request.from_on,
        until_on=request.until_on,
        starts_at=request.asked_at + powers.WAIT if is_automatic else None,
        is_own=actor.user_id == request.asked_by_user_id,
        objection=powers.approval_objection(actor, request)
        if powers.can_decide(actor, request)
        else None,
    )
