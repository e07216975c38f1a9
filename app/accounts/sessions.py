"""Who is signed in, for how long, and the Actor made from them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Flask, g, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from app.accounts import queries
from app.core import audit, clock, programme, public_ids, registry
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.permissions import STAFF_ROLES, Role
from app.web.http import STAFF_MARK

STAFF_STAY = timedelta(hours=12)
CHAMPION_STAY = timedelta(days=14)
SHORT_STAY = timedelta(hours=1)  # on a shared device, and for who must be careful
SHARED = "shared"  # in the session: its device has other users
OPENED = "opened_at"  # in the session: the instant a champion gave their private word
OPEN_FOR = timedelta(minutes=10)
STAFF_IDLE = 30  # minutes without a page; the programme may say otherwise (staff_idle_minutes)
SEEN = "seen_at"  # in the session: the newest page that was asked for
SEEN_AGAIN = timedelta(minutes=1)  # how often that is noted
BEGAN = "began_at"  # in the session: the instant of signing in, which nothing moves

login_manager = LoginManager()


class SignedIn(UserMixin):
    """The signed-in user of a request."""

    def __init__(
        self, user_id: int, name: str, roles: frozenset[Role], *, opened: bool = False
    ) -> None:
        self.id = user_id
        self.name = name
        self.roles = roles
        self.opened = opened

    def get_id(self) -> str:
        """What the session cookie names the user by: it can be read, though not changed."""
        return public_ids.encode("users", self.id)

    @property
    def is_staff(self) -> bool:
        """Whether they work on the service, or for a partner."""
        return bool(self.roles & STAFF_ROLES)

    def as_actor(self) -> Actor:
        """The Actor, with what other rooms know about this user today."""
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
            opened=self.opened,
            **facts,
        )


@login_manager.user_loader
def _load(identifier: str) -> SignedIn | None:
    """The user of the session cookie, unless they were signed off or have been here too long."""
    user_id = public_ids.decode("users", identifier)
    user = queries.user(user_id) if user_id is not None else None
    if user is None or user.deactivated_at is not None:
        return None
    since = session.get("signed_in_at")
    if since is None:
        return None
    at = datetime.fromisoformat(since)
    began = datetime.fromisoformat(session.get(BEGAN, since))
    roles = queries.roles_on(user.id, clock.today())
    if at < user.sessions_from or began + _longest(user.id, roles) < clock.now():
        return None
    if roles & STAFF_ROLES and not _is_here(at):
        return None
    return SignedIn(user.id, user.name, roles, opened=opened_until() is not None)


def opened_until() -> datetime | None:
    """Until when this session shows what is behind the private word; None: it does not."""
    given = session.get(OPENED)
    until = datetime.fromisoformat(given) + OPEN_FOR if given else None
    if until is not None and until <= clock.now():
        session.pop(OPENED)
        return None
    return until


def open_rest() -> None:
    """The private word was right: this session shows what is behind it for ten minutes."""
    session[OPENED] = clock.now().isoformat()


def close_rest() -> None:
    """This session shows it no longer."""
    session.pop(OPENED, None)


def _is_here(signed_in_at: datetime) -> bool:
    """Whether somebody of staff asked for a page lately; notes that they do now."""
    now = clock.now()
    seen = max(signed_in_at, datetime.fromisoformat(session.get(SEEN, signed_in_at.isoformat())))
    if seen + timedelta(minutes=programme.setting("staff_idle_minutes", STAFF_IDLE)) < now:
        return False
    if SEEN not in session or seen + SEEN_AGAIN < now:
        session[SEEN] = now.isoformat()
    return True


def _longest(user_id: int, roles: frozenset[Role]) -> timedelta:
    """How long the session of this request may last after signing in.

    A short one ends with the browser, also when the reason came after signing in.
    """
    if session.get(SHARED) or _must_be_short(user_id):
        if session.permanent:
            session.permanent = False
        return SHORT_STAY
    return STAFF_STAY if roles & STAFF_ROLES else CHAMPION_STAY


def _must_be_short(user_id: int) -> bool:
    return any(ask(user_id) for ask in registry.short_sessions)


def actor_of(user_id: int) -> Actor | None:
    """The Actor a user is today, without a session: for work they started. None: signed off."""
    user = queries.user(user_id)
    if user is None or user.deactivated_at is not None:
        return None
    return SignedIn(user.id, user.name, queries.roles_on(user.id, clock.today())).as_actor()


def sign_in(user_id: int, *, shared: bool = False) -> bool:
    """Start a session for the user; whatever the session held before is gone.

    shared: others use the device too. Returns whether the session is a short one.
    """
    user = queries.user(user_id)
    if user is None or user.deactivated_at is not None:
        return False
    session.clear()
    session["signed_in_at"] = session[BEGAN] = clock.now().isoformat()
    if shared:
        session[SHARED] = True
    short = shared or _must_be_short(user.id)
    session.permanent = not short
    signed_in = SignedIn(user.id, user.name, queries.roles_on(user.id, clock.today()))
    session[STAFF_MARK] = signed_in.is_staff
    login_user(signed_in)
    return short


def stay() -> None:
    """This device stays signed in where all others of the user have just been signed out."""
    if "signed_in_at" in session:
        session["signed_in_at"] = clock.now().isoformat()


def sign_out() -> None:
    """Sign the user out, here and on every other device: no copy of a cookie opens anything."""
    if current_user.is_authenticated:
        user = queries.user(current_user.id)
        if user is not None:
            with audit.acting(current_user.as_actor(), AuditVerb.USER_SIGN_OUT):
                user.sessions_from = clock.now()
    logout_user()
    session.clear()


def leave(response: Response) -> None:
    """Sign out, and expire the session's cookie in the browser even where it opened nothing."""
    sign_out()
    session.modified = True  # Flask expires the cookie of a session that was emptied


def read_nobody() -> None:
    """The rest of this request is nobody's: who is signed in can't be looked up.

    Flask-Login would look it up for the page that says that the database is out of reach.
    """
    g._login_user = login_manager.anonymous_user()  # where Flask-Login keeps it


def leave_offline(response: Response) -> None:
    """The same while the database is out of reach: only this browser forgets the session."""
    session.clear()
    session.modified = True


def install(app: Flask) -> None:
    """Hang Flask-Login into `app`."""
    login_manager.session_protection = None  # addresses of phones change; cookies are signed
    login_manager.init_app(app)
