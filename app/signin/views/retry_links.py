"""Pages for requesting a link to try again without waiting."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.views.blueprint import blueprint
from app.signin import devices, retry_links
from app.signin.forms import RetryLinkForm
from app.web.fields import PageForm
from app.web.form_page import submit
from app.web.http import public
from app.web.once import once

SENT_TO = "tried"  # session key: the email address that was typed


def sign_in_page(template: str, form: PageForm) -> Response:
    """Render a sign-in page, with status 429 if the user has to wait."""
    wait = form.retry_after
    page = render_template(template, form=form, has_to_wait=wait is not None)
    response = make_response(page, form.status if wait is None else 429)
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


@blueprint.route("/sign-in/try-now", methods=["GET", "POST"])
@public
@once
def request_retry_link() -> Response:
    """Request a link to try again immediately."""
    form = RetryLinkForm()

    def send() -> None:
        retry_links.send_link(form.email.address or "", request.remote_addr or "")
        session[SENT_TO] = form.email.address

    done = submit(form, send, target=url_for("accounts.retry_link_sent"))
    return done or sign_in_page("signin/request_retry_link.html", form)


@blueprint.get("/sign-in/try-now/sent", endpoint="retry_link_sent")
@public
def show_retry_link_sent() -> str | Response:
    """Show that a link has been sent, whether or not we know the email address."""
    email = session.get(SENT_TO)
    if email is None:
        return redirect(url_for("accounts.request_retry_link"))
    return render_template("signin/retry_link_sent.html", email=email)


@blueprint.route("/sign-in/try-now/<token>", methods=["GET", "POST"], endpoint="try_now")
@public
def use_retry_link(token: str) -> str | tuple[str, int] | Response:
    """Show a button to try again on this device. Opening the link changes nothing."""
    if request.method != "POST":
        is_valid = retry_links.is_valid(token)
        page = render_template("signin/try_now.html", is_valid=is_valid)
        return page, 200 if is_valid else 410
    user_id = retry_links.use_link(token)
    if user_id is None:
        return render_template("signin/try_now.html", is_valid=False), 410
    devices.remember_device(user_id)
    flash(_("You can try again now."), "success")
    return redirect(url_for("accounts.staff_sign_in"))
