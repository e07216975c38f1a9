"""Accepting an offer of roles, at the link in the letter."""

from __future__ import annotations

from flask import flash, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import devices, offers, sessions, signin
from app.accounts.forms import OfferForm
from app.accounts.offers import SetUp
from app.accounts.views.blueprint import blueprint
from app.accounts.views.second_factor import picture_of, secret_of
from app.core.fields import PageForm
from app.web import http
from app.web.form_page import submit
from app.web.http import public

Page = str | tuple[str, int] | Response


@blueprint.route("/offer/<token>", methods=["GET", "POST"])
@public
def offer(token: str) -> Page:
    """What is offered, by whom; pressing the button accepts it."""
    offered = offers.look(token)
    if offered is None:
        return render_template("accounts/invitation_gone.html"), 410
    if offered.sets_up:
        return _set_up(token, offered)
    form = PageForm()

    def accept() -> None:
        accepted = offers.accept(token, http.today())
        flash(_("Accepted. Sign in with your password to start."), "success")
        _say_what_waits(accepted)

    done = submit(form, accept, target=url_for("accounts.staff_sign_in"))
    return done or (
        render_template("accounts/offer.html", form=form, offered=offered),
        form.status,
    )


def _say_what_waits(accepted: offers.Accepted) -> None:
    if accepted.waits:
        flash(
            _("Before you can start, a second person has to agree to your role. We will email you.")
        )


def _set_up(token: str, offered: offers.Offered) -> Page:
    """Somebody without a password chooses one, and a second factor, to accept."""
    form = OfferForm(data={"name": offered.name})
    secret, known = secret_of(form, "invitation")

    def accept() -> None:
        chosen = SetUp(form.name.data, form.password.data, secret, form.code.data)
        accepted = offers.accept(token, http.today(), chosen)
        sessions.sign_in(accepted.user_id)
        devices.remember(accepted.user_id)
        _say_what_waits(accepted)

    done = submit(form, accept, target=url_for("site.home")) if known else None
    return done or (
        render_template(
            "accounts/offer.html",
            form=form,
            offered=offered,
            secret=signin.in_groups(secret),
            picture=picture_of(offered.email, secret),
        ),
        form.status,
    )
