"""Pages for trainers and coordinators to manage course runs."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.courses import running, service
from app.courses.forms.running import CourseTypeForm, run_form
from app.courses.views import blueprint
from app.web import http
from app.web.form_page import submit
from app.web.http import requires
from app.web.once import once

Page = str | Response | tuple[str, int]


@blueprint.get("/training")
@requires("courses:manage")
def manage_runs() -> Page:
    """List the current or past runs that the user manages."""
    past = request.args.get("show") == "past"
    runs = service.managed_runs(http.actor(), http.today(), past=past)
    return render_template("courses/manage.html", runs=runs, past=past, now=http.now())


@blueprint.route("/training/new", methods=["GET", "POST"])
@requires("courses:manage")
def choose_course_type() -> Page:
    """Choose the type of course to run."""
    form = CourseTypeForm()
    form.course_type.choices = [
        (kind.slug, kind.name) for kind in service.course_types(http.today())
    ]
    done = submit(
        form,
        lambda: form.course_type.data,
        target=lambda slug: url_for("courses.schedule_run", slug=slug),
    )
    return done or (render_template("courses/choose_type.html", form=form), form.status)


@blueprint.route("/training/new/<slug>", methods=["GET", "POST"])
@requires("courses:manage")
@once
def schedule_run(slug: str) -> Page:
    """Schedule a run."""
    actor = http.actor()
    kind = service.course_type(slug)
    form = run_form(kind, service.trainers(actor, http.today()), trainer_id=actor.user_id)
    done = submit(
        form,
        lambda: running.schedule_run(actor, form.to_command()),
        more_errors=lambda: running.find_new_run_errors(actor, kind, form.to_draft(), http.today()),
        message=_("The course has been planned. Open it for booking when you are ready."),
        target=lambda run_id: url_for("courses.manage_run", run_id=run_id),
    )
    return done or (
        render_template("courses/run_form.html", form=form, kind=kind, run=None),
        form.status,
    )


@blueprint.get("/training/<id(course_runs):run_id>")
@requires("courses:manage")
def manage_run(run_id: int) -> Page:
    """Show a run with its attendees, for the staff who manage it."""
    page = service.managed_run(http.actor(), run_id, http.today())
    service.record_viewing(http.actor(), page)
    return render_template("courses/manage_run.html", page=page, run=page.run)


@blueprint.post("/training/<id(course_runs):run_id>/publish")
@requires("courses:manage")
def publish_run(run_id: int) -> Page:
    """Open a run for booking."""
    running.publish_run(http.actor(), run_id)
    flash(_("The course is now open for booking."), "success")
    return redirect(url_for("courses.manage_run", run_id=run_id))
