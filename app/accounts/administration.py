"""What an administrator changes about users. At least one administrator always remains."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from app.accounts import invitations, notifications, offers, powers, queries, service, users
from app.accounts.models import RoleGrant, User
from app.accounts.powers import Wish
from app.core import audit, clock, links
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.permissions import MAY_SEE_SENSITIVE, NEEDS_SECOND, STAFF_ROLES, Role

# A partner coordinator needs an organisation, so that role is given and ended on its page.
ELSEWHERE = frozenset({Role.PARTNER})
GIVEN_HERE = STAFF_ROLES - ELSEWHERE


def invite(actor: Actor, email: str, name: str, roles: frozenset[Role], why: str = "") -> None:
    """Offer somebody these roles. Nothing changes before they accept in their mailbox.

    why: for whoever has to agree to a role then.

    Raises InvalidInput, Conflict. It is the same whether the address is known or not.
    """
    actor.require("users:change")
    _check(roles)
    offers.make(actor, email, name, roles, why=why)


def change_roles(
    actor: Actor, user_id: int, wanted: frozenset[Role], on: date, why: str = ""
) -> bool:
    """From `on` they have these roles, and the one of a partner coordinator if they had it.

    Roles that need a second person are asked for, with `why`; returns whether some wait for that.
    What was asked for and is not wanted now is taken back. Raises NotFound, InvalidInput, Conflict.
    """
    actor.require("users:change")
    user = _find_alone(user_id)
    if user.deactivated_at is not None:
        raise Conflict(_("This account is deactivated. Reactivate it first."))
    held = queries.roles_on(user.id, on) & STAFF_ROLES
    unsaid = users.unsaid_roles(actor, user.id)  # they stay as they are
    kept = held & (ELSEWHERE | unsaid)
    _check(wanted, kept)
    ended = held - wanted - kept
    if Role.ADMIN in ended:
        if user.id == actor.user_id:
            raise InvalidInput(
                _("You cannot stop being an administrator yourself. Another one can do it"), "roles"
            )
        _keep_one(user, on)
    for role in sorted(ended):
        service.take_role(actor, user, role, on)
    db.session.flush()
    powers.lost(actor, user, ended, on)
    powers.take_back(actor, user.id, frozenset(Role) - wanted - kept - unsaid, on)
    given = [powers.give(actor, user, Wish(role, on, why=why)) for role in sorted(wanted - held)]
    return not all(given)


def make_deputy(actor: Actor, user_id: int, wish: Wish) -> bool:
    """A role for dates, asked for in advance. Returns whether it is given already.

    Raises NotFound, InvalidInput, Conflict.
    """
    actor.require("users:change")
    user = _find_alone(user_id)
    if user.deactivated_at is not None:
        raise Conflict(_("This account is deactivated. Reactivate it first."))
    if wish.role not in GIVEN_HERE:
        raise InvalidInput(_("Choose from the roles on this page"), "role")
    if wish.from_on < clock.today():
        raise InvalidInput(_("The first day must be today or later"), "from_on")
    return powers.give(actor, user, wish)


def grant_at_once(actor: Actor, user_id: int, wish: Wish) -> None:
    """What the command line gives, as the system. Raises NotFound, Conflict, InvalidInput."""
    user = _find_alone(user_id)
    if user.deactivated_at is not None:
        raise Conflict(_("This account is deactivated. Reactivate it first."))
    powers.give(actor, user, wish)


def _check(roles: frozenset[Role], kept: frozenset[Role] = frozenset()) -> None:
    if roles - GIVEN_HERE:
        raise InvalidInput(_("Choose from the roles on this page"), "roles")
    if not roles | kept:
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
    """Cancel a role that has not begun, such as a deputy's. It needs no second person.

    Raises NotFound, also for a role that the actor may not know of; Conflict once it has begun.
    """
    actor.require("users:change")
    user = _find_alone(user_id)
    known = {each.id: each for each in users.one(actor, user.id, on).grants}
    line = known.get(grant_id)
    if line is None or line.role in ELSEWHERE:
        raise NotFound()
    if not line.to_come:
        raise Conflict(_("This role has started. Use “Change roles” to remove it."))
    with audit.acting(actor, AuditVerb.USER_CANCEL_ROLE):
        db.session.delete(db.session.get_one(RoleGrant, grant_id))


def invite_again(actor: Actor, user_id: int) -> None:
    """A fresh invitation for somebody who hasn't set up their account; the last one ends.

    Raises NotFound, Conflict.
    """
    actor.require("users:change")
    user = _find_alone(user_id)
    if user.deactivated_at is not None or user.password_hash is not None:
        raise Conflict(_("They have already set up their account, or it is deactivated."))
    links.revoke(invitations.LINK, user.id)
    invitations.send(actor, user)


def start_over(actor: Actor, user_id: int) -> None:
    """Take password and second factor away and send a new invitation: for a lost phone.

    Whoever is signed in with them is signed out at once. Raises NotFound, Conflict.
    """
    actor.require("users:change")
    user = _find_alone(user_id)
    if user.deactivated_at is not None:
        raise Conflict(_("This account is deactivated. Reactivate it first."))
    service.end_links(user.id)
    with audit.acting(actor, AuditVerb.USER_START_OVER):
        user.password_hash = user.totp_secret = None
        user.totp_confirmed_at = user.totp_last_step = None
        user.sessions_from = clock.now()
    queries.remove_codes(user.id)
    invitations.send(actor, user)
    notifications.sign_in_changed(user.id)


def deactivate(actor: Actor, user_id: int, on: date) -> None:
    """They can no longer sign in; whoever is signed in is signed out; links that were sent end.

    Their roles stay as they are, for the day they come back. Twice is once. On the command line the
    last administrator can be deactivated too: it can invite the next. Raises NotFound, Conflict.
    """
    actor.require("users:change")
    user = _find_alone(user_id)
    if user.id == actor.user_id:
        raise Conflict(_("You cannot deactivate your own account. Another administrator can."))
    if user.deactivated_at is not None:
        return
    if actor.kind != "system" and Role.ADMIN in queries.roles_on(user.id, on):
        _keep_one(user, on)
    service.end_links(user.id)
    with audit.acting(actor, AuditVerb.USER_DEACTIVATE):
        user.deactivated_at = user.sessions_from = clock.now()
    notifications.sign_in_changed(user.id)
    powers.lost(actor, user, queries.roles_on(user.id, on), on)


def bring_back(actor: Actor, user_id: int) -> None:
    """They sign in again with what they had, in the roles they had. Twice is once."""
    actor.require("users:change")
    user = _find_alone(user_id)
    if user.deactivated_at is None:
        return
    with audit.acting(actor, AuditVerb.USER_BRING_BACK):
        user.deactivated_at = None
        user.sessions_from = clock.now()  # what was signed in before stays signed out
    for role in sorted(queries.roles_on(user.id, clock.today()) & NEEDS_SECOND):
        powers.tell_given(user, role)


def _find_alone(user_id: int) -> User:
    """The user as they are now; nobody else changes users until this is committed."""
    powers.lock_users()
    user = queries.staff_user(user_id)
    if user is None:
        raise NotFound()
    return user


def _keep_one(user: User, on: date) -> None:
    """Raises Conflict when nobody but this user is an administrator. Ask under the lock."""
    others = {each.id for each in queries.users_with_role(Role.ADMIN, on)} - {user.id}
    if not others:
        raise Conflict(
            _(
                "There must be at least one administrator. Make somebody else an administrator"
                " first."
            )
        )
