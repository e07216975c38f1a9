"""Too many wrong tries: the owner asks for a link that lets them try at once."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import devices, trying
from app.accounts.forms import TryNowForm
from app.accounts.views.blueprint import blueprint
from app.core.fields import PageForm
from app.web.form_page import submit
from app.web.http import public

TRIED = "tried"  # in the session: where the link went, if the address is known


def shown(template: str, form: PageForm) -> Response:
    """A sign-in page with its form; one that has to wait says so, and for how long."""
    wait = form.retry_after
    page = render_template(template, form=form, has_to_wait=wait is not None)
    response = make_response(page, form.status if wait is None else 429)
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


@blueprint.route("/sign-in/try-now", methods=["GET", "POST"])
@public
def ask_to_try() -> Response:
    """Ask for the link."""
    form = TryNowForm()

    def send() -> None:
        trying.send_link(form.email.address or "", request.remote_addr or "")
        session[TRIED] = form.email.address

    done = submit(form, send, target=url_for("accounts.try_link_sent"))
    return done or shown("accounts/ask_to_try.html", form)


@blueprint.get("/sign-in/try-now/sent")
@public
def try_link_sent() -> str | Response:
    """The same page whether the address is known or not."""
    email = session.get(TRIED)
    if email is None:
        return redirect(url_for("accounts.ask_to_try"))
    return render_template("accounts/try_link_sent.html", email=email)


@blueprint.route("/sign-in/try-now/<token>", methods=["GET", "POST"])
@public
def try_now(token: str) -> str | tuple[str, int] | Response:
    """Opening the link shows a button; pressing it lets this device try."""
    if request.method == "GET":
        good = trying.is_good(token)
        return render_template("accounts/try_now.html", good=good), 200 if good else 410
    user_id = trying.use_link(token)
    if user_id is None:
        return render_template("accounts/try_now.html", good=False), 410
    devices.remember(user_id)
    flash(_("You can try again now."), "success")
    return redirect(url_for("accounts.staff_sign_in"))
