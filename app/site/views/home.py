"""`/`: answers 200 itself, for everybody."""

from __future__ import annotations

from flask import render_template

from app.certificates.documents import expiry_in_words
from app.core.words import LazyTexts
from app.people import wording
from app.site import home as glance
from app.site.views.blueprint import blueprint
from app.web import http
from app.web.http import public


@blueprint.get("/")
@public
def home() -> str:
    """What waits for the reader and how far the network is; for the public, the front door."""
    actor, on = http.actor(), http.today()
    if actor.kind == "user":
        found = glance.home_of(actor, on)
        return render_template(
            "site/home.html",
            home=found,
            expiry_in_words=expiry_in_words,
            states=LazyTexts(wording.STATES),
            state_tones=wording.STATE_TONES,
        )
    return render_template("site/home_public.html", home=glance.front_door(actor, on))
