"""Functions that the accounts room registers for lower rooms to call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.accounts import invitations, notifications, offers, powers, role_requests, writers
from app.core import registry
from app.core.actor import Actor
from app.core.registry import NavigationItem, ToDo


def _navigation() -> Sequence[NavigationItem]:
    return [
        NavigationItem(_l("Users"), "accounts.users", "users:read", 80, more=True),
        NavigationItem(_l("Audit log"), "accounts.audit_log", "audit:read", 85, more=True),
    ]


def _todos(actor: Actor, on: date) -> Sequence[ToDo]:
    count = role_requests.count_pending_requests(actor) if actor.may("roles:decide") else 0
    if not count:
        return []
    text = ngettext("Approve or refuse %(num)d role", "Approve or refuse %(num)d roles", count)
    return [ToDo(text, count, url_for("accounts.role_requests"), order=15, urgent=True)]


def install() -> None:
    """Register this package's letters, and its functions with app.core.registry."""
    invitations.register_letter()
    offers.register_letter()
    powers.register_letters()
    notifications.register_letters()
    registry.navigation.register(_navigation)
    registry.todos.register(_todos)
    registry.readable_writers.register(writers.readable_writers)
