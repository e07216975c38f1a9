"""Confirming a registration by the link in the letter."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core import ratelimit
from app.core.errors import DomainError
from app.core.http import public
from app.people import confirming
from app.people.forms.registration import AgainForm
from app.people.views import blueprint

Page = str | tuple[str, int] | Response
ASKED_AN_HOUR = 60


@blueprint.route("/confirm/<token>", methods=["GET", "POST"])
@public
def confirm(token: str) -> Page:
    """Opening the link shows a button; only pressing it confirms."""
    if request.method == "POST" and confirming.confirm(token):
        return redirect(url_for("people.confirmed"))
    if request.method == "GET" and confirming.is_good(token):
        return render_template("people/confirm/confirm.html")
    return render_template("people/confirm/again.html", form=AgainForm(), gone=True), 410


@blueprint.get("/confirmed")
@public
def confirmed() -> str:
    """What happens next."""
    return render_template("people/confirm/confirmed.html")


@blueprint.route("/confirm", methods=["GET", "POST"])
@public
def confirm_again() -> Page:
    """Ask for a new link; the answer is the same for every address."""
    form = AgainForm()
    if form.validate_on_submit():
        try:
            ratelimit.limit(f"again:{request.remote_addr}", ASKED_AN_HOUR, 60 * 60)
        except DomainError as error:
            form.absorb(error)
        else:
            confirming.send_again(form.email.address or "")
            return render_template("people/confirm/sent.html")
    return render_template("people/confirm/again.html", form=form, gone=False), form.status
