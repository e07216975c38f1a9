"""Pages to record attendance, sign off runs and link attendees to records."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.attendance import attendees as people
from app.attendance import earlier, linking, needs, service, signing_off
from app.attendance.forms import (
    AttendanceForm,
    EarlierCertificateForm,
    input_name,
    parse_marks,
)
from app.attendance.wording import describe_earlier_certificate, describe_outcome
from app.core.errors import NotFound
from app.courses import service as courses
from app.courses.forms.booking import AccessNeedsForm, StaffAccessNeedsForm
from app.courses.forms.running import ReasonForm
from app.courses.types import Mark, TrainerAccess
from app.web import http, slow_work
from app.web.form_page import press, submit
from app.web.http import requires

blueprint = Blueprint("attendance", __name__)

Page = str | Response | tuple[str, int]


@blueprint.route("/training/<id(course_runs):run_id>/attendance", methods=["GET", "POST"])
@requires("courses:attend")
def attendance(run_id: int) -> Page:
    """Record attendance for all people and days. “Save and sign off” also signs off the run."""
    actor, on = http.actor(), http.today()
    page = service.attendance_page(actor, run_id, on)
    form = AttendanceForm()

    def save() -> str:
        signing_off.record_attendance(
            actor, run_id, parse_marks(form.submitted_marks, page.managed)
        )
        if "sign_off" in request.form:
            return _sign_off(run_id)
        flash(_("Saved."), "success")
        return url_for("attendance.attendance", run_id=run_id)

    done = submit(form, save, target=str)
    if done:
        return done
    courses.record_viewing(actor, page.managed)
    return (
        render_template(
            "attendance/attendance.html",
            form=form,
            page=page.managed,
            run=page.managed.run,
            late_attendee_ids=page.late_attendee_ids,
            started_session_ids=page.started_session_ids,
            can_sign_off=page.can_sign_off,
            outcomes=page.outcomes,
            describe_outcome=describe_outcome,
            marks=[
                (Mark.ATTENDED, _("Attended")),
                (Mark.PART, _("Attended part")),
                (Mark.ABSENT, _("Absent")),
            ],
            input_name=input_name,
            submitted_marks=form.submitted_marks,
        ),
        form.status,
    )


def _sign_off(run_id: int) -> str:
    """Sign off the run, flash a message and return the URL of the next page."""
    attended = signing_off.sign_off(http.actor(), run_id)
    flash(
        ngettext(
            "The course has been signed off. We have recorded the training of %(num)s person.",
            "The course has been signed off. We have recorded the training of %(num)s people.",
            attended,
        ),
        "success",
    )
    return url_for("courses.manage_run", run_id=run_id)


@blueprint.post("/training/<id(course_runs):run_id>/complete")
@requires("courses:attend")
def sign_off_run(run_id: int) -> Page:
    """Sign off a run with the attendance recorded so far."""
    return redirect(_sign_off(run_id))


@blueprint.route("/training/<id(course_runs):run_id>/reopen", methods=["GET", "POST"])
@requires("courses:attend")
def reopen_run(run_id: int) -> Page:
    """Reopen a run that has been signed off."""
    page = courses.managed_run(http.actor(), run_id, http.today())
    form = ReasonForm()
    done = submit(
        form,
        lambda: signing_off.reopen_run(http.actor(), run_id, form.reason.data),
        message=_("The course has been reopened. Correct the attendance, then sign it off."),
        target=url_for("attendance.attendance", run_id=run_id),
    )
    return done or (render_template("attendance/reopen.html", form=form, run=page.run), form.status)


@blueprint.get("/training/<id(course_runs):run_id>/sheet.pdf")
@requires("courses:attend")
@slow_work.limit_slow_view
def sheet(run_id: int) -> Page:
    """Show the class sheet as a PDF."""
    pdf = service.class_sheet(http.actor(), run_id, http.today())
    response = make_response(pdf)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = 'inline; filename="class-sheet.pdf"'
    return response


@blueprint.get("/training/attendees")
@requires("attendees:link")
def attendees() -> Page:
    """List attendees who are not linked to a record, with the people they might be."""
    page = people.unlinked_attendees(http.actor(), http.today(), request.args.get("after"))
    return render_template(
        "attendance/attendees.html", page=page, describe_outcome=describe_outcome
    )


@blueprint.get("/training/<id(course_runs):run_id>/people/<id(attendees):attendee_id>")
@requires("attendees:link")
def attendee(run_id: int, attendee_id: int) -> Page:
    """Show an attendee with the people they might be and the result of the course."""
    return render_template(
        "attendance/attendee.html",
        row=people.attendee(http.actor(), run_id, attendee_id, http.today()),
        describe_outcome=describe_outcome,
        describe_earlier_certificate=describe_earlier_certificate,
    )


@blueprint.post(
    "/training/<id(course_runs):run_id>/people/<id(attendees):attendee_id>"
    "/link/<id(people):person_id>"
)
@requires("attendees:link")
def link_attendee(run_id: int, attendee_id: int, person_id: int) -> Page:
    """Link an attendee to a person's record."""
    return press(
        lambda: linking.link_attendee(http.actor(), run_id, attendee_id, person_id),
        message=_("The attendee is now linked to this person. You can undo this."),
        target=_attendee_page(run_id, attendee_id),
    )


@blueprint.post("/training/<id(course_runs):run_id>/people/<id(attendees):attendee_id>/unlink")
@requires("attendees:link")
def unlink_attendee(run_id: int, attendee_id: int) -> Page:
    """Undo the link from an attendee to a person's record."""
    return press(
        lambda: linking.unlink_attendee(http.actor(), run_id, attendee_id),
        message=_("The attendee is no longer linked to a record."),
        target=_attendee_page(run_id, attendee_id),
    )


@blueprint.route(
    "/training/<id(course_runs):run_id>/people/<id(attendees):attendee_id>/earlier",
    methods=["GET", "POST"],
)
@requires("attendees:link")
def accept_earlier_certificate(run_id: int, attendee_id: int) -> Page:
    """Record that the user has seen the earlier certificate that the course requires."""
    actor = http.actor()
    row = people.attendee(actor, run_id, attendee_id, http.today())
    if row.run.type.prerequisite_id is None:
        raise NotFound()
    form = EarlierCertificateForm(
        data={"kind": row.earlier_kind_slug, "awarded_on": row.earlier_awarded_on}
    ).set_kinds(earlier.list_accepted_kinds(row.run.type))
    done = submit(
        form,
        lambda: earlier.accept_earlier_certificate(actor, run_id, attendee_id, form.to_command()),
        message=_("Saved. The attendee will get a certificate if they attend every session."),
        target=_attendee_page(run_id, attendee_id),
    )
    return done or (render_template("attendance/earlier.html", form=form, row=row), form.status)


def _attendee_page(run_id: int, attendee_id: int) -> str:
    return url_for("attendance.attendee", run_id=run_id, attendee_id=attendee_id)


@blueprint.route("/courses/<id(course_runs):run_id>/trainer", methods=["GET", "POST"])
@requires("courses:book")
def trainer_access(run_id: int) -> Page:
    """Change the signed-in person's access needs and what the trainer can see."""
    actor = http.actor()
    found, own = courses.public_run(actor, run_id, http.today())
    if own is None:
        return redirect(url_for("courses.run", run_id=run_id))
    form = AccessNeedsForm(
        data={
            "access_needs": needs.own_access_needs(actor, run_id),
            "trainer_reads": own.trainer_reads.value,
        }
    )
    done = submit(
        form,
        lambda: needs.change_access_needs(
            actor,
            None,
            run_id,
            form.access_needs.data,
            TrainerAccess(form.trainer_reads.data),
        ),
        message=_("Your choice has been saved."),
        target=url_for("courses.run", run_id=run_id),
    )
    return done or (
        render_template("courses/trainer_access.html", form=form, run=found),
        form.status,
    )


@blueprint.route(
    "/people/<id(people):person_id>/courses/<id(course_runs):run_id>/needs",
    methods=["GET", "POST"],
)
@requires("people:change")
def person_needs(person_id: int, run_id: int) -> Page:
    """Change a person's access needs for a run and what the trainer can see."""
    actor, on = http.actor(), http.today()
    place = needs.get_place(actor, person_id, run_id, on)
    form = StaffAccessNeedsForm(data={"trainer_reads": place.trainer_reads.value})
    done = submit(
        form,
        lambda: needs.change_access_needs(
            actor,
            form.to_subject(person_id),
            run_id,
            form.access_needs.data,
            TrainerAccess(form.trainer_reads.data),
        ),
        message=_("Saved."),
        target=url_for("records.person", person_id=person_id),
    )
    return done or (
        render_template(
            "courses/person_needs.html",
            form=form,
            run=place.run,
            name=courses.get_name(actor, person_id),
            back_url=url_for("records.person", person_id=person_id),
        ),
        form.status,
    )
