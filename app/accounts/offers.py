"""Offering somebody a role at an address: nothing changes until they accept in their mailbox.

Making an offer looks nobody up, so it does the same work for an address that we know and for one
that we don't, and tells the inviter nothing. Accepting finds the user of the address, or makes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import queries
from app.accounts.models import Offer
from app.core import audit, clock, links, ratelimit
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.permissions import Role
from app.messages import service as messages
from app.messages.letters import register
from app.messages.types import Channel, Letter, NewMessage, Recipient

LINK = LETTER = "offer"
LIFETIME = timedelta(days=7)
LETTERS_A_DAY = 5  # from one inviter to one address


def register_letter() -> None:
    """Make the letter known: its link is for whoever reads this very mailbox."""
    register(Letter(LETTER, _l("Invite them to work on the service"), fixed_address=True))


@dataclass(frozen=True)
class OfferLine:
    """An open offer as the inviter reads it: what they typed, and until when it can be accepted."""

    id: int
    name: str
    email: str
    roles: Sequence[Role]
    asked_at: datetime
    expires_at: datetime


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
    link_id = links.create(LINK, offer.id, LIFETIME)
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
        links.revoke(LINK, offer.id)
