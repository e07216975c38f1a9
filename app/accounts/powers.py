"""Giving roles. One that reads people or grants roles takes two people, or 24 hours.

`give` is the one way to a role, on every path: the pages of users, an accepted invitation, a
partner coordinator, the command line, a claim of a single sign-on. Whoever holds the power hears of
it at once by letter and may agree or refuse; nobody agrees for themself, nor through an account
that they made. The 24 hours count only where somebody who was told could refuse all the time
(`deciders`). Taking a role away needs nobody else and works at once (`service.take_role`); whoever
lost it hears of it, and so do the others who hold it (`lost`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_, true

from app.accounts import deciders, lineage, queries, service
from app.accounts.models import RoleRequest, User
from app.accounts.wording import ROLES
from app.core import audit, clock, locks, registry
from app.core.actor import SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.in_force import is_over
from app.core.locks import Lock
from app.core.permissions import DECIDE_ROLES, NEEDS_SECOND, Role
from app.core.words import long_date
from app.messages import service as messages
from app.messages.letters import register
from app.messages.queries import any_posted
from app.messages.types import NO_ADDRESS, Channel, Letter, NewMessage, Recipient

WAITS = timedelta(hours=24)
ASKED, GIVEN, DECIDED, LOST = "role-asked", "role-given", "role-decided", "role-lost"


def register_letters() -> None:
    """The letters of this module."""
    register(
        Letter(
            ASKED, _l("Say that somebody asked for a role"), fixed_address=True, even_if_silent=True
        )
    )
    register(
        Letter(
            GIVEN, _l("Say that somebody was given a role"), fixed_address=True, even_if_silent=True
        )
    )
    register(
        Letter(
            DECIDED,
            _l("Say what was decided about a role"),
            fixed_address=True,
            even_if_silent=True,
        )
    )
    register(
        Letter(LOST, _l("Say that somebody lost a role"), fixed_address=True, even_if_silent=True)
    )


@dataclass(frozen=True)
class Wish:
    """What is to be given: a role from a day on, or for dates; for an organisation's partner, its.

    why: as the asker put it.
    """

    role: Role
    from_on: date
    until_on: date | None = None
    organisation_id: int | None = None
    why: str = ""


def lock_users() -> None:
    """Nobody else changes users or roles until this transaction ends."""
    locks.acquire(Lock.USERS)


def give(actor: Actor, user: User, wish: Wish) -> bool:
    """Give the role, or ask for it where it needs a second person. Returns whether it is given.

    The command line gives at once, and the holders hear of it. Raises InvalidInput for oneself.
    """
    lock_users()
    if actor.kind != "system" and actor.user_id == user.id:
        raise InvalidInput(_("You cannot give yourself a role. Somebody else can"), "roles")
    if wish.until_on is not None and wish.until_on < wish.from_on:
        raise InvalidInput(_("The last day must be the first day or later"), "until")
    if _is_covered(user.id, wish):
        return True
    if wish.role in NEEDS_SECOND and actor.kind != "system":
        _ask(actor, user, wish, claimed=False)
        return False
    _carry_out(actor, user, wish)
    if wish.role in NEEDS_SECOND:
        tell_given(user, wish.role)
    return True


def propose_claimed(user: User, roles: frozenset[Role], on: date) -> None:
    """Roles that a single sign-on claims for somebody: each is a request that a holder decides.

    A claim gives nothing by itself and nothing by waiting, so whoever runs the directory grants
    nobody a role here. Claims that are gone end nothing; an administrator does.
    """
    lock_users()
    for role in sorted(roles - {Role.CHAMPION}):
        wish = Wish(role, on, why=_("Claimed by the single sign-on"))
        if not _is_covered(user.id, wish):
            _ask(SYSTEM, user, wish, claimed=True)


def _is_covered(user_id: int, wish: Wish) -> bool:
    """Whether they hold the role already for the days that are wished for."""
    if wish.organisation_id is not None:
        return False  # what a partner reads depends on the organisation, not on the role alone
    return queries.is_held(user_id, wish.role, wish.from_on, wish.until_on)


def _ask(actor: Actor, user: User, wish: Wish, *, claimed: bool) -> None:
    if queries.is_asked(user.id, wish.role, wish.organisation_id, wish.from_on):
        return
    request = RoleRequest(
        user_id=user.id,
        role=wish.role,
        organisation_id=wish.organisation_id,
        asked_by_user_id=actor.user_id,
        asked_at=clock.now(),
        why=wish.why.strip() or None,
        from_on=wish.from_on,
        until_on=wish.until_on,
        claimed=claimed,
    )
    with audit.acting(actor, AuditVerb.USER_ASK_ROLE):
        db.session.add(request)
    _tell_asked(request, user, actor)


def _carry_out(actor: Actor, user: User, wish: Wish) -> None:
    """The role is theirs, with what follows from it in other rooms."""
    if wish.until_on is None and wish.from_on <= clock.today():
        service.grant(actor, user, wish.role, wish.from_on)
    else:
        service.grant_for_dates(actor, user, wish.role, wish.from_on, wish.until_on)
    if wish.organisation_id is not None:
        for follow in registry.on_offer_accepted:
            follow(actor, wish.organisation_id, user.id)


# --- deciding ---


def objection(actor: Actor, request: RoleRequest) -> str | None:
    """Why this actor can't agree, in a sentence; None: they can."""
    if actor.user_id == request.user_id:
        return str(_("This role is for you, so somebody else has to agree."))
    if not deciders.may_agree(actor.user_id, request, clock.today()):
        return str(_("You had this role until recently, so you can refuse but not agree."))
    return no_second_person(actor, request.asked_by_user_id)


def no_second_person(actor: Actor, asked_by_user_id: int | None) -> str | None:
    """Why this actor can't be the second person for what a user asked for; None: they can."""
    if actor.user_id == asked_by_user_id:
        return str(_("You asked for this, so somebody else has to agree."))
    if lineage.one_hand(actor.user_id, asked_by_user_id):
        return str(
            _(
                "One of you invited the other, or one person invited you both, so somebody else has"
                " to agree."
            )
        )
    return None


def decides(actor: Actor) -> ColumnElement[bool]:
    """A condition on RoleRequest: the actor may refuse; or agree, unless `objection` says not."""
    return deciders.condition(actor.user_id, actor.roles, clock.today())


def reads(actor: Actor) -> ColumnElement[bool]:
    """A condition on RoleRequest: the actor decides about it, or asked for it."""
    if actor.user_id is None:
        return decides(actor)
    return or_(decides(actor), RoleRequest.asked_by_user_id == actor.user_id)


def may_decide(actor: Actor, request: RoleRequest) -> bool:
    """Whether the actor decides about this request."""
    return queries.request_where(request.id, decides(actor)) is not None


def agree(actor: Actor, request_id: int, on: date) -> None:
    """The second person agrees: it counts at once. Raises NotFound, Conflict, InvalidInput."""
    actor.require(DECIDE_ROLES)
    request = _open(request_id, decides(actor))
    reason = objection(actor, request)
    if reason is not None:
        raise InvalidInput(reason)
    _settle(actor, request, on, given=True)


def refuse(actor: Actor, request_id: int, on: date) -> None:
    """A holder refuses, or whoever asked takes it back. Raises NotFound, Conflict."""
    actor.require(DECIDE_ROLES)
    _settle(actor, _open(request_id, reads(actor)), on, given=False)


def take_back(actor: Actor, user_id: int, roles: frozenset[Role], on: date) -> None:
    """Requests for these roles, not for an organisation, are refused: nobody wants them now."""
    for request in queries.open_requests(user_id):
        if request.role in roles and request.organisation_id is None:
            _settle(actor, _open(request.id, true()), on, given=False)


def settle_waited(on: date) -> int:
    """Give what nobody refused for 24 hours; returns how many. A claim waits for a decision.

    So does what nobody could have refused (`counts_by_waiting`). Where whoever asked has been
    deactivated, or may no longer ask, it is refused.
    """
    lock_users()
    due = queries.requests_since(clock.now() - WAITS)
    ended = [each for each in due if not _still_asked(each, on)]
    given = [each for each in due if each not in ended and counts_by_waiting(each, on)]
    for request in ended + given:
        _settle(SYSTEM, request, on, given=request in given)
    return len(ended + given)


def counts_by_waiting(request: RoleRequest, on: date) -> bool:
    """Whether the role is given after 24 hours: somebody who was told of it can still refuse."""
    if request.claimed:
        return False
    refuse = deciders.of_request(request, on)
    keys = [_key(ASKED, str(request.id), user_id) for user_id in refuse]
    return any_posted(keys)


def waits_for_nobody(user_id: int) -> bool:
    """Whether a role asked for this user, not for an organisation, does not count by waiting."""
    on = clock.today()
    asked = [each for each in queries.open_requests(user_id) if each.organisation_id is None]
    return any(not each.claimed and not counts_by_waiting(each, on) for each in asked)


def _still_asked(request: RoleRequest, on: date) -> bool:
    asker = queries.user(request.asked_by_user_id) if request.asked_by_user_id else None
    if asker is None or asker.deactivated_at is not None:
        return False
    needed = Role.ADMIN if request.organisation_id is None else Role.COORDINATOR
    return needed in queries.roles_on(asker.id, on)


def _open(request_id: int, readable: ColumnElement[bool]) -> RoleRequest:
    lock_users()
    request = queries.request_where(request_id, readable)
    if request is None:
        raise NotFound()
    if request.decided_at is not None:
        raise Conflict(_("Somebody has decided about this already."))
    return request


def _settle(actor: Actor, request: RoleRequest, on: date, *, given: bool) -> None:
    user = db.session.get_one(User, request.user_id)
    if given and user.deactivated_at is not None:
        given = False
    with audit.acting(actor, AuditVerb.USER_AGREE_ROLE if given else AuditVerb.USER_REFUSE_ROLE):
        request.decided_at = clock.now()
        request.decided_by_user_id = actor.user_id
        request.given = given
    if given:
        from_on = max(request.from_on, on)
        wish = Wish(request.role, from_on, request.until_on, request.organisation_id)
        if not is_over(request, from_on):
            _carry_out(actor, user, wish)
    _tell_decided(request, user, actor)


# --- telling ---


def _holders(role: Role, *, but: frozenset[int | None]) -> list[User]:
    """Everybody who may decide about a role; where nobody may, the administrators."""
    on = clock.today()
    found = deciders.who_refuse(role, but, on)
    if not found:
        found = deciders.on_day(on).now[Role.ADMIN] - but
    return queries.users_among(found)


def post(letter: str, key: str, users: list[User], context: dict[str, object]) -> None:
    """The letter to each of these users, in their own mailbox."""
    for user in users:
        if user.email.endswith(NO_ADDRESS):
            continue
        recipient = Recipient(Channel.EMAIL, user.email, user.name, user_id=user.id)
        messages.post(
            NewMessage(letter, recipient, _key(letter, key, user.id), context=dict(context))
        )


def _key(letter: str, key: str, user_id: int) -> str:
    return f"{letter}:{key}:{user_id}"


def _tell_asked(request: RoleRequest, user: User, actor: Actor) -> None:
    asker = queries.user(actor.user_id) if actor.user_id is not None else None
    two = frozenset({user.id, actor.user_id})
    context: dict[str, object] = {
        "asked_by": asker.name if asker is not None else None,
        "who": user.name,
        "role": str(ROLES[request.role]),
        "waits": not request.claimed,
        "holds": bool(deciders.on_day(clock.today()).now[request.role] - two),
        "page": {"endpoint": "accounts.role_request", "values": {"request_id": request.id}},
    }
    refuse = queries.users_among(deciders.who_refuse(request.role, two, clock.today()))
    post(ASKED, str(request.id), refuse, context)


def tell_given(user: User, role: Role) -> None:
    """The holders hear of a role that took no second person: the command line, coming back."""
    context: dict[str, object] = {
        "who": user.name,
        "role": str(ROLES[role]),
        "day": long_date(clock.today()),
    }
    post(
        GIVEN, f"{user.id}:{role}:{clock.now()}", _holders(role, but=frozenset({user.id})), context
    )


def lost(actor: Actor, user: User, roles: frozenset[Role], on: date) -> None:
    """Tell the user, and the others who hold these roles, that the user no longer has them.

    A request that nobody can refuse any longer is refused. Call this after the roles have ended,
    and under `lock_users`.
    """
    for role in sorted(roles & NEEDS_SECOND):
        context: dict[str, object] = {
            "who": user.name,
            "role": str(ROLES[role]),
            "day": long_date(on),
        }
        two = frozenset({user.id, actor.user_id})
        found = deciders.on_day(on)
        others = (found.now[role] - two) or (found.may_refuse[role] - two)
        key = f"{user.id}:{role}:{clock.now().timestamp()}"
        post(LOST, key, [user], context | {"own": True})
        post(LOST, key, queries.users_among(others), context | {"own": False})
    for request in queries.open_requests():
        if not request.claimed and not deciders.of_request(request, on):
            _settle(SYSTEM, request, on, given=False)


def _tell_decided(request: RoleRequest, user: User, actor: Actor) -> None:
    asker = queries.user(request.asked_by_user_id) if request.asked_by_user_id else None
    told = [each for each in (user, asker) if each is not None and each.id != actor.user_id]
    context: dict[str, object] = {
        "who": user.name,
        "role": str(ROLES[request.role]),
        "given": bool(request.given),
    }
    post(DECIDED, str(request.id), told, context)
