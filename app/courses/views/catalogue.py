"""Pages to find a course, and to book or give up a place."""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.courses import booking, notifications, service, wording
from app.courses.forms.booking import BookPlaceForm, CatalogueFilter
from app.courses.types import RunState, TrainerAccess
from app.courses.views import blueprint
from app.people import pausing
from app.web import http
from app.web.form_page import submit
from app.web.http import public, requires

Page = str | Response | tuple[str, int]


@blueprint.get("/courses")
@public
def catalogue() -> Page:
    """List the runs that can be booked, filtered by town and course type."""
    on = http.today()
    types, towns = service.course_types(on), service.towns()
    form = CatalogueFilter().set_choices(towns, types)
    filters = form.values()
    runs = service.catalogue(on, filters.get("course"), filters.get("near"))
    return render_template(
        "courses/catalogue.html",
        filter_form=form,
        runs=runs,
        types=types,
        applied=_active_filters(form, filters),
        near_km=service.NEAR_KM,
    )


def _active_filters(form: CatalogueFilter, filters: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the active filters, each with a URL that removes it."""
    active = []
    for name, value in filters.items():
        labels = {str(choice.value): str(choice.label) for choice in form[name].choices}
        rest = {key: text for key, text in filters.items() if key != name}
        active.append((labels.get(str(value), str(value)), url_for("courses.catalogue", **rest)))
    return active


@blueprint.get("/courses/<id(course_runs):run_id>")
@public
def run(run_id: int) -> Page:
    """Show a course run to the public."""
    actor, on = http.actor(), http.today()
    found, own = service.public_run(actor, run_id, on)
    unsuitable = None if own else service.explain_unsuitability(actor, found, on)
    return render_template(
        "courses/run.html",
        run=found,
        own=own,
        unsuitable=unsuitable,
        others=unsuitable.alternatives if unsuitable else service.other_dates(actor, found, on),
        can_book_courses=service.can_book_courses(actor, on),
        paused=pausing.is_actor_paused(actor, on),
        now=http.now(),
    )


@blueprint.route("/courses/<id(course_runs):run_id>/book", methods=["GET", "POST"])
@requires("courses:book")
def book_place(run_id: int) -> Page:
    """Book a place for the signed-in person."""
    actor = http.actor()
    found, own = service.public_run(actor, run_id, http.today())
    if own is not None:
        return redirect(url_for("courses.run", run_id=run_id))
    if found.state is not RunState.OPEN:
        flash(booking.UNAVAILABLE_MESSAGES[found.state], "problem")
        return redirect(url_for("courses.run", run_id=run_id))
    if request.method != "POST" and not service.can_book(actor, found, http.today()):
        return redirect(url_for("courses.run", run_id=run_id))  # the run's page gives the reason
    form = BookPlaceForm()
    done = submit(
        form,
        lambda: booking.book_own_place(
            actor,
            run_id,
            form.access_needs.data or None,
            TrainerAccess(form.trainer_reads.data),
        ),
        message=lambda booked: wording.booked_message(
            notifications.latest_letter(actor, run_id, booked)
        ),
        target=url_for("courses.run", run_id=run_id),
    )
    return done or (render_template("courses/book.html", form=form, run=found), form.status)


@blueprint.get("/courses/<id(course_runs):run_id>/calendar.ics")
@requires("courses:book")
def calendar(run_id: int) -> Page:
    """Download a calendar file with the days of a booked run."""
    response = make_response(service.own_calendar(http.actor(), run_id, http.today()))
    response.mimetype = "text/calendar"
    response.headers["Content-Disposition"] = 'attachment; filename="training.ics"'
    return response


@blueprint.route("/courses/<id(course_runs):run_id>/give-up", methods=["GET", "POST"])
@requires("courses:book")
def give_up_place(run_id: int) -> Page:
    """Give up the signed-in person's place, after they confirm."""
    actor = http.actor()
    found, own = service.public_run(actor, run_id, http.today())
    if own is None:
        return redirect(url_for("courses.run", run_id=run_id))
    if request.method == "POST":
        attendee_id = booking.give_up_own_place(actor, run_id)
        letter = (
            notifications.latest_letter(actor, run_id, attendee_id)
            if attendee_id is not None
            else None
        )
        flash(wording.place_given_up_message(letter), "success")
        return redirect(url_for("courses.run", run_id=run_id))
    return render_template("courses/give_up.html", run=found)
