"""Grant roles, or request them.

A role that lets its holder read people's records or grant roles needs approval, or starts after 24
hours. All roles are granted by `grant_or_request_role`. The users who can approve or refuse a role
get a letter immediately. Users cannot approve a role for themselves, or through an account that
they created. A role starts automatically after 24 hours, but only if one of the users who got the
letter can still refuse it (`approvers`). Revoking a role (`service.revoke_role`) needs no approval.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_, true

from app.accounts import approvers, lineage, queries, service
from app.accounts.models import RoleRequest, User
from app.accounts.wording import ROLES
from app.core import audit, clock, locks, registry
from app.core.actor import SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.in_force import is_over
from app.core.locks import Lock
from app.core.permissions import DECIDE_ROLES, NEEDS_SECOND_PERSON, Role
from app.core.words import long_date
from app.messages import service as messages
from app.messages.letters import add_letter
from app.messages.queries import any_posted
from app.messages.types import NO_ADDRESS, Channel, Letter, NewMessage, Recipient

WAIT = timedelta(hours=24)
ROLE_REQUESTED, ROLE_GRANTED = "role-asked", "role-given"
ROLE_DECIDED, ROLE_LOST = "role-decided", "role-lost"


def register_letters() -> None:
    """Register the letters. Staff get them even if they want no contact."""
    for letter, purpose in (
        (ROLE_REQUESTED, _l("Tell them that somebody has requested a role")),
        (ROLE_GRANTED, _l("Tell them that somebody has been given a role")),
        (ROLE_DECIDED, _l("Tell them the decision about a role")),
        (ROLE_LOST, _l("Tell them that somebody has lost a role")),
    ):
        add_letter(Letter(letter, purpose, fixed_address=True, even_if_silent=True))


@dataclass(frozen=True)
class NewGrant:
    """A role to grant from ``from_on`` until ``until_on``, or without a last day if that is None.

    ``organisation_id`` is the organisation that a partner coordinator acts for. ``why`` is the
    reason for the grant.
    """

    role: Role
    from_on: date
    until_on: date | None = None
    organisation_id: int | None = None
    why: str = ""


def lock_users() -> None:
    """Prevent other transactions from changing users or roles until this transaction ends."""
    locks.acquire(Lock.USERS)


def grant_or_request_role(actor: Actor, user: User, grant: NewGrant) -> bool:
    """Grant a role, or request it if it needs approval. Returns whether it was granted.

    The command line grants a role immediately, and the users who could have approved it get a
    letter. Raises InvalidInput if the actor and the user are the same, or if the last day is before
    the first.
    """
    lock_users()
    if actor.kind != "system" and actor.user_id == user.id:
        raise InvalidInput(
            _("You cannot give yourself a role. Ask somebody else to do it"), "roles"
        )
    if grant.until_on is not None and grant.until_on < grant.from_on:
        raise InvalidInput(_("The last day must be the same as or after the first day"), "until")
    if _already_holds_role(user.id, grant):
        return True
    if grant.role in NEEDS_SECOND_PERSON and actor.kind != "system":
        _add_request(actor, user, grant, claimed=False)
        return False
    _carry_out_grant(actor, user, grant)
    if grant.role in NEEDS_SECOND_PERSON:
        notify_role_granted(user, grant.role)
    return True


def request_claimed_roles(user: User, roles: frozenset[Role], on: date) -> None:
    """Request the roles that single sign-on claims for a user.

    A claimed role always needs approval, so that the people who run the directory cannot grant
    roles here. If the claim disappears, the user keeps the role until an administrator revokes it.
    """
    lock_users()
    for role in sorted(roles - {Role.CHAMPION}):
        grant = NewGrant(role, on, why=_("Requested by single sign-on"))
        if not _already_holds_role(user.id, grant):
            _add_request(SYSTEM, user, grant, claimed=True)


def _already_holds_role(user_id: int, grant: NewGrant) -> bool:
    """Return whether the user already holds the role on all days of the grant."""
    if grant.organisation_id is not None:
        return False  # a partner coordinator's access also depends on the organisation
    return queries.holds_role_throughout(user_id, grant.role, grant.from_on, grant.until_on)


def _add_request(actor: Actor, user: User, grant: NewGrant, *, claimed: bool) -> None:
    if queries.has_open_request(user.id, grant.role, grant.organisation_id, grant.from_on):
        return
    request = RoleRequest(
        user_id=user.id,
        role=grant.role,
        organisation_id=grant.organisation_id,
        asked_by_user_id=actor.user_id,
        asked_at=clock.now(),
        why=grant.why.strip() or None,
        from_on=grant.from_on,
        until_on=grant.until_on,
        claimed=claimed,
    )
    with audit.acting(actor, AuditVerb.USER_ASK_ROLE):
        db.session.add(request)
    _notify_requested(request, user, actor)


def _carry_out_grant(actor: Actor, user: User, grant: NewGrant) -> None:
    """Grant a role. For an organisation's role, also run `registry.on_offer_accepted`."""
    if grant.until_on is None and grant.from_on <= clock.today():
        service.grant_role(actor, user, grant.role, grant.from_on)
    else:
        service.grant_role_for_dates(actor, user, grant.role, grant.from_on, grant.until_on)
    if grant.organisation_id is not None:
        for accept_offer in registry.on_offer_accepted:
            accept_offer(actor, grant.organisation_id, user.id)


# --- decisions ---


def approval_objection(actor: Actor, request: RoleRequest) -> str | None:
    """Return a sentence that says why the actor cannot approve the request, or None."""
    if actor.user_id == request.user_id:
        return str(_("This role is for you, so somebody else must approve it."))
    if not approvers.may_approve(actor.user_id, request, clock.today()):
        return str(
            _("You had this role until recently, so you can refuse the request but not approve it.")
        )
    return second_approver_objection(actor, request.asked_by_user_id)


def second_approver_objection(actor: Actor, asked_by_user_id: int | None) -> str | None:
    """Return a sentence that says why the actor cannot approve this user's request, or None."""
    if actor.user_id == asked_by_user_id:
        return str(_("You made this request, so somebody else must approve it."))
    if lineage.are_related(actor.user_id, asked_by_user_id):
        return str(
            _(
                "You invited this person, they invited you, or the same person invited you both."
                " Somebody else must approve this request."
            )
        )
    return None


def can_be_decided_by(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition for requests that the actor can decide on.

    The actor can refuse all these requests, and can approve those without an
    `approval_objection`.
    """
    return approvers.can_be_refused_by(actor.user_id, actor.roles, clock.today())


def can_be_read_by(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition for requests that the actor made or can decide on."""
    if actor.user_id is None:
        return can_be_decided_by(actor)
    return or_(can_be_decided_by(actor), RoleRequest.asked_by_user_id == actor.user_id)


def can_decide(actor: Actor, request: RoleRequest) -> bool:
    """Return whether the actor can decide on the request (see `can_be_decided_by`)."""
    return queries.find_request(request.id, can_be_decided_by(actor)) is not None


def approve_request(actor: Actor, request_id: int, on: date) -> None:
    """Approve a request, and grant the role. Raises NotFound, InvalidInput or Conflict."""
    actor.require(DECIDE_ROLES)
    request = _lock_open_request(request_id, can_be_decided_by(actor))
    objection = approval_objection(actor, request)
    if objection is not None:
        raise InvalidInput(objection)
    _decide_request(actor, request, on, given=True)


def refuse_request(actor: Actor, request_id: int, on: date) -> None:
    """Refuse a request, or withdraw the actor's own request. Raises NotFound or Conflict."""
    actor.require(DECIDE_ROLES)
    _decide_request(actor, _lock_open_request(request_id, can_be_read_by(actor)), on, given=False)


def withdraw_requests(actor: Actor, user_id: int, roles: frozenset[Role], on: date) -> None:
    """Withdraw a user's open requests for these roles, except requests for an organisation."""
    for request in queries.open_requests(user_id):
        if request.role in roles and request.organisation_id is None:
            _decide_request(actor, _lock_open_request(request.id, true()), on, given=False)


def grant_due_roles(on: date) -> int:
    """Grant roles that were requested 24 hours ago. Returns the number of decisions.

    Claims, and requests that nobody could refuse (`starts_automatically`), are not granted. A
    request is refused if its requester has been deactivated or is no longer allowed to make it.
    """
    lock_users()
    due = queries.open_requests_before(clock.now() - WAIT)
    refused = [each for each in due if not _is_still_valid(each, on)]
    granted = [each for each in due if each not in refused and starts_automatically(each, on)]
    for request in refused + granted:
        _decide_request(SYSTEM, request, on, given=request in granted)
    return len(refused + granted)


def starts_automatically(request: RoleRequest, on: date) -> bool:
    """Return whether a requested role starts after 24 hours if nobody refuses it.

    It only starts if at least one user who got the letter about the request can still refuse it.
    """
    if request.claimed:
        return False
    may_refuse = approvers.users_who_can_refuse(request, on)
    keys = [_message_key(ROLE_REQUESTED, str(request.id), user_id) for user_id in may_refuse]
    return any_posted(keys)


def has_request_needing_approval(user_id: int) -> bool:
    """Return whether a role requested for this user will never start without approval.

    Claims and requests for an organisation are ignored.
    """
    on = clock.today()
    requests = [each for each in queries.open_requests(user_id) if each.organisation_id is None]
    return any(not each.claimed and not starts_automatically(each, on) for each in requests)


def _is_still_valid(request: RoleRequest, on: date) -> bool:
    """Return whether the user who made the request is still allowed to make it."""
    requester = queries.user(request.asked_by_user_id) if request.asked_by_user_id else None
    if requester is None or requester.deactivated_at is not None:
        return False
    needed = Role.ADMIN if request.organisation_id is None else Role.COORDINATOR
    return needed in queries.roles_held(requester.id, on)


def _lock_open_request(request_id: int, readable: ColumnElement[bool]) -> RoleRequest:
    lock_users()
    request = queries.find_request(request_id, readable)
    if request is None:
        raise NotFound()
    if request.decided_at is not None:
        raise Conflict(_("Somebody has already decided on this request."))
    return request


def _decide_request(actor: Actor, request: RoleRequest, on: date, *, given: bool) -> None:
    user = db.session.get_one(User, request.user_id)
    if given and user.deactivated_at is not None:
        given = False
    with audit.acting(actor, AuditVerb.USER_AGREE_ROLE if given else AuditVerb.USER_REFUSE_ROLE):
        request.decided_at = clock.now()
        request.decided_by_user_id = actor.user_id
        request.given = given
    if given:
        from_on = max(request.from_on, on)
        grant = NewGrant(request.role, from_on, request.until_on, request.organisation_id)
        if not is_over(request, from_on):
            _carry_out_grant(actor, user, grant)
    _notify_decided(request, user, actor)


# --- letters ---


def _approvers_or_administrators(
    role: Role, *, excluded_user_ids: frozenset[int | None]
) -> list[User]:
    """Return the users who can decide on a role, or the administrators if there are none."""
    on = clock.today()
    found = approvers.users_who_can_refuse_role(role, excluded_user_ids, on)
    if not found:
        found = approvers.approvers_on_day(on).current[Role.ADMIN] - excluded_user_ids
    return queries.users_by_id(found)


def send_to_users(letter: str, key: str, users: list[User], context: dict[str, object]) -> None:
    """Send a letter to each of these users who has an email address."""
    for user in users:
        if user.email.endswith(NO_ADDRESS):
            continue
        recipient = Recipient(Channel.EMAIL, user.email, user.name, user_id=user.id)
        messages.post(
            NewMessage(letter, recipient, _message_key(letter, key, user.id), context=dict(context))
        )


def _message_key(letter: str, key: str, user_id: int) -> str:
    return f"{letter}:{key}:{user_id}"


def _notify_requested(request: RoleRequest, user: User, actor: Actor) -> None:
    requester = queries.user(actor.user_id) if actor.user_id is not None else None
    involved = frozenset({user.id, actor.user_id})
    context: dict[str, object] = {
        "asked_by": requester.name if requester is not None else None,
        "who": user.name,
        "role": str(ROLES[request.role]),
        "waits": not request.claimed,
        "holds": bool(approvers.approvers_on_day(clock.today()).current[request.role] - involved),
        "page": {"endpoint": "accounts.role_request", "values": {"request_id": request.id}},
    }
    to = queries.users_by_id(
        approvers.users_who_can_refuse_role(request.role, involved, clock.today())
    )
    send_to_users(ROLE_REQUESTED, str(request.id), to, context)


def notify_role_granted(user: User, role: Role) -> None:
    """Tell the users who can decide on a role that it was granted without approval.

    This happens when the command line grants a role, or when an account is reactivated.
    """
    context: dict[str, object] = {
        "who": user.name,
        "role": str(ROLES[role]),
        "day": long_date(clock.today()),
    }
    to = _approvers_or_administrators(role, excluded_user_ids=frozenset({user.id}))
    send_to_users(ROLE_GRANTED, f"{user.id}:{role}:{clock.now()}", to, context)


def notify_roles_lost(actor: Actor, user: User, roles: frozenset[Role], on: date) -> None:
    """Tell the user and the other holders of these roles that the user has lost the roles.

    Open requests that can no longer be refused by anybody are refused. Call this after the roles
    have ended, and after `lock_users`.
    """
    for role in sorted(roles & NEEDS_SECOND_PERSON):
        context: dict[str, object] = {
            "who": user.name,
            "role": str(ROLES[role]),
            "day": long_date(on),
        }
        involved = frozenset({user.id, actor.user_id})
        found = approvers.approvers_on_day(on)
        others = (found.current[role] - involved) or (found.may_refuse[role] - involved)
        key = f"{user.id}:{role}:{clock.now().timestamp()}"
        send_to_users(ROLE_LOST, key, [user], context | {"own": True})
        send_to_users(ROLE_LOST, key, queries.users_by_id(others), context | {"own": False})
    for request in queries.open_requests():
        if not request.claimed and not approvers.users_who_can_refuse(request, on):
            _decide_request(SYSTEM, request, on, given=False)


def _notify_decided(request: RoleRequest, user: User, actor: Actor) -> None:
    requester = queries.user(request.asked_by_user_id) if request.asked_by_user_id else None
    to = [each for each in (user, requester) if each is not None and each.id != actor.user_id]
    context: dict[str, object] = {
        "who": user.name,
        "role": str(ROLES[request.role]),
        "given": bool(request.given),
    }
    send_to_users(ROLE_DECIDED, str(request.id), to, context)
