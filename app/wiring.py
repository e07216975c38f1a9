"""Creates the application. This is the only module that imports all rooms."""

from __future__ import annotations

import errno
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask, g, render_template, request
from flask_babel import Babel
from flask_babel import gettext as _
from flask_compress import Compress
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
)
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response
from whitenoise import WhiteNoise

import app.accounts.cli
import app.accounts.hooks
import app.accounts.models
import app.accounts.views
import app.applications.hooks
import app.applications.views
import app.areas.hooks
import app.areas.models
import app.areas.views
import app.attendance.hooks
import app.attendance.views
import app.certificates.hooks
import app.certificates.models
import app.certificates.views
import app.changes.hooks
import app.changes.models
import app.core.heartbeats
import app.core.jobs
import app.core.links
import app.core.public_ids
import app.courses.hooks
import app.courses.models
import app.courses.views
import app.coverage.cli
import app.coverage.hooks
import app.coverage.models
import app.coverage.views
import app.identity.hooks
import app.imports.cli
import app.imports.models
import app.matching.hooks
import app.matching.models
import app.matching.views
import app.messages.cli
import app.messages.hooks
import app.messages.models
import app.messages.views
import app.organisations.hooks
import app.organisations.models
import app.organisations.views
import app.people.duplicate_models
import app.people.hooks
import app.people.membership_models
import app.people.models
import app.profile.hooks
import app.profile.views
import app.records.hooks
import app.records.views
import app.registration.hooks
import app.registration.models
import app.registration.views
import app.reminders.cli
import app.reminders.hooks
import app.reminders.models
import app.reminders.views
import app.renewals.hooks
import app.rescheduling.hooks
import app.rescheduling.views
import app.safeguarding.hooks
import app.safeguarding.models
import app.safeguarding.views
import app.signin.hooks
import app.signin.sessions
import app.signin.views
import app.site.cli
import app.site.facts
import app.site.hooks
import app.site.models
import app.site.views
import app.standing.hooks
import app.standing.views
import app.targets.models
from app.core import logs, parsing, programme, registry, words
from app.core.actor import PUBLIC
from app.core.commands import LazyGroup
from app.core.db import db, migrate
from app.core.errors import DomainError
from app.core.permissions import STAFF_ROLES
from app.web import assets, http, once, rejected_forms
from config import ROOT, Settings

ROOMS = (
    app.messages,
    app.accounts,
    app.signin,
    app.areas,
    app.organisations,
    app.people,
    app.identity,
    app.changes,
    app.registration,
    app.certificates,
    app.applications,
    app.courses,
    app.renewals,
    app.rescheduling,
    app.attendance,
    app.matching,
    app.standing,
    app.reminders,
    app.records,
    app.profile,
    app.coverage,
    app.safeguarding,
    app.site,
)
# signin uses the accounts blueprint; the others have no pages
WITHOUT_BLUEPRINT = (app.people, app.identity, app.changes, app.renewals, app.signin)
GROUPS = (
    app.accounts.cli.group,
    LazyGroup(
        "geography",
        "app.areas.cli",  # loads PROJ and GEOS
        help="Places: wards, LSOAs, towns, postcodes, indicators, importers.",
    ),
    app.imports.cli.group,
    app.messages.cli.group,
    app.reminders.cli.group,
    LazyGroup(
        "matching",
        "app.matching.cli",  # loads the solver
        help="Matching people with needs.",
    ),
    app.coverage.cli.group,
    app.site.cli.group,
)
MAX_MAIN_LINE_ITEMS = 6  # navigation items that fit in one line
DATABASE_IS_DOWN = (OperationalError, InterfaceError, NoConnectionInTime)
ERROR_PAGES = (403, 404, 409, 413, 422, 429, 500, 503)
csrf = CSRFProtect()
compress = Compress()
babel = Babel()
log = structlog.get_logger()


def make_app(settings: Settings) -> Flask:
    """Return an application with these settings."""
    logs.configure(as_json=settings.is_production)
    site = Flask("app", template_folder=str(ROOT / "templates"), static_folder=None)
    site.config.update(_configuration(settings))
    site.jinja_env.undefined = StrictUndefined
    site.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(str(ROOT / "templates")),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    db.init_app(site)
    migrate.init_app(site, db)
    csrf.init_app(site)
    compress.init_app(site)
    babel.init_app(site, default_locale="en_GB", default_timezone="Europe/London")
    rejected_forms.install(site)
    http.install(site)
    once.install(site)
    app.signin.sessions.install(site)
    for room in ROOMS:
        if room not in WITHOUT_BLUEPRINT:
            site.register_blueprint(room.views.blueprint)
        room.hooks.install()
    for group in GROUPS:
        site.cli.add_command(group)
    if not settings.is_production:
        from app.demo.cli import group as demonstration  # not loaded in production

        site.cli.add_command(demonstration)
    _add_template_globals(site)
    _add_error_pages(site)
    _serve_static_files(site)
    if settings.is_production:
        site.wsgi_app = ProxyFix(site.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]  # as Flask documents it
    return site


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "SETTINGS": settings,
        "APP_ENV": settings.app_env,
        "TESTING": settings.app_env == "test",
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PUBLIC_URL": settings.public_url,
        "MAIL_URL": settings.mail_url,
        "NOTIFY_WORKER": settings.app_env != "test",
        "SESSION_COOKIE_NAME": "__Host-session" if settings.is_secure else "session",
        "SESSION_COOKIE_SECURE": settings.is_secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=14),
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "WTF_CSRF_SSL_STRICT": False,  # pages send no referrer; the token is what counts
        "MAX_CONTENT_LENGTH": 5 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 500_000,
        "PREFERRED_URL_SCHEME": "https" if settings.is_secure else "http",
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": 4,
        "COMPRESS_MIMETYPES": ["text/html", "application/json", "image/svg+xml", "text/csv"],
    }


def _add_template_globals(site: Flask) -> None:
    site.jinja_env.filters.update(
        long_date=words.long_date,
        weekday_date=words.weekday_date,
        month_year=words.month_year,
        short_time=words.short_time,
        long_datetime=words.long_datetime,
        join_list=words.join_list,
        allow_line_breaks=words.allow_line_breaks,
    )
    site.jinja_env.globals.update(
        asset=assets.asset,
        format_phone=parsing.format_phone,
        decided_within=app.site.facts.decided_within,
        app_env=site.config["APP_ENV"],
    )

    @site.context_processor
    def _facts() -> dict[str, Any]:
        if g.get("database_is_down"):
            return {
                "programme": None,
                "actor": PUBLIC,
                "navigation": {"line": [], "more": []},
                "request_id": g.get("request_id", ""),
            }
        return {
            "programme": programme.current(),
            "actor": http.actor(),
            "navigation": _navigation(),
            "request_id": g.get("request_id", ""),
        }


def _navigation() -> dict[str, list[dict[str, Any]]]:
    """Return the items of the service navigation that the actor can open.

    There are two lists: the items in the main line, and the items under “More”. For staff, public
    items and items that do not fit in the main line are under “More”.
    """
    actor = http.actor()
    is_staff = bool(actor.roles & STAFF_ROLES)
    items = [item for entries in registry.navigation for item in entries()]
    items.sort(key=lambda item: item.order)
    public = [item for item in items if item.permission == "public"]
    own = [item for item in items if actor.may(item.permission)]
    is_folded = len(own) > MAX_MAIN_LINE_ITEMS
    found: dict[str, list[dict[str, Any]]] = {"line": [], "more": []}
    for item in (*own, *public):
        under_more = is_staff if item.permission == "public" else is_folded and item.more
        found["more" if under_more else "line"].append(
            {
                "text": item.label,
                "endpoint": item.endpoint,
                "current": request.endpoint == item.endpoint,
            }
        )
    return found


def _error_page(
    status: int, message: str | None = None, *, database_is_down: bool = False
) -> tuple[str, int]:
    """Return the page for an error.

    If the database cannot be reached while the page is rendered, return a page that says so.
    """
    db.session.rollback()
    g.pop("programme", None)
    g.database_is_down = database_is_down
    if database_is_down:
        app.signin.sessions.forget_user()
    template = f"errors/{status if status in ERROR_PAGES else 400}.html"
    try:
        return render_template(template, message=message, status=status), status
    except DATABASE_IS_DOWN as error:  # the layout reads the programme and the user
        log.error("database not reachable", route=http.url_pattern(), error=error)
        return _error_page(503, database_is_down=True)


def _page_without_database(error: BaseException) -> Response | tuple[str, int]:
    log.error("database not reachable", route=http.url_pattern(), error=error)
    if request.endpoint == "site.exit":
        db.session.rollback()
        return app.site.views.exit_offline()
    return _error_page(503, database_is_down=True)


def _add_error_pages(site: Flask) -> None:
    for kind in DATABASE_IS_DOWN:
        site.register_error_handler(kind, _page_without_database)

    @site.errorhandler(DomainError)
    def _domain_error(error: DomainError) -> tuple[str, int]:
        return _error_page(error.status, None if error.status == 404 else error.message)

    @site.errorhandler(CSRFError)
    def _csrf_error(error: CSRFError) -> tuple[str, int]:
        return _error_page(
            400,
            _(
                "You had this page open for too long, or your browser is blocking cookies. Try"
                " again."
            ),
        )

    @site.errorhandler(HTTPException)
    def _http_error(error: HTTPException) -> Response | tuple[str, int]:
        if error.code is None or error.code < 400:
            return error.get_response()  # a redirect from the router
        failed = getattr(error, "original_exception", None)
        if isinstance(failed, DATABASE_IS_DOWN):  # at the commit, after the view
            return _page_without_database(failed)
        return _error_page(error.code, database_is_down=error.code == 503)

    @site.errorhandler(Exception)
    def _unexpected(error: Exception) -> tuple[str, int]:
        return _error_page(_log_unexpected_error(error))


def _log_unexpected_error(error: Exception) -> int:
    """Log an unexpected error, and return the HTTP status of its page."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        log.error("disk full", route=http.url_pattern(), error=error)
        return 503
    log.exception("request failed", route=http.url_pattern())
    return 500


def _serve_static_files(site: Flask) -> None:
    """Serve the compressed files in app/static. Browsers can cache hashed files for ever."""
    folder = ROOT / "app/static"
    folder.mkdir(exist_ok=True)
    site.wsgi_app = WhiteNoise(  # type: ignore[method-assign]  # as Flask documents it
        site.wsgi_app,
        root=str(folder),
        prefix="/static/",
        immutable_file_test=assets.is_hashed,
    )
