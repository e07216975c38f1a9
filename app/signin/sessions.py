"""Sessions of signed-in users, and the actors made from them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from flask import Flask, g, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from app.accounts import queries
from app.core import audit, clock, programme, public_ids, registry
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.permissions import STAFF_ROLES, Role
from app.web.http import STAFF_SESSION_KEY

STAFF_LIFETIME = timedelta(hours=12)
CHAMPION_LIFETIME = timedelta(days=14)
SHORT_LIFETIME = timedelta(hours=1)  # on a shared device, and for protected people
UNLOCKED_FOR = timedelta(minutes=10)  # after the memorable word is entered
IDLE_MINUTES = 30  # for staff; the programme may set another number (staff_idle_minutes)
SEEN_INTERVAL = timedelta(minutes=1)  # how often the session records a request
# Keys of the session:
SIGNED_IN_AT = "signed_in_at"
BEGAN_AT = "began_at"  # when the user signed in; unlike SIGNED_IN_AT, it is never moved
LAST_SEEN_AT = "seen_at"  # the time of the latest request
SHARED_DEVICE = "shared"  # True if other people use the device
UNLOCKED_AT = "opened_at"  # when a champion gave their memorable word

login_manager = LoginManager()


class SessionUser(UserMixin):
    """The signed-in user of a request."""

    def __init__(
        self, user_id: int, name: str, roles: frozenset[Role], *, unlocked: bool = False
    ) -> None:
        self.id = user_id
        self.name = name
        self.roles = roles
        self.unlocked = unlocked

    def get_id(self) -> str:
        """Return the public identifier, because users can read what the cookie contains."""
        return public_ids.encode("users", self.id)

    @property
    def is_staff(self) -> bool:
        """Return whether the user is staff or a partner."""
        return bool(self.roles & STAFF_ROLES)

    @cached_property
    def actor(self) -> Actor:
        """Return the actor, with today's facts from other rooms."""
        on = clock.today()
        facts: dict[str, Any] = {}
        for find in registry.actor_facts:
            facts.update(find(self.id, on))
        return Actor(
            kind="user",
            name=self.name,
            user_id=self.id,
            roles=self.roles,
            on=on,
            word_entered=self.unlocked,
            **facts,
        )


@login_manager.user_loader
def _load_user(identifier: str) -> SessionUser | None:
    """Return the user of the session, or None if the session has ended."""
    user_id = public_ids.decode("users", identifier)
    since = session.get(SIGNED_IN_AT)
    if user_id is None or since is None:
        return None
    found = queries.user_with_roles(user_id, clock.today())
    if found is None or found[0].deactivated_at is not None:
        return None
    user, roles = found
    signed_in_at = datetime.fromisoformat(since)
    began = datetime.fromisoformat(session.get(BEGAN_AT, since))
    session_user = SessionUser(user.id, user.name, roles, unlocked=unlocked_until() is not None)
    if signed_in_at < user.sessions_from or began + _session_lifetime(session_user) < clock.now():
        return None
    if session_user.is_staff and not _is_active(signed_in_at):
        return None
    return session_user


def unlocked_until() -> datetime | None:
    """Return when private information will be hidden again, or None if it is hidden now."""
    unlocked_at = session.get(UNLOCKED_AT)
    until = datetime.fromisoformat(unlocked_at) + UNLOCKED_FOR if unlocked_at else None
    if until is not None and until <= clock.now():
        session.pop(UNLOCKED_AT)
        return None
    return until


def show_private_information() -> None:
    """Show private information in this session for ten minutes.

    Call this after the memorable word has been checked.
    """
    session[UNLOCKED_AT] = clock.now().isoformat()


def hide_private_information() -> None:
    """Hide private information in this session."""
    session.pop(UNLOCKED_AT, None)


def _is_active(signed_in_at: datetime) -> bool:
    """Record this request, and return whether the previous one was recent enough."""
    now = clock.now()
    last_seen = max(
        signed_in_at, datetime.fromisoformat(session.get(LAST_SEEN_AT, signed_in_at.isoformat()))
    )
    if last_seen + timedelta(minutes=programme.setting("staff_idle_minutes", IDLE_MINUTES)) < now:
        return False
    if LAST_SEEN_AT not in session or last_seen + SEEN_INTERVAL < now:
        session[LAST_SEEN_AT] = now.isoformat()
    return True


def _session_lifetime(user: SessionUser) -> timedelta:
    """Return the lifetime of this session.

    A short session also ends when the browser is closed, even if it became short after the user
    signed in.
    """
    if session.get(SHARED_DEVICE) or user.actor.protected:
        if session.permanent:
            session.permanent = False
        return SHORT_LIFETIME
    return STAFF_LIFETIME if user.is_staff else CHAMPION_LIFETIME


def actor_for_user(user_id: int) -> Actor | None:
    """Return an actor for a user without a session, or None if the user is deactivated.

    This is for background work that the user started.
    """
    found = queries.user_with_roles(user_id, clock.today())
    if found is None or found[0].deactivated_at is not None:
        return None
    return SessionUser(user_id, found[0].name, found[1]).actor


def sign_in(user_id: int, *, shared: bool = False) -> bool:
    """Start a new session for a user, and delete the previous session.

    ``shared`` is True if other people use the device. Returns whether the session is short. Returns
    False without starting a session if the user is deactivated.
    """
    found = queries.user_with_roles(user_id, clock.today())
    if found is None or found[0].deactivated_at is not None:
        return False
    session_user = SessionUser(user_id, found[0].name, found[1])
    session.clear()
    session[SIGNED_IN_AT] = session[BEGAN_AT] = clock.now().isoformat()
    if shared:
        session[SHARED_DEVICE] = True
    short = shared or session_user.actor.protected
    session.permanent = not short
    session[STAFF_SESSION_KEY] = session_user.is_staff
    login_user(session_user)
    for notify in registry.on_signed_in:
        notify(session_user.actor)
    return short


def keep_current_session() -> None:
    """Continue the current session after all of the user's sessions have been ended."""
    if SIGNED_IN_AT in session:
        session[SIGNED_IN_AT] = clock.now().isoformat()


def sign_out() -> None:
    """Sign the user out on all devices, so that copies of the session cookie stop working."""
    if current_user.is_authenticated:
        user = queries.user(current_user.id)
        if user is not None:
            with audit.acting(current_user.actor, AuditVerb.USER_SIGN_OUT):
                user.sessions_from = clock.now()
    logout_user()
    session.clear()


def sign_out_and_delete_cookie(response: Response) -> None:
    """Sign the user out and delete the session cookie, even if the session has already ended."""
    sign_out()
    session.modified = True  # Flask deletes the cookie of an empty session


def delete_cookie_offline(response: Response) -> None:
    """Delete the session cookie in this browser when the database cannot be reached."""
    session.clear()
    session.modified = True


def forget_user() -> None:
    """Treat the rest of this request as anonymous.

    Used when the database cannot be reached. Flask-Login would otherwise query it again for the
    error page.
    """
    g._login_user = login_manager.anonymous_user()  # where Flask-Login stores it


def install(app: Flask) -> None:
    """Set up Flask-Login for `app`."""
    login_manager.session_protection = None  # phones change addresses; cookies are signed
    login_manager.init_app(app)
