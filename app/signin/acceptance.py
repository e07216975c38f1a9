"""Accept invitations and offers of roles.

`app.accounts` sends the letters with the links (`invitations.py`, `offers.py`). Users without a
password choose one and set up a second factor when they accept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from app.accounts import invitations, notifications, offers, powers, queries, service
from app.accounts.models import Offer, User
from app.core import audit, clock, links
from app.core.actor import PUBLIC, SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.permissions import STAFF_ROLES, Role
from app.signin import passwords, second_factor


@dataclass(frozen=True)
class Invitation:
    """An invitation to set up an account, as shown to its recipient."""

    user_id: int
    name: str
    email: str


@dataclass(frozen=True)
class OfferDetails:
    """An offer of roles, as shown to its recipient.

    ``inviter`` is the inviter's name, or None if the offer was made from the command line.
    ``needs_setup`` is True if the recipient has to set up a password and a second factor.
    ``has_account`` is True if the recipient already has a user.
    """

    id: int
    name: str
    email: str
    roles: Sequence[Role]
    on_behalf_of: str | None
    inviter: str | None
    needs_setup: bool
    has_account: bool


@dataclass(frozen=True)
class AccountSetup:
    """The name, password and second factor for a new account."""

    name: str
    password: str
    secret: str
    code: str


@dataclass(frozen=True)
class AcceptedOffer:
    """The user who accepted, and whether any of their roles is waiting for approval."""

    user_id: int
    is_waiting: bool


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation, or None if it can no longer be accepted."""
    subject = links.peek(invitations.LINK, token)
    user = queries.user(int(subject)) if subject else None
    if user is None or user.deactivated_at is not None:
        return None
    return Invitation(user.id, user.name, user.email)


def accept_invitation(token: str, password: str, secret: str, code: str) -> int:
    """Set the user's password and second factor, and return the user's ID.

    Raises InvalidInput.
    """
    invitation = find_invitation(token)
    if invitation is None:
        raise _expired_error()
    step = _check_setup(AccountSetup(invitation.name, password, secret, code), invitation.email)
    if links.spend(invitations.LINK, token) is None:
        raise _expired_error()
    user = db.session.get_one(User, invitation.user_id)
    _set_up_account(user, password, secret, step)
    return user.id


def find_offer(token: str) -> OfferDetails | None:
    """Return the offer, or None if it can no longer be accepted."""
    subject = links.peek(offers.LINK, token)
    offer = queries.open_offer(int(subject)) if subject else None
    if offer is None:
        return None
    user = queries.user_by_email(offer.email)
    if user is not None and user.deactivated_at is not None:
        return None
    inviter = queries.user(offer.asked_by_user_id) if offer.asked_by_user_id else None
    return OfferDetails(
        id=offer.id,
        name=offer.name,
        email=offer.email,
        roles=[Role(role) for role in offer.roles],
        on_behalf_of=offer.on_behalf_of,
        inviter=inviter.name if inviter else None,
        needs_setup=user is None or user.password_hash is None,
        has_account=user is not None,
    )


def accept_offer(token: str, on: date, setup: AccountSetup | None = None) -> AcceptedOffer:
    """Accept an offer for the owner of the mailbox, and create a user if there is none.

    The roles start on ``on`` or when they are approved. ``setup`` is required if
    `OfferDetails.needs_setup` is True. Raises InvalidInput.
    """
    details = find_offer(token)
    if details is None or details.needs_setup != (setup is not None):
        raise _expired_error()
    step = _check_setup(setup, details.email) if setup is not None else None
    if links.spend(offers.LINK, token) is None:
        raise _expired_error()
    offer = db.session.get_one(Offer, details.id, with_for_update=True, populate_existing=True)
    user = queries.user_by_email(offer.email) or service.create_user(
        PUBLIC, offer.email, offer.name
    )
    if setup is not None and step is not None:
        _rename_user(user, setup.name)
        _set_up_account(user, setup.password, setup.secret, step)
    is_waiting = not _grant_roles(offer, user, on)
    if details.has_account:
        notifications.notify_sign_in_changed(user.id)
    return AcceptedOffer(user.id, is_waiting)


def _expired_error() -> InvalidInput:
    return InvalidInput(_("This invitation has been used or has expired. Ask for a new one"))


def _check_setup(setup: AccountSetup, email: str) -> int:
    """Check the new password and code, and return the time step of the code."""
    passwords.check_new_password(setup.password, about=passwords.known_words(setup.name, email))
    step = second_factor.find_time_step(setup.secret, setup.code)
    if step is None:
        raise InvalidInput(str(second_factor.WRONG_CODE), "code")
    return step


def _rename_user(user: User, name: str) -> None:
    """Change the name of a user who has never had a staff role."""
    if not queries.has_ever_been_staff(user.id) and user.name != name:
        with audit.acting(PUBLIC, AuditVerb.USER_RENAME):
            user.name = name


def _set_up_account(user: User, password: str, secret: str, step: int) -> None:
    """Set the user's password and second factor, and end all the user's sessions.

    The code for the time step ``step`` cannot be used again.
    """
    with audit.acting(PUBLIC, AuditVerb.USER_ACCEPT_INVITATION):
        user.password_hash = passwords.hash_password(password)
        user.totp_secret = second_factor.encrypt_secret(secret)
        user.totp_confirmed_at = clock.now()
        user.totp_last_step = step
        user.sessions_from = clock.now()


def _grant_roles(offer: Offer, user: User, on: date) -> bool:
    """Grant the offered roles on behalf of the inviter. Returns whether all were granted."""
    inviter_id = offer.asked_by_user_id
    inviter = Actor("user", user_id=inviter_id) if inviter_id is not None else SYSTEM
    with audit.acting(PUBLIC, AuditVerb.USER_ACCEPT_OFFER):
        offer.accepted_at = clock.now()
        offer.user_id = user.id
        db.session.flush()
    why = offer.why or (
        _("Partner coordinator of %(name)s", name=offer.on_behalf_of) if offer.on_behalf_of else ""
    )
    grants = [
        powers.NewGrant(role, on, organisation_id=offer.organisation_id, why=why)
        for role in sorted(Role(each) for each in offer.roles)
        if role in STAFF_ROLES
    ]
    return all([powers.grant_or_request_role(inviter, user, each) for each in grants])
