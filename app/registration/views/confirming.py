"""Pages for confirming a registration with the link in an email."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.registration import confirming
from app.registration import draft as drafts
from app.registration.forms.confirming import ChooseRegistrationForm, NewLinkForm
from app.registration.views import blueprint
from app.signin import sign_in_links
from app.web.form_page import submit
from app.web.http import public
from app.web.once import once

Page = str | tuple[str, int] | Response


@blueprint.route("/confirm/<token>", methods=["GET", "POST"])
@public
def confirm(token: str) -> Page:
    """Show a confirmation button, and confirm the registration when it is pressed.

    Opening the link does not confirm the registration, because mail scanners open links. If several
    people have registered with the mailbox, and we do not know which of them asked for the link,
    the page asks which registration it is.
    """

    def answer(is_confirmed: bool) -> Response:
        return redirect(url_for("registration.confirmed")) if is_confirmed else _expired_page(token)

    choices = confirming.find_registration_times(token)
    if choices is None:
        return _expired_page(token)
    form = ChooseRegistrationForm(choices)
    done = submit(
        form, lambda: confirming.confirm_registration(token, form.chosen_time), target=answer
    )
    return done or (render_template("registration/confirm/confirm.html", form=form), form.status)


def _expired_page(token: str) -> Response:
    page = render_template(
        "registration/confirm/again.html", form=NewLinkForm(), link_expired=True, token=token
    )
    return make_response(page, 410)


@blueprint.get("/confirmed")
@public
def confirmed() -> str:
    """Show what happens next."""
    return render_template("registration/confirm/confirmed.html")


@blueprint.route("/confirm", methods=["GET", "POST"])
@public
@once
def resend_confirmation() -> Page:
    """Send a new confirmation link. The response is the same for every address.

    The link is for the person whose old link was opened, or for the registration that was sent from
    this browser, even if somebody else with the same mailbox has an unconfirmed registration too.
    """
    form, token = NewLinkForm(), request.args.get("link", "")

    def send() -> None:
        email = form.email.address or ""
        requester_id = confirming.find_requester_id(email, token, drafts.read_draft(request))
        sign_in_links.send_link(
            email,
            request.remote_addr or "",
            unconfirmed_first=True,
            requester_id=requester_id,
        )

    done = submit(
        form,
        send,
        target=url_for("registration.confirmation_sent"),
    )
    return done or (
        render_template(
            "registration/confirm/again.html", form=form, link_expired=False, token=token
        ),
        form.status,
    )


@blueprint.get("/confirm-sent")
@public
def confirmation_sent() -> str:
    """Confirm that the email was sent."""
    return render_template("registration/confirm/sent.html")
