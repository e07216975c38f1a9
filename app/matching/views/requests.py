"""Pages where a person reads and answers a request.

The person is signed in or has followed the link in a letter. Opening a page changes nothing.
"""

from __future__ import annotations

from flask import render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.actor import Actor
from app.core.errors import InvalidInput
from app.matching import service
from app.matching.forms import AnswerForm
from app.matching.views.blueprint import blueprint
from app.web import http
from app.web.form_page import submit
from app.web.http import public, requires

Page = str | tuple[str, int] | Response


@blueprint.route("/requests/<id(proposals):proposal_id>", methods=["GET", "POST"])
@requires("requests:answer")
def request(proposal_id: int) -> Page:
    """Show a request to the signed-in person, or save their answer."""
    here = url_for("matching.request", proposal_id=proposal_id)
    return _request_page(http.actor(), proposal_id, here)


@blueprint.route("/requests/answer/<token>", methods=["GET", "POST"])
@public
def answer(token: str) -> Page:
    """Show a request to a person who followed the link in a letter, or save their answer."""
    found = service.read_answer_link(token)
    if found is None:
        return render_template("matching/link_expired.html"), 410
    actor, proposal_id = found
    return _request_page(actor, proposal_id, url_for("matching.answer", token=token))


def _save_answer(actor: Actor, proposal_id: int, form: AnswerForm) -> None:
    match form.answer.data:
        case "yes":
            service.accept_request(actor, proposal_id, http.today())
        case "no":
            service.decline_request(actor, proposal_id, form.reason.data)
        case _other:
            raise InvalidInput(_("Choose yes or no"))


def _request_page(actor: Actor, proposal_id: int, here: str) -> Page:
    form = AnswerForm()
    found = service.own_request(actor, proposal_id)
    done = submit(form, lambda: _save_answer(actor, proposal_id, form), target=here)
    return done or (
        render_template(
            "matching/request.html",
            form=form,
            asked=found,
            here=here,
            signed_in=http.actor().kind == "user",
        ),
        form.status,
    )
