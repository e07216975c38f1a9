"""Changes to users by an administrator. There is always at least one administrator."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from app.accounts import invitations, notifications, offers, powers, queries, service, users
from app.accounts.models import RoleGrant, User
from app.accounts.powers import NewGrant
from app.core import audit, clock, links
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.permissions import MAY_SEE_SENSITIVE, NEEDS_SECOND_PERSON, STAFF_ROLES, Role

# Partner coordinators belong to an organisation, so they are managed on the organisation's page.
GRANTED_ELSEWHERE = frozenset({Role.PARTNER})
GRANTED_HERE = STAFF_ROLES - GRANTED_ELSEWHERE


def invite(actor: Actor, email: str, name: str, roles: frozenset[Role], why: str = "") -> None:
    """Offer roles to a person by email. Nothing changes until the person accepts.

    ``why`` is shown to the users who have to approve a role. The result is the same whether or not
    we know the email address. Raises InvalidInput or Conflict.
    """
    actor.require("users:change")
    _check_role_changes(roles)
    offers.make_offer(actor, email, name, roles, why=why)


def change_roles(
    actor: Actor, user_id: int, wanted_roles: frozenset[Role], on: date, why: str = ""
) -> bool:
    """Replace the user's roles, with effect from ``on``. A partner coordinator keeps that role.

    Roles that need approval are requested, and ``why`` is the reason for the request. Open requests
    for other roles are withdrawn. Returns whether any roles are waiting for approval.

    Raises NotFound, InvalidInput or Conflict.
    """
    actor.require("users:change")
    user = _find_and_lock(user_id)
    if user.deactivated_at is not None:
        raise Conflict(_("This account has been deactivated. Reactivate it first."))
    held_roles = queries.roles_held(user.id, on) & STAFF_ROLES
    hidden_roles = users.hidden_roles(actor, user.id)  # the actor cannot change these
    kept_roles = held_roles & (GRANTED_ELSEWHERE | hidden_roles)
    _check_role_changes(wanted_roles, kept_roles)
    lost_roles = held_roles - wanted_roles - kept_roles
    if Role.ADMIN in lost_roles:
        if user.id == actor.user_id:
            raise InvalidInput(
                _(
                    "You cannot remove your own administrator role."
                    " Ask another administrator to do it"
                ),
                "roles",
            )
        _require_another_administrator(user, on)
    for role in sorted(lost_roles):
        service.revoke_role(actor, user, role, on)
    db.session.flush()
    powers.notify_roles_lost(actor, user, lost_roles, on)
    unwanted_roles = frozenset(Role) - wanted_roles - kept_roles - hidden_roles
    powers.withdraw_requests(actor, user.id, unwanted_roles, on)
    new_grants = [NewGrant(role, on, why=why) for role in sorted(wanted_roles - held_roles)]
    granted = [powers.grant_or_request_role(actor, user, each) for each in new_grants]
    return not all(granted)


def grant_deputy_role(actor: Actor, user_id: int, grant: NewGrant) -> bool:
    """Grant or request a role for certain dates. Returns whether it was granted.

    Raises NotFound, InvalidInput or Conflict.
    """
    actor.require("users:change")
    user = _find_and_lock(user_id)
    if user.deactivated_at is not None:
        raise Conflict(_("This account has been deactivated. Reactivate it first."))
    if grant.role not in GRANTED_HERE:
        raise InvalidInput(_("Choose from the roles on this page"), "role")
    if grant.from_on < clock.today():
        raise InvalidInput(_("The first day must be today or later"), "from_on")
    return powers.grant_or_request_role(actor, user, grant)


def grant_immediately(actor: Actor, user_id: int, grant: NewGrant) -> None:
    """Grant a role from the command line, as the system.

    Raises NotFound, InvalidInput or Conflict.
    """
    user = _find_and_lock(user_id)
    if user.deactivated_at is not None:
        raise Conflict(_("This account has been deactivated. Reactivate it first."))
    powers.grant_or_request_role(actor, user, grant)


def _check_role_changes(roles: frozenset[Role], kept_roles: frozenset[Role] = frozenset()) -> None:
    if roles - GRANTED_HERE:
        raise InvalidInput(_("Choose from the roles on this page"), "roles")
    if not roles | kept_roles:
        raise InvalidInput(
            _("Choose at least one role. If somebody has left, deactivate their account instead"),
            "roles",
        )
    if Role.SENSITIVE in roles and not MAY_SEE_SENSITIVE & roles:
        raise InvalidInput(
            _(
                "Only a coordinator or a safeguarding lead can see who chose a sensitive network."
                " Choose one of these roles too"
            ),
            "roles",
        )


def cancel_grant(actor: Actor, user_id: int, grant_id: int, on: date) -> None:
    """Cancel a role that has not started, such as a deputy's. This does not need approval.

    Raises NotFound if the actor is not allowed to see the role, and Conflict if it has started.
    """
    actor.require("users:change")
    user = _find_and_lock(user_id)
    grants = {each.id: each for each in users.user_details(actor, user.id, on).grants}
    grant = grants.get(grant_id)
    if grant is None or grant.role in GRANTED_ELSEWHERE:
        raise NotFound()
    if not grant.is_future:
        raise Conflict(_("This role has started. Use “Change roles” to remove it."))
    with audit.acting(actor, AuditVerb.USER_CANCEL_ROLE):
        db.session.delete(db.session.get_one(RoleGrant, grant_id))


def invite_again(actor: Actor, user_id: int) -> None:
    """Send a new invitation to a user without a password, and cancel the previous one.

    Raises NotFound or Conflict.
    """
    actor.require("users:change")
    user = _find_and_lock(user_id)
    if user.deactivated_at is not None or user.password_hash is not None:
        raise Conflict(
            _("This user has already set up their account, or the account has been deactivated.")
        )
    links.revoke(invitations.LINK, user.id)
    invitations.send_invitation(actor, user)


def reset_sign_in(actor: Actor, user_id: int) -> None:
    """Remove a user's password and second factor, sign the user out and send a new invitation.

    Used when a phone is lost. Raises NotFound or Conflict.
    """
    actor.require("users:change")
    user = _find_and_lock(user_id)
    if user.deactivated_at is not None:
        raise Conflict(_("This account has been deactivated. Reactivate it first."))
    service.revoke_links(user.id)
    with audit.acting(actor, AuditVerb.USER_RESET_SIGN_IN):
        user.password_hash = user.totp_secret = None
        user.totp_confirmed_at = user.totp_last_step = None
        user.sessions_from = clock.now()
    queries.remove_codes(user.id)
    invitations.send_invitation(actor, user)
    notifications.notify_sign_in_changed(user.id)


def deactivate(actor: Actor, user_id: int, on: date) -> None:
    """Prevent a user from signing in, sign the user out and revoke their links. Idempotent.

    The roles are kept. Only the command line can deactivate the last administrator. Raises NotFound
    or Conflict.
    """
    actor.require("users:change")
    user = _find_and_lock(user_id)
    if user.id == actor.user_id:
        raise Conflict(
            _("You cannot deactivate your own account. Ask another administrator to do it.")
        )
    if user.deactivated_at is not None:
        return
    if actor.kind != "system" and Role.ADMIN in queries.roles_held(user.id, on):
        _require_another_administrator(user, on)
    service.revoke_links(user.id)
    with audit.acting(actor, AuditVerb.USER_DEACTIVATE):
        user.deactivated_at = user.sessions_from = clock.now()
    notifications.notify_sign_in_changed(user.id)
    powers.notify_roles_lost(actor, user, queries.roles_held(user.id, on), on)


def reactivate(actor: Actor, user_id: int) -> None:
    """Allow a deactivated user to sign in again, with the same password and roles. Idempotent.

    Raises NotFound.
    """
    actor.require("users:change")
    user = _find_and_lock(user_id)
    if user.deactivated_at is None:
        return
    with audit.acting(actor, AuditVerb.USER_REACTIVATE):
        user.deactivated_at = None
        user.sessions_from = clock.now()  # earlier sessions stay ended
    for role in sorted(queries.roles_held(user.id, clock.today()) & NEEDS_SECOND_PERSON):
        powers.notify_role_granted(user, role)


def _find_and_lock(user_id: int) -> User:
    """Lock all users and return one of them. Raises NotFound if the user is not staff."""
    powers.lock_users()
    user = queries.staff_user(user_id)
    if user is None:
        raise NotFound()
    return user


def _require_another_administrator(user: User, on: date) -> None:
    """Raise Conflict if the user is the only administrator. Call `lock_users` first."""
    others = {each.id for each in queries.users_with_role(Role.ADMIN, on)} - {user.id}
    if not others:
        raise Conflict(
            _(
                "There must be at least one administrator. Make somebody else an administrator"
                " first."
            )
        )
