"""“Worried about someone?”, and the safeguarding leads' own pages."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import http, programme
from app.core.errors import DomainError
from app.core.http import public, requires
from app.core.once import once
from app.messages import ceiling
from app.safeguarding import service
from app.safeguarding.forms import DecisionForm, PauseForm, ResumeForm, WorriedForm

Page = str | Response | tuple[str, int]

blueprint = Blueprint("safeguarding", __name__)


@blueprint.route("/worried", methods=["GET", "POST"])
@public
@once
def worried() -> Page:
    """Whom to tell of a worry about somebody, and a message to the safeguarding lead."""
    form = WorriedForm()
    if form.validate_on_submit():
        try:
            ceiling.pace(request.remote_addr or "")
        except DomainError as error:
            form.absorb(error)
        else:
            service.report(form.to_command())
            return redirect(url_for("safeguarding.sent"))
    facts = programme.setting("safeguarding") or {}
    return (
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
def sent() -> str:
    """What happens with a message."""
    return render_template("safeguarding/sent.html")


@blueprint.get("/safeguarding")
@requires(service.WORKS)
def queue() -> str:
    """What waits, without a word of it."""
    return render_template("safeguarding/queue.html", lines=service.queue(http.actor()))


@blueprint.post("/safeguarding/<id(safeguarding_reports):report_id>/open")
@requires(service.WORKS)
def open_report(report_id: int) -> Page:
    """Open a message."""
    service.open_report(http.actor(), report_id)
    return redirect(url_for("safeguarding.report", report_id=report_id))


@blueprint.route("/safeguarding/<id(safeguarding_reports):report_id>", methods=["GET", "POST"])
@requires(service.WORKS)
def report(report_id: int) -> Page:
    """A message that was opened in the queue, and decisions about it."""
    who, form = http.actor(), DecisionForm()
    if not service.is_open(who, report_id):
        return redirect(url_for("safeguarding.queue"))
    if form.validate_on_submit():
        service.decide(who, report_id, form.words.data, close=bool(form.close.data))
        flash(_("Your decision is saved."), "success")
        return redirect(url_for("safeguarding.report", report_id=report_id))
    found = service.read(who, report_id)
    return render_template("safeguarding/report.html", form=form, one=found), form.status


@blueprint.route("/safeguarding/people/<id(people):person_id>", methods=["GET", "POST"])
@requires(service.WORKS)
def person(person_id: int) -> Page:
    """Pause somebody's part in the network, or end the pause."""
    who, on = http.actor(), http.today()
    found = service.person(who, person_id, on)
    form = PauseForm(one=found, on=on) if found.current is None else ResumeForm()
    if form.validate_on_submit():
        try:
            if isinstance(form, PauseForm):
                first, last = form.from_on.data, form.until_on.data
                service.pause(
                    who,
                    person_id,
                    first,
                    last,
                    form.words.data,
                    on,
                    cancel=form.cancel.data,
                    withdraw=form.requests.data,
                )
            else:
                service.resume(who, person_id, form.words.data, on)
        except DomainError as error:
            if error.status == 404:
                raise
            form.absorb(error)
        else:
            flash(_("Your decision is saved."), "success")
            return redirect(url_for("safeguarding.person", person_id=person_id))
    return render_template("safeguarding/person.html", form=form, one=found), form.status
