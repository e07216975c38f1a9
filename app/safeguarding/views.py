"""The public page “Worried about someone?”, and the safeguarding leads' pages."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import programme
from app.messages import mailbox_limits
from app.safeguarding import service
from app.safeguarding.forms import ConcernForm, DecisionForm, PauseForm, ResumeForm
from app.web import http
from app.web.form_page import submit
from app.web.http import public, requires
from app.web.once import once

Page = str | Response | tuple[str, int]

blueprint = Blueprint("safeguarding", __name__)


@blueprint.route("/worried", methods=["GET", "POST"])
@public
@once
def report_concern() -> Page:
    """Show who to call about a concern, and a form to write to the safeguarding lead."""
    form = ConcernForm()

    def send() -> None:
        mailbox_limits.count_request(request.remote_addr or "")
        service.receive_report(form.to_command())

    done = submit(form, send, target=url_for("safeguarding.concern_confirmation"))
    facts = programme.setting("safeguarding") or {}
    return done or (
        render_template(
            "safeguarding/worried.html",
            form=form,
            contacts=facts.get("contacts", []),
            shows_checks=http.actor().may("people:read"),
        ),
        form.status,
    )


@blueprint.get("/worried/sent")
@public
def concern_confirmation() -> str:
    """Confirm that a message was sent, and explain what happens next."""
    return render_template("safeguarding/sent.html")


@blueprint.get("/safeguarding")
@requires(service.PERMISSION)
def queue() -> str:
    """List the messages, without their contents."""
    return render_template("safeguarding/queue.html", lines=service.report_queue(http.actor()))


@blueprint.post("/safeguarding/<id(safeguarding_reports):report_id>/open")
@requires(service.PERMISSION)
def open_report(report_id: int) -> Page:
    """Open a message."""
    service.open_report(http.actor(), report_id)
    return redirect(url_for("safeguarding.report", report_id=report_id))


@blueprint.route("/safeguarding/<id(safeguarding_reports):report_id>", methods=["GET", "POST"])
@requires(service.PERMISSION)
def report(report_id: int) -> Page:
    """Show an opened message, and record a decision about it."""
    actor, form = http.actor(), DecisionForm()
    if not service.has_been_opened(actor, report_id):
        return redirect(url_for("safeguarding.queue"))
    done = submit(
        form,
        lambda: service.record_decision(
            actor, report_id, form.words.data, close=bool(form.close.data)
        ),
        message=_("Your decision has been saved."),
        target=url_for("safeguarding.report", report_id=report_id),
    )
    if done:
        return done
    found = service.read_report(actor, report_id)
    return render_template("safeguarding/report.html", form=form, page=found), form.status


@blueprint.route("/safeguarding/people/<id(people):person_id>", methods=["GET", "POST"])
@requires(service.PERMISSION)
def person(person_id: int) -> Page:
    """Suspend a person from the network, or end the suspension."""
    actor, on = http.actor(), http.today()
    found = service.participation_page(actor, person_id, on)
    form = PauseForm(page=found, on=on) if found.current is None else ResumeForm()

    def decide() -> None:
        if isinstance(form, PauseForm):
            service.pause_person(
                actor,
                person_id,
                form.from_on.data,
                form.until_on.data,
                form.words.data,
                on,
                attendee_ids=form.cancel.data,
                proposal_ids=form.requests.data,
            )
        else:
            service.resume_person(actor, person_id, form.words.data, on)

    done = submit(
        form,
        decide,
        message=_("Your decision has been saved."),
        target=url_for("safeguarding.person", person_id=person_id),
    )
    return done or (render_template("safeguarding/person.html", form=form, page=found), form.status)
