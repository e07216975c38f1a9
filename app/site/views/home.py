"""The home page at ``/``. It returns 200 for everybody, without a redirect."""

from __future__ import annotations

from flask import render_template

from app.certificates.wording import expiry_in_words, last_day_in_words
from app.core.words import LazyTexts
from app.people import wording
from app.site import home as home_contents
from app.site.views.blueprint import blueprint
from app.web import http
from app.web.http import public


@blueprint.get("/")
@public
def home() -> str:
    """Show the user's tasks and the network's progress, or the public home page."""
    actor, on = http.actor(), http.today()
    if actor.kind == "user":
        page = home_contents.user_home(actor, on)
        return render_template(
            "site/home.html",
            home=page,
            expiry_in_words=expiry_in_words,
            last_day_in_words=last_day_in_words,
            states=LazyTexts(wording.STATES),
            state_tones=wording.STATE_TONES,
        )
    return render_template("site/home_public.html", home=home_contents.public_home(actor, on))
