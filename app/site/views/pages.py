"""The pages linked in the footer, "Exit this page" and robots.txt."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import current_app, redirect, render_template
from werkzeug.wrappers import Response

from app.core import registry
from app.site import facts
from app.site.views.blueprint import blueprint
from app.web import http
from app.web.http import public


@blueprint.get("/help-now")
@public
def help_now() -> str:
    """Show the help lines. Staff also see the date when each line was last checked."""
    return render_template(
        "site/help_now.html",
        lines=facts.crisis_lines(),
        shows_checks=http.actor().may("people:read"),
    )


@blueprint.get("/privacy")
@public
def privacy() -> str:
    """Show the current privacy notice and earlier versions."""
    notice, earlier = facts.privacy_notices(http.today())
    return render_template("site/privacy.html", notice=notice, earlier=earlier)


@blueprint.get("/cookies")
@public
def cookies() -> str:
    """Show the cookies that the site sets, and their purpose."""
    return render_template("site/cookies.html")


@blueprint.get("/accessibility")
@public
def accessibility() -> str:
    """Show the accessibility statement."""
    return render_template(
        "site/accessibility.html",
        statement=facts.accessibility_statement(),
        contact=facts.contact(),
        site_url=current_app.config["PUBLIC_URL"],
    )


@blueprint.get("/about")
@public
def about() -> str:
    """Show what the programme is for, who runs it and how to contact them."""
    return render_template("site/about.html", contact=facts.contact(), area_name=facts.area_name())


@blueprint.get("/data-sources")
@public
def data_sources() -> str:
    """Show the sources of the site's data, with the attributions required by their licences."""
    return render_template("site/data_sources.html", attributions=facts.attributions())


@blueprint.get("/exit")
@public
def exit() -> Response:
    """Sign out, clear the browser's data for this site and redirect to a neutral page.

    If the user followed a link from another site, only redirect. Cookies are not cleared with
    Clear-Site-Data, because this would delete the cookies of the council's other sites on the same
    domain.
    """
    return _redirect_and_clear(facts.neutral_page(), registry.on_exit)


def exit_offline() -> Response:
    """Leave the site while the database is down.

    The browser's data and session cookie are cleared. Other devices stay signed in.
    """
    return _redirect_and_clear(facts.last_known_neutral_page(), registry.on_exit_offline)


def _redirect_and_clear(page: str, cleanups: Iterable[Callable[[Response], None]]) -> Response:
    response = redirect(page, 303)
    if http.is_cross_site():
        return response
    for clean_up in cleanups:
        clean_up(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.get("/robots.txt")
@public
def robots() -> Response:
    """Return the robots.txt file."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in facts.DISALLOWED_PATHS), ""]
    return Response("\n".join(lines), mimetype="text/plain")
