"""Request handling: permissions, one commit for each request, request IDs and security headers.

Each view is declared with `@public` or `@requires("scope:verb")`. A view with neither returns 404
and fails a test. If the actor is not allowed to open a page, the response is the same as for a page
that does not exist.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from app.core import audit, clock, public_ids
from app.core.actor import PUBLIC, Actor
from app.core.db import db
from app.core.errors import NotFound

View = TypeVar("View", bound=Callable[..., Any])
log = structlog.get_logger()

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
}
STAFF_SESSION_KEY = "on_staff"  # session key: after this session, sign in on the staff page
USER_SESSION_KEY = "_user_id"  # Flask-Login's session key for the user
FIRST_REDIRECT = "champions.first-redirect"  # registered by app.web.once, which imports this module
OMITTED_FIELDS = frozenset(
    {"csrf_token", "password", "code", "secret", "submission", "word", "proof"}
)
_UNSAFE_TARGET = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\\]")
# Our paths never contain control characters, bytes that are not UTF-8 (read as U+FFFD), or marks
# that change the text direction.
_IMPOSSIBLE_PATH = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")


def public(view: View) -> View:
    """Allow everybody to open this view."""
    cast(Any, view).permission = None  # a mark on the function
    return view


def requires(permission: str) -> Callable[[View], View]:
    """Allow only actors with `permission` to open this view.

    Other actors get the same response as for a page that does not exist.
    """

    def mark(view: View) -> View:
        cast(Any, view).permission = permission  # a mark on the function
        return view

    return mark


def declared_permission(app: Flask, endpoint: str) -> str | None:
    """Return the permission that an endpoint requires, or None if it is public.

    Raises LookupError if the endpoint has neither decorator.
    """
    if endpoint == "static":
        return None
    view = app.view_functions[endpoint]
    if not hasattr(view, "permission"):
        raise LookupError(endpoint)
    permission: str | None = view.permission
    return permission


def actor() -> Actor:
    """Return the actor of this request."""
    if "actor" not in g:
        g.actor = current_user.actor if current_user.is_authenticated else PUBLIC
    current: Actor = g.actor
    return current


def today() -> date:
    """Return today's date in London. Views must use this function to get the date."""
    return clock.today()


def now() -> datetime:
    """Return the current time. Views must use this function to get the time."""
    return clock.now()


def is_cross_site() -> bool:
    """Return whether another site sent this request, according to the Fetch Metadata headers.

    Returns False for older browsers, which do not send these headers.
    """
    return request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")


def safe_next(target: str | None, default: str) -> str:
    """Return `target` if it is a path on this site, otherwise `default`.

    Targets with control characters or backslashes are not accepted, because browsers remove control
    characters and treat a backslash as a slash.
    """
    if not target or _UNSAFE_TARGET.search(target):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    is_on_site = not parts.scheme and not parts.netloc and target.startswith("/")
    return target if is_on_site and not target.startswith("//") else default


def _start_request() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.match(given) else uuid.uuid4().hex
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _check_permission() -> AnyResponse | None:
    if _IMPOSSIBLE_PATH.search(request.path):
        raise NotFound()
    if request.endpoint is None:
        return None  # no such page: Flask responds with 404
    try:
        permission = declared_permission(current_app, request.endpoint)
    except LookupError:
        log.error("endpoint declares no permission", endpoint=request.endpoint)
        raise NotFound() from None
    current = actor()
    audit.set_actor(current)
    if permission is None or current.may(permission):
        return None
    if current.kind == "public":
        return _redirect_to_sign_in()
    raise NotFound()


def _redirect_to_sign_in() -> AnyResponse:
    """Redirect to the sign-in page. After signing in, the user returns to this page.

    If the session has ended, a message says so, and the page shows the submitted values.
    """
    sign_in = "accounts.staff_sign_in" if session.get(STAFF_SESSION_KEY) else "accounts.sign_in"
    can_be_opened = request.url_rule is not None and "GET" in (request.url_rule.methods or ())
    sign_in_url = url_for(sign_in, next=request.full_path if can_be_opened else None)
    if USER_SESSION_KEY not in session:
        return redirect(sign_in_url)
    if request.method == "POST":
        first_target = current_app.extensions[FIRST_REDIRECT]()
        if first_target is not None:
            return redirect(first_target)
        page = render_template("signin/signed_out.html", typed=_form_values(), url=sign_in_url)
        return Response(page, 401)
    flash(_("You have been signed out. Sign in to continue."))
    return redirect(sign_in_url)


def _form_values() -> list[tuple[str, str]]:
    """Return the (label, value) pairs of the submitted form, except hidden and secret fields."""
    return [
        (name.replace("_", " ").replace("-", " ").capitalize(), value)
        for name, value in request.form.items(multi=True)
        if value.strip() and name not in OMITTED_FIELDS
    ]


def _commit(response: Response) -> Response:
    """Commit if the request succeeded, otherwise roll back."""
    if response.status_code < 400:
        db.session.commit()
    else:
        db.session.rollback()
    return response


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static" and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def url_pattern() -> str:
    """Return the URL pattern of the request for logs. The URL itself can contain secrets."""
    return str(request.url_rule or "(no such page)")


def _log_request(response: Response) -> Response:
    milliseconds = round(1000 * (time.perf_counter() - g.began), 1) if "began" in g else None
    log.info(
        "request",
        method=request.method,
        route=url_pattern(),
        status=response.status_code,
        milliseconds=milliseconds,
    )
    return response


def install(app: Flask) -> None:
    """Add request handling to `app`. Flask calls after_request functions in reverse order."""
    public_ids.install(app)
    app.before_request(_start_request)
    app.before_request(_check_permission)
    app.after_request(_log_request)
    app.after_request(_add_headers)
    app.after_request(_commit)
