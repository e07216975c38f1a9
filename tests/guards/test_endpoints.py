"""No address ships without a decision on who may open it."""

from __future__ import annotations

from flask import Flask

from app.core.http import declared_permission
from app.core.permissions import PERMISSIONS, Role

# Everybody may open these; adding one is a decision, so it is made here too.
PUBLIC = {
    "accounts.ask_to_try",
    "accounts.code",
    "accounts.invitation",
    "accounts.link_sent",
    "accounts.offer",
    "accounts.sign_in",
    "accounts.sign_out",
    "accounts.staff_sign_in",
    "accounts.try_link_sent",
    "accounts.try_now",
    "accounts.use_link",
    "matching.answer",
    "profile.left",
    "profile.withdrawn",
    "safeguarding.sent",
    "safeguarding.worried",
}
PUBLIC_PREFIXES = ("site.", "messages.dev_", "registration.register", "registration.confirm")


def test_every_endpoint_declares_a_permission_or_is_public(app: Flask) -> None:
    silent = []
    for endpoint in app.view_functions:
        try:
            declared_permission(app, endpoint)
        except LookupError:
            silent.append(endpoint)
    assert silent == []


def test_every_permission_asked_for_is_somebodys(app: Flask) -> None:
    granted = frozenset().union(*PERMISSIONS.values())
    asked = {declared_permission(app, endpoint) for endpoint in app.view_functions} - {None}
    assert asked - granted == set()


def test_the_public_has_no_permission() -> None:
    assert set(PERMISSIONS) == set(Role)


def test_a_write_is_never_a_get(app: Flask) -> None:
    """Verbs in addresses that change something answer to POST only."""
    verbs = ("approve", "decline", "delete", "cancel", "revoke", "complete", "ask", "settle")
    for rule in app.url_map.iter_rules():
        last = rule.rule.rstrip("/").rpartition("/")[2]
        if last in verbs and "GET" in (rule.methods or set()):
            form_shown_first = "POST" in (rule.methods or set())
            assert form_shown_first, rule.rule
