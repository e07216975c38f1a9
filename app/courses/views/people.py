"""Pages to add or remove attendees and to hold places."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.courses import booking, notifications, service, wording
from app.courses.forms.booking import (
    BookPersonForm,
    HoldPlacesForm,
    KnownPersonForm,
    NamedAttendeeForm,
)
from app.courses.notifications import format_venue
from app.courses.types import RunFacts, TrainerAccess
from app.courses.views import blueprint
from app.web import http
from app.web.form_page import submit
from app.web.http import requires
from app.web.once import once

Page = str | Response | tuple[str, int]


@blueprint.route(
    "/training/<id(course_runs):run_id>/add/<any(named, 'walk-in'):kind>", methods=["GET", "POST"]
)
@requires("courses:manage")
@once
def add_attendee(run_id: int, kind: str) -> Page:
    """Add an attendee by name, from an organisation or as a walk-in."""
    actor = http.actor()
    page = service.managed_run(actor, run_id, http.today())
    form = NamedAttendeeForm().set_choices(
        service.organisations(actor, http.today()),
        page.held,
        is_for_trainer=page.run.trainer_user_id == actor.user_id,
    )
    done = submit(
        form,
        lambda: booking.add_named_attendee(
            actor, run_id, form.to_command(walk_in=kind == "walk-in")
        ),
        message=lambda added: _confirmation_message(
            _("%(name)s has been added to the course.", name=form.name.data), run_id, added
        ),
        target=url_for("courses.manage_run", run_id=run_id),
    )
    return done or (
        render_template(
            "courses/add.html", form=form, run=page.run, page=page, walk_in=kind == "walk-in"
        ),
        form.status,
    )


@blueprint.route("/training/<id(course_runs):run_id>/add/known", methods=["GET", "POST"])
@requires("courses:manage")
@once
def add_known_person(run_id: int) -> Page:
    """Book somebody from one of the trainer's other courses."""
    actor = http.actor()
    page = service.managed_run(actor, run_id, http.today())
    if page.run.trainer_user_id != actor.user_id:
        abort(404)
    known = service.selectable_people(actor, run_id, http.today())
    form = KnownPersonForm().set_choices(known)
    done = submit(
        form,
        lambda: booking.book_known_person(
            actor, run_id, form.person.data, form.access_needs.data or None
        ),
        message=lambda added: _confirmation_message(
            _("%(name)s has been added to the course.", name=known[form.person.data]), run_id, added
        ),
        target=url_for("courses.manage_run", run_id=run_id),
    )
    return done or (
        render_template("courses/add_known.html", form=form, run=page.run, known=known),
        form.status,
    )


@blueprint.route("/training/<id(course_runs):run_id>/places", methods=["GET", "POST"])
@requires("courses:manage")
@once
def hold_places(run_id: int) -> Page:
    """Hold places for people who will be named later."""
    actor = http.actor()
    page = service.managed_run(actor, run_id, http.today())
    form = HoldPlacesForm().set_choices(service.organisations(http.actor(), http.today()))
    done = submit(
        form,
        lambda: booking.hold_places(actor, run_id, form.organisation_id(), form.headcount.data),
        message=_("The places have been held. Add names when you have them."),
        target=url_for("courses.manage_run", run_id=run_id),
    )
    return done or (render_template("courses/places.html", form=form, run=page.run), form.status)


@blueprint.post("/training/<id(course_runs):run_id>/places/<id(bookings):booking_id>/release")
@requires("courses:manage")
def release_places(run_id: int, booking_id: int) -> Page:
    """Release unnamed places."""
    booking.release_places(http.actor(), run_id, booking_id)
    flash(_("The places have been released."), "success")
    return redirect(url_for("courses.manage_run", run_id=run_id))


@blueprint.post("/training/<id(course_runs):run_id>/people/<id(attendees):attendee_id>/remove")
@requires("courses:manage")
def remove_attendee(run_id: int, attendee_id: int) -> Page:
    """Remove an attendee from a run."""
    booking.remove_attendee(http.actor(), run_id, attendee_id)
    flash(
        _confirmation_message(
            _("The person has been removed from the course."), run_id, attendee_id
        ),
        "success",
    )
    return redirect(url_for("courses.manage_run", run_id=run_id))


def _confirmation_message(confirmation: str, run_id: int, attendee_id: int) -> str:
    """Return a confirmation that also says how the attendee will be told."""
    status = wording.describe_letter_status(
        notifications.latest_letter(http.actor(), run_id, attendee_id),
        wants_no_contact=notifications.wants_no_contact(attendee_id),
    )
    return f"{confirmation} {status}."


@blueprint.route("/people/<id(people):person_id>/book", methods=["GET", "POST"])
@requires("courses:manage")
def book_person(person_id: int) -> Page:
    """Book a course for a person."""
    actor, on = http.actor(), http.today()
    if not actor.may("people:read"):
        abort(404)
    name = service.get_name(actor, person_id)
    runs = service.bookable_runs(actor, on)
    labels = [
        _run_label(run, lacks_prerequisite=service.lacks_prerequisite(actor, person_id, run))
        for run in runs
    ]
    form = BookPersonForm().set_choices(runs, labels)
    done = submit(
        form,
        lambda: booking.book_person(
            actor,
            form.run.data,
            person_id,
            form.access_needs.data or None,
            TrainerAccess(form.trainer_reads.data),
        ),
        message=lambda booked: _confirmation_message(_("Booked."), form.run.data, booked),
        target=url_for("records.person", person_id=person_id),
    )
    return done or (
        render_template(
            "courses/book_person.html", form=form, person_name=name, person_id=person_id
        ),
        form.status,
    )


def _run_label(run: RunFacts, *, lacks_prerequisite: bool) -> str:
    """Return the label of a run in the list of courses to choose from."""
    label = f"{run.type.name}, {run.first_day:%d/%m/%Y}, {format_venue(run)} ({run.places_left})"
    if lacks_prerequisite:
        return _(
            "%(course)s. This person does not have the certificate that the course requires",
            course=label,
        )
    return label
