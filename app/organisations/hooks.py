"""What the organisations room hangs into lower rooms."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from app.core import registry
from app.core.registry import NavigationItem
from app.organisations import queries, secrecy, service


def _navigation() -> Sequence[NavigationItem]:
    return [
        NavigationItem(_l("Organisations"), "organisations.organisations", "organisations:read", 70)
    ]


def install() -> None:
    """Register with app.core.registry."""
    registry.actor_facts.register(queries.partner_facts)
    registry.navigation.register(_navigation)
    registry.known_words.register(queries.names)
    registry.on_offer_accepted.register(service.coordinator_accepted)
    registry.unsettled.register(service.settle_sites)
    registry.unseen_doers.register(secrecy.acts_for_hidden)
