"""Pages for saving an unfinished registration and continuing it later."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.messages import mailbox_limits
from app.registration import draft as drafts
from app.registration import flow, saved
from app.registration.forms.answers import Answers
from app.registration.forms.confirming import NewLinkForm
from app.registration.forms.steps import SaveForm
from app.registration.views import blueprint
from app.registration.views.steps import redirect_with_draft, step_url
from app.web import http
from app.web.form_page import submit
from app.web.http import public
from app.web.once import once

Page = str | tuple[str, int] | Response


@blueprint.route("/register/save", methods=["GET", "POST"])
@public
@once
def save_registration() -> Page:
    """Save an unfinished registration and email a link to it."""
    draft = drafts.read_draft(request)
    if draft is None or draft.sent:
        return redirect(url_for("registration.register_start"))
    given = draft.typed.get(flow.CONTACT, {}).get("email", [])
    form = SaveForm(data={"email": given[0] if given else ""})

    def save() -> None:
        mailbox_limits.count_request(request.remote_addr or "", form.email.address or "")
        source = request.remote_addr or ""
        saved.save_draft(
            Answers(draft, http.today()).draft_to_save(), form.email.address or "", source
        )

    done = submit(form, save, target=url_for("registration.draft_saved"))
    return done or (
        render_template(
            "registration/save.html", form=form, back_url=step_url(flow.first_incomplete(draft))
        ),
        form.status,
    )


@blueprint.get("/register/saved")
@public
def draft_saved() -> str:
    """Confirm that the link was sent."""
    draft = drafts.read_draft(request)
    continue_url = step_url(flow.first_incomplete(draft)) if draft and not draft.sent else None
    return render_template("registration/saved.html", continue_url=continue_url)


@blueprint.route("/register/resume/<token>", methods=["GET", "POST"])
@public
def resume_registration(token: str) -> Page:
    """Show a button, and restore the saved answers when it is pressed.

    The link can be used once.
    """
    if request.method != "POST":
        is_valid = saved.is_link_valid(token)
        return render_template(
            "registration/resume.html", is_valid=is_valid
        ), 200 if is_valid else 410
    draft = saved.restore_draft(token)
    if draft is None:
        return render_template("registration/resume.html", is_valid=False), 410
    flash(
        _(
            "We have restored your answers, except your networks and your organisation, which we "
            "did not save. Enter those again."
        ),
        "success",
    )
    return redirect_with_draft(draft, step_url(flow.first_incomplete(draft)))


@blueprint.route("/register/resume", methods=["GET", "POST"])
@public
@once
def request_saved_link() -> Page:
    """Email a new link to a saved registration. The response is the same for every address."""
    form = NewLinkForm()

    def send() -> None:
        mailbox_limits.count_request(request.remote_addr or "", form.email.address or "")
        saved.send_link_again(form.email.address or "", request.remote_addr or "")

    done = submit(
        form,
        send,
        target=url_for("registration.resume_link_sent"),
    )
    return done or (
        render_template("registration/resume_again.html", form=form),
        form.status,
    )


@blueprint.get("/register/resume-sent")
@public
def resume_link_sent() -> str:
    """Confirm that the email was sent."""
    return render_template("registration/resume_sent.html")
