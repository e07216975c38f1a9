"""Pages that the footer links to, "Exit this page", and what crawlers read."""

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
    """Whom to call, with the day each line was last checked."""
    return render_template(
        "site/help_now.html",
        lines=facts.crisis_lines(),
        shows_checks=http.actor().may("people:read"),
    )


@blueprint.get("/privacy")
@public
def privacy() -> str:
    """The privacy notice in force today, and the ones before it."""
    notice, earlier = facts.privacy_notices(http.today())
    return render_template("site/privacy.html", notice=notice, earlier=earlier)


@blueprint.get("/cookies")
@public
def cookies() -> str:
    """Which cookies are set, and why."""
    return render_template("site/cookies.html")


@blueprint.get("/accessibility")
@public
def accessibility() -> str:
    """The accessibility statement."""
    return render_template(
        "site/accessibility.html",
        statement=facts.accessibility_statement(),
        contact=facts.contact(),
        site_url=current_app.config["PUBLIC_URL"],
    )


@blueprint.get("/about")
@public
def about() -> str:
    """Who runs the programme, what for, and how to reach them."""
    return render_template("site/about.html", contact=facts.contact(), area_name=facts.area_name())


@blueprint.get("/data-sources")
@public
def data_sources() -> str:
    """What data the site stands on, with the sentences its licences ask for."""
    return render_template("site/data_sources.html", attributions=facts.attributions())


@blueprint.get("/exit")
@public
def exit() -> Response:
    """Sign out, remove what the browser keeps of the site, and go to a neutral page.

    A link on another site leads to the neutral page and does nothing else. Clear-Site-Data names
    no cookies: that would remove those of the council's other sites on the same domain.
    """
    return _leaving(facts.neutral_page(), registry.on_exit)


def exit_offline() -> Response:
    """The same while the database is out of reach: the browser is cleared, and its copy of the
    session is gone. Other devices stay signed in.
    """
    return _leaving(facts.last_neutral_page(), registry.on_exit_offline)


def _leaving(page: str, clears: Iterable[Callable[[Response], None]]) -> Response:
    response = redirect(page, 303)
    if http.is_cross_site():
        return response
    for clear in clears:
        clear(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.get("/robots.txt")
@public
def robots() -> Response:
    """Crawlers stay off what belongs to somebody."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in facts.NOT_FOR_CRAWLERS), ""]
    return Response("\n".join(lines), mimetype="text/plain")
