"""Offers of roles, sent to an email address. Nothing changes until the owner accepts.

The inviter must not find out whether we know the email address, so making an offer never looks it
up. `app.signin.acceptance` handles accepted offers, and finds or creates the user.
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
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.permissions import Role
from app.messages import service as messages
from app.messages.letters import add_letter
from app.messages.types import Channel, Letter, NewMessage, Recipient

LINK = LETTER = "offer"
LIFETIME = timedelta(days=7)
MAX_LETTERS_PER_DAY = 5  # from one inviter to one mailbox


def register_letter() -> None:
    """Register the letter. Only the owner of the mailbox can read its link."""
    add_letter(Letter(LETTER, _l("Invite them to work on the service"), fixed_address=True))


@dataclass(frozen=True)
class OfferRow:
    """An open offer, with the name and email address as the inviter typed them."""

    id: int
    name: str
    email: str
    roles: Sequence[Role]
    asked_at: datetime
    expires_at: datetime


def make_offer(
    actor: Actor,
    email: str,
    name: str,
    roles: frozenset[Role],
    *,
    organisation_id: int | None = None,
    on_behalf_of: str | None = None,
    why: str = "",
) -> int:
    """Send an offer of roles to an email address, and return the ID of the offer.

    If an identical offer is open, it is renewed and sent again. Raises InvalidInput if a partner
    coordinator's organisation is missing, and Conflict if the inviter has sent too many letters to
    this address today.
    """
    if Role.PARTNER in roles and organisation_id is None:
        raise InvalidInput(
            _(
                "A partner coordinator must belong to an organisation. Send the invitation from the"
                " organisation’s page"
            ),
            "roles",
        )
    role_values = sorted(role.value for role in roles)
    offer = queries.lock_identical_offer(email.strip(), role_values, organisation_id)
    if offer is None:
        offer = Offer(
            email=email.strip(),
            name=name,
            roles=role_values,
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
    _send_offer(actor, offer)
    return offer.id


def _send_offer(actor: Actor, offer: Offer) -> None:
    sent = ratelimit.count_attempt(f"offer:{actor.user_id}:{offer.email.lower()}", 24 * 60 * 60)
    if sent > MAX_LETTERS_PER_DAY:
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


def open_offers(organisation_id: int | None = None) -> list[OfferRow]:
    """Return an organisation's open offers, or those without an organisation if the ID is None."""
    return [
        OfferRow(
            row.id,
            row.name,
            row.email,
            [Role(role) for role in row.roles],
            row.asked_at,
            row.expires_at,
        )
        for row in queries.open_offers(organisation_id)
    ]


def withdraw_offer(actor: Actor, offer_id: int, organisation_id: int | None = None) -> None:
    """Withdraw an offer, so that it cannot be accepted. Idempotent.

    Raises NotFound if the offer is not the organisation's, and Conflict if it has been accepted.
    """
    actor.require("users:change" if organisation_id is None else "organisations:change")
    offer = db.session.get(Offer, offer_id, with_for_update=True, populate_existing=True)
    if offer is None or offer.organisation_id != organisation_id:
        raise NotFound()
    if offer.accepted_at is not None:
        raise Conflict(_("This person has just accepted the invitation."))
    if offer.withdrawn_at is None:
        with audit.acting(actor, AuditVerb.USER_WITHDRAW_OFFER):
            offer.withdrawn_at = clock.now()
        links.revoke(LINK, offer.id)
