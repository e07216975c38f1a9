"""Offering somebody a role at an address: nothing changes until they accept in their mailbox.

Making an offer looks nobody up, so it does the same work for an address that we know and for one
that we don't, and tells the inviter nothing. Accepting finds the user of the address, or makes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import passwords, powers, queries, service, signin, telling
from app.accounts.models import Offer, User
from app.core import audit, clock, links, ratelimit
from app.core.actor import PUBLIC, SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.permissions import STAFF_ROLES, Role
from app.messages import service as messages
from app.messages.letters import register
from app.messages.types import Channel, Letter, NewMessage, Recipient

LINK = LETTER = "offer"
LIFETIME = timedelta(days=7)
LETTERS_A_DAY = 5  # from one inviter to one address


def register_letter() -> None:
    """Make the letter known: its link is for whoever reads this very mailbox."""
    register(Letter(LETTER, _l("Invite them to work on the service"), only_there=True))


@dataclass(frozen=True)
class OfferLine:
    """An open offer as the inviter reads it: what they typed, and until when it can be accepted."""

    id: int
    name: str
    email: str
    roles: Sequence[Role]
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Offered:
    """An offer as the owner of the mailbox reads it.

    asked_by: the inviter's name, None for the command line. sets_up: they choose a password and a
    second factor to accept; has_account: they have used the service without one until now.
    """

    id: int
    name: str
    email: str
    roles: Sequence[Role]
    on_behalf_of: str | None
    asked_by: str | None
    sets_up: bool
    has_account: bool


@dataclass(frozen=True)
class SetUp:
    """What somebody without a password chooses to accept: their name, password, second factor."""

    name: str
    password: str
    secret: str
    code: str


def make(
    actor: Actor,
    email: str,
    name: str,
    roles: frozenset[Role],
    *,
    organisation_id: int | None = None,
    on_behalf_of: str | None = None,
    why: str = "",
) -> int:
    """Offer these roles at the address, by letter; returns the id of the offer.

    The same offer made again, while it is open, is sent again. Raises Conflict for too many letters
    to one address.
    """
    wanted = sorted(role.value for role in roles)
    offer = queries.same_offer(email.strip(), wanted, organisation_id)
    if offer is None:
        offer = Offer(
            email=email.strip(),
            name=name,
            roles=wanted,
            organisation_id=organisation_id,
            on_behalf_of=on_behalf_of,
            asked_by_user_id=actor.user_id,
            asked_at=clock.now(),
            expires_at=clock.now() + LIFETIME,
        )
    with audit.acting(actor, AuditVerb.USER_OFFER):
        offer.name = name
        offer.why = why.strip() or None
        offer.expires_at = clock.now() + LIFETIME
        db.session.add(offer)
        db.session.flush()
    _send(actor, offer)
    return offer.id


def _send(actor: Actor, offer: Offer) -> None:
    sent = ratelimit.count(f"offer:{actor.user_id}:{offer.email.lower()}", 24 * 60 * 60)
    if sent > LETTERS_A_DAY:
        raise Conflict(
            _(
                "You have sent %(count)s invitations to this address today. Try again tomorrow",
                count=sent - 1,
            ),
            "email",
        )
    link_id = links.make(LINK, offer.id, LIFETIME)
    link = {"endpoint": "accounts.offer", "purpose": LINK, "link_id": str(link_id)}
    messages.post(
        NewMessage(
            letter=LETTER,
            recipient=Recipient(Channel.EMAIL, offer.email, offer.name),
            key=f"{LETTER}:{link_id}",
            context={"link": link},
        )
    )


def open_offers(organisation_id: int | None = None) -> list[OfferLine]:
    """Offers that nobody has accepted yet, of an organisation or (None) of the programme itself."""
    return [
        OfferLine(
            row.id,
            row.name,
            row.email,
            [Role(role) for role in row.roles],
            row.asked_at,
            row.expires_at,
        )
        for row in queries.open_offers(organisation_id)
    ]


def withdraw(actor: Actor, offer_id: int, organisation_id: int | None = None) -> None:
    """The offer can't be accepted any more. Twice is once.

    Raises NotFound, also for another organisation's; Conflict once it was accepted.
    """
    actor.require("users:change" if organisation_id is None else "organisations:change")
    offer = db.session.get(Offer, offer_id, with_for_update=True, populate_existing=True)
    if offer is None or offer.organisation_id != organisation_id:
        raise NotFound()
    if offer.accepted_at is not None:
        raise Conflict(_("They have just accepted the invitation."))
    if offer.withdrawn_at is None:
        with audit.acting(actor, AuditVerb.USER_WITHDRAW_OFFER):
            offer.withdrawn_at = clock.now()
        links.end(LINK, offer.id)


def look(token: str) -> Offered | None:
    """What is offered, while it can be accepted. Changes nothing."""
    subject = links.look(LINK, token)
    offer = queries.open_offer(int(subject)) if subject else None
    if offer is None:
        return None
    user = queries.user_by_email(offer.email)
    if user is not None and user.deactivated_at is not None:
        return None
    inviter = queries.user(offer.asked_by_user_id) if offer.asked_by_user_id else None
    return Offered(
        id=offer.id,
        name=offer.name,
        email=offer.email,
        roles=[Role(role) for role in offer.roles],
        on_behalf_of=offer.on_behalf_of,
        asked_by=inviter.name if inviter else None,
        sets_up=user is None or user.password_hash is None,
        has_account=user is not None,
    )


@dataclass(frozen=True)
class Accepted:
    """Who accepted, and whether a role of theirs still needs a second person, or 24 hours."""

    user_id: int
    waits: bool


def accept(token: str, on: date, setup: SetUp | None = None) -> Accepted:
    """The owner of the mailbox takes the roles, from `on` or once a second person agrees.

    setup: needed where `Offered.sets_up`. Raises InvalidInput.
    """
    offered = look(token)
    if offered is None or offered.sets_up != (setup is not None):
        raise _gone()
    step = None
    if setup is not None:
        passwords.check_new(setup.password, about=passwords.known_words(setup.name, offered.email))
        step = signin.step_of(setup.secret, setup.code)
        if step is None:
            raise InvalidInput(signin.WRONG_CODE, "code")
    if links.spend(LINK, token) is None:
        raise _gone()
    offer = db.session.get_one(Offer, offered.id, with_for_update=True, populate_existing=True)
    user = queries.user_by_email(offer.email) or service.make_user(PUBLIC, offer.email, offer.name)
    if setup is not None and step is not None:
        _set_up(user, setup, step)
    waits = not _give(offer, user, on)
    if offered.has_account:
        telling.sign_in_changed(user.id)
    return Accepted(user.id, waits)


def _gone() -> InvalidInput:
    return InvalidInput(_("This invitation has been used or has expired. Ask for a new one"))


def _set_up(user: User, setup: SetUp, step: int) -> None:
    if not queries.is_ever_staff(user.id) and user.name != setup.name:
        with audit.acting(PUBLIC, AuditVerb.USER_RENAME):
            user.name = setup.name
    signin.set_up(user, setup.password, setup.secret, step)


def _give(offer: Offer, user: User, on: date) -> bool:
    """The roles, by the inviter's decision and that of whoever has to agree.

    Returns whether all of them are given.
    """
    by = offer.asked_by_user_id
    inviter = Actor("user", user_id=by) if by is not None else SYSTEM
    with audit.acting(PUBLIC, AuditVerb.USER_ACCEPT_OFFER):
        offer.accepted_at = clock.now()
        offer.user_id = user.id
        db.session.flush()
    why = offer.why or (
        _("Partner coordinator of %(name)s", name=offer.on_behalf_of) if offer.on_behalf_of else ""
    )
    wishes = [
        powers.Wish(role, on, organisation_id=offer.organisation_id, why=why)
        for role in sorted(Role(each) for each in offer.roles)
        if role in STAFF_ROLES
    ]
    return all([powers.give(inviter, user, wish) for wish in wishes])
