"""Requests for roles as their deciders read them."""

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
class RequestLine:
    """A request that waits. asked_by: None for the single sign-on; given_at: if nobody refuses.

    may_refuse: the reader is a holder, or asked; objection: why they can't agree, None if they can.
    """

    id: int
    who: str
    email: str
    role: Role
    asked_by: str | None
    asked_at: datetime
    why: str | None
    from_on: date
    until_on: date | None
    given_at: datetime | None
    own: bool
    objection: str | None


def waiting(actor: Actor) -> Sequence[RequestLine]:
    """The open requests that the actor may decide about, or asked for; oldest first."""
    return [_line(actor, each) for each in queries.open_requests(readable=powers.reads(actor))]


def one(actor: Actor, request_id: int) -> RequestLine:
    """An open request. Raises NotFound, also for another's power and once it is decided."""
    request = queries.request_where(request_id, powers.reads(actor))
    if request is None or request.decided_at is not None:
        raise NotFound()
    return _line(actor, request)


def waits_for(user_id: int) -> bool:
    """Whether a second person still has to agree to a role of this user."""
    return bool(queries.open_requests(user_id))


def to_decide(actor: Actor) -> int:
    """How many requests wait for this actor."""
    found = queries.open_requests(readable=powers.decides(actor))
    return sum(1 for each in found if powers.objection(actor, each) is None)


def _line(actor: Actor, request: RoleRequest) -> RequestLine:
    user = db.session.get_one(User, request.user_id)
    asker = queries.user(request.asked_by_user_id) if request.asked_by_user_id else None
    decides = powers.may_decide(actor, request)
    return RequestLine(
        id=request.id,
        who=user.name,
        email=user.email,
        role=request.role,
        asked_by=asker.name if asker is not None else None,
        asked_at=request.asked_at,
        why=request.why,
        from_on=request.from_on,
        until_on=request.until_on,
        given_at=request.asked_at + powers.WAITS
        if powers.counts_by_waiting(request, clock.today())
        else None,
        own=actor.user_id == request.asked_by_user_id,
        objection=powers.objection(actor, request) if decides else None,
    )
