"""Pages for recording attendance and signing off a run."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.courses import service, signing_off
from app.courses.forms.attendance import AttendanceForm, input_name, marks_from
from app.courses.forms.running import ReasonForm
from app.courses.types import Mark
from app.courses.views import blueprint
from app.web import http
from app.web.form_page import submit
from app.web.http import requires

Page = str | Response | tuple[str, int]


@blueprint.route("/training/<id(course_runs):run_id>/attendance", methods=["GET", "POST"])
@requires("courses:attend")
def attendance(run_id: int) -> Page:
    """Record attendance for all people and days. “Save and sign off” also signs off the run."""
    actor, on = http.actor(), http.today()
    page = service.managed_run(actor, run_id, on)
    form = AttendanceForm()

    def save() -> str:
        signing_off.record_attendance(actor, run_id, marks_from(request.form, page))
        if "sign_off" in request.form:
            return _sign_off(run_id)
        flash(_("Saved."), "success")
        return url_for("courses.attendance", run_id=run_id)

    done = submit(form, save, target=str)
    if done:
        return done
    service.record_viewing(actor, page)
    return (
        render_template(
            "courses/attendance.html",
            form=form,
            page=page,
            run=page.run,
            today=on,
            marks=[
                (Mark.ATTENDED, _("Attended")),
                (Mark.PART, _("Attended part")),
                (Mark.ABSENT, _("Absent")),
            ],
            input_name=input_name,
            sent=request.form,
        ),
        form.status,
    )


def _sign_off(run_id: int) -> str:
    """Sign the run off, show a message and return the URL of the next page."""
    awarded = signing_off.sign_off(http.actor(), run_id)
    flash(
        ngettext(
            "The course has been signed off. We have recorded the training of %(num)s person.",
            "The course has been signed off. We have recorded the training of %(num)s people.",
            awarded,
        ),
        "success",
    )
    return url_for("courses.manage_run", run_id=run_id)


@blueprint.post("/training/<id(course_runs):run_id>/complete")
@requires("courses:attend")
def complete(run_id: int) -> Page:
    """Sign off the run with the attendance recorded so far."""
    return redirect(_sign_off(run_id))


@blueprint.route("/training/<id(course_runs):run_id>/reopen", methods=["GET", "POST"])
@requires("courses:attend")
def reopen(run_id: int) -> Page:
    """Reopen a run that was signed off."""
    page = service.managed_run(http.actor(), run_id, http.today())
    form = ReasonForm()
    done = submit(
        form,
        lambda: signing_off.reopen(http.actor(), run_id, form.reason.data),
        message=_("The course has been reopened. Correct the attendance, then sign it off."),
        target=url_for("courses.attendance", run_id=run_id),
    )
    return done or (render_template("courses/reopen.html", form=form, run=page.run), form.status)
