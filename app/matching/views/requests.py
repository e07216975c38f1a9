"""A request as the person who was asked reads and answers it: signed in, or by the letter's link.

Opening either page changes nothing; only a button does.
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
    """What for, where, when, whom to ask; yes or no."""
    here = url_for("matching.request", proposal_id=proposal_id)
    return _page(http.actor(), proposal_id, here)


@blueprint.route("/requests/answer/<token>", methods=["GET", "POST"])
@public
def answer(token: str) -> Page:
    """The same, for who comes from the letter and is not signed in."""
    found = service.answering(token)
    if found is None:
        return render_template("matching/link_gone.html"), 410
    who, proposal_id = found
    return _page(who, proposal_id, url_for("matching.answer", token=token))


def _give(who: Actor, proposal_id: int, form: AnswerForm) -> None:
    match form.answer.data:
        case "yes":
            service.accept(who, proposal_id, http.today())
        case "no":
            service.decline(who, proposal_id, form.reason.data)
        case _other:
            raise InvalidInput(_("Say yes or no"))


def _page(who: Actor, proposal_id: int, here: str) -> Page:
    form = AnswerForm()
    found = service.own_request(who, proposal_id)
    done = submit(form, lambda: _give(who, proposal_id, form), target=here)
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
