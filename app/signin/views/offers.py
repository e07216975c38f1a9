"""Pages for accepting an offer of roles."""

from __future__ import annotations

from flask import flash, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.views.blueprint import blueprint
from app.signin import acceptance, devices, second_factor, sessions
from app.signin.acceptance import AcceptedOffer, AccountSetup, OfferDetails
from app.signin.forms import OfferForm
from app.signin.views.second_factor import prepare_secret, qr_code
from app.web import http
from app.web.fields import PageForm
from app.web.form_page import submit
from app.web.http import public

Page = str | tuple[str, int] | Response


@blueprint.route("/offer/<token>", methods=["GET", "POST"], endpoint="offer")
@public
def accept_offer(token: str) -> Page:
    """Show an offer and its inviter, and accept it when the button is pressed."""
    details = acceptance.find_offer(token)
    if details is None:
        return render_template("signin/invitation_expired.html"), 410
    if details.needs_setup:
        return _set_up(token, details)
    form = PageForm()

    def accept() -> None:
        accepted = acceptance.accept_offer(token, http.today())
        flash(
            _("You have accepted the invitation. Sign in with your password to start."), "success"
        )
        _flash_pending_approval(accepted)

    done = submit(form, accept, target=url_for("accounts.staff_sign_in"))
    return done or (
        render_template("signin/offer.html", form=form, offer=details),
        form.status,
    )


def _flash_pending_approval(accepted: AcceptedOffer) -> None:
    if accepted.is_waiting:
        flash(
            _(
                "Your role is waiting for a second person to approve it. We will email you when you"
                " can start."
            )
        )


def _set_up(token: str, details: OfferDetails) -> Page:
    """Ask for a password and a second factor, then accept the offer."""
    form = OfferForm(data={"name": details.name})
    secret, is_valid = prepare_secret(form, "invitation")

    def accept() -> None:
        setup = AccountSetup(form.name.data, form.password.data, secret, form.code.data)
        accepted = acceptance.accept_offer(token, http.today(), setup)
        sessions.sign_in(accepted.user_id)
        devices.remember_device(accepted.user_id)
        _flash_pending_approval(accepted)

    done = submit(form, accept, target=url_for("site.home")) if is_valid else None
    return done or (
        render_template(
            "signin/offer.html",
            form=form,
            offer=details,
            secret=second_factor.format_secret(secret),
            picture=qr_code(details.email, secret),
        ),
        form.status,
    )
