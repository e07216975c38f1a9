"""The list of people, a person's record, and the forms that change it."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.changes import contacts
from app.changes import service as changes
from app.changes.forms import StaffLeaveForm
from app.people.types import ContactKind, FollowUpQuestion
from app.records import exporting, listing, record
from app.records import service as records
from app.records.forms.staff import (
    DuplicateSearch,
    ExportForm,
    ListFilter,
    create_filter_form,
)
from app.records.forms.with_source import (
    ContactFormWithSource,
    GeneralChampionFormWithSource,
    NameFormWithSource,
    NetworksFormWithSource,
    PauseFormWithSource,
    PlaceFormWithSource,
    ProtectionFormWithSource,
    TravelFormWithSource,
)
from app.records.views import blueprint
from app.records.views.changes import next_page
from app.registration import wards
from app.signin import reauthentication
from app.web import http, slow_work
from app.web.fields import PageForm
from app.web.filters import applied_filters, list_context
from app.web.form_page import press, submit
from app.web.http import requires
from app.web.once import once

Page = str | tuple[str, int] | Response
# The page for each follow-up question.
_FOLLOW_UP_ENDPOINTS = {
    FollowUpQuestion.PROTECTION: "records.protect_person",
    FollowUpQuestion.GENERAL: "records.edit_person_general_answer",
}


def _filters() -> ListFilter:
    available = listing.filter_choices(http.actor(), http.today())
    return create_filter_form(available.networks, available.places, available.extra_filters)


@blueprint.get("/people")
@requires("people:read")
def people() -> str:
    """List the people that the reader is allowed to see, sorted by name."""
    form = _filters()
    values = form.values()
    page = listing.list_people(http.actor(), http.today(), values, request.args.get("after"))
    return render_template(
        "records/list.html",
        **list_context("records.people", form, page),
        export_url=url_for("records.export", **values),
    )


@blueprint.get("/people/<id(people):person_id>/merge")
@requires("people:change")
def choose_duplicate(person_id: int) -> str:
    """Search for another record of the same person."""
    actor, on = http.actor(), http.today()
    form = DuplicateSearch()
    found = listing.search_duplicates(actor, on, person_id, form.values().get("q", ""))
    return render_template(
        "records/choose_duplicate.html",
        form=form,
        found=found,
        person_id=person_id,
        name=record.find_name(actor, person_id, on),
        back_url=_record_url(person_id),
    )


@blueprint.route("/people/export", methods=["GET", "POST"])
@requires("people:export")
@reauthentication.require
def export() -> Page:
    """Export the list of people. Staff must give a reason."""
    filters = _filters()
    form = ExportForm()
    done = submit(
        form,
        lambda: slow_work.run_export(
            lambda: exporting.export_people(
                http.actor(), http.today(), filters.values(), form.kind.data, form.reason.data
            )
        ),
        target=_send_export,
    )
    return done or (
        render_template(
            "records/export.html",
            form=form,
            applied=[text for text, _url in applied_filters("records.people", filters)],
            back_url=url_for("records.people", **filters.values()),
        ),
        form.status,
    )


def _send_export(export_file: exporting.Export) -> Response:
    return send_file(
        export_file.content,
        mimetype=export_file.media_type,
        as_attachment=True,
        download_name=export_file.name,
        max_age=0,
    )


@blueprint.get("/people/<id(people):person_id>")
@requires("people:read")
def person(person_id: int) -> str:
    """Show a person's record. Each read is audited."""
    shown = record.open_record(http.actor(), person_id, http.today())
    return render_template("records/person.html", record=shown)


def _record_url(person_id: int) -> str:
    return url_for("records.person", person_id=person_id)


def _render_form_page(template: str, person_id: int, form: PageForm, **kwargs: Any) -> Page:
    page = render_template(
        f"records/{template}.html",
        form=form,
        name=record.find_name(http.actor(), person_id, http.today()),
        back_url=_record_url(person_id),
        **kwargs,
    )
    return page, form.status


@blueprint.route("/people/<id(people):person_id>/name", methods=["GET", "POST"])
@requires("people:change")
def edit_person_name(person_id: int) -> Page:
    """Change the person's name."""
    form = NameFormWithSource(
        data={"name": record.find_name(http.actor(), person_id, http.today())}
    )
    done = submit(
        form,
        lambda: changes.rename(http.actor(), form.to_subject(person_id), form.name.data),
        message=_("Name changed."),
        target=_record_url(person_id),
    )
    return done or _render_form_page("name", person_id, form)


@blueprint.route("/people/<id(people):person_id>/contact", methods=["GET", "POST"])
@requires("people:change")
def edit_person_contact(person_id: int) -> Page:
    """Change the person's contact details."""
    current = record.current_contact(http.actor(), person_id, http.today())
    form = ContactFormWithSource(
        numbers=record.numbers_to_call(http.actor(), person_id, http.today()),
        data={
            "email": current.newest(ContactKind.EMAIL),
            "phone": current.newest(ContactKind.PHONE),
            "post": current.newest(ContactKind.POST),
            "preferred": current.preferred,
        },
    )
    saved_message = _(
        "Saved. The person can use a new email address after they select the button in "
        "both emails that we sent, or after you call them."
    )
    done = submit(
        form,
        lambda: contacts.change_contacts(
            http.actor(),
            form.to_subject(person_id),
            form.new_contacts(),
            form.preferred_kind,
            form.call,
            will_meet=form.will_meet_in_person,
        ),
        target=next_page(person_id, saved_message if form.call is None else _("Saved.")),
    )
    return done or _render_form_page("contact", person_id, form, how=current.instructions)


@blueprint.route("/people/<id(people):person_id>/place", methods=["GET", "POST"])
@requires("people:change")
@once
def add_person_place(person_id: int) -> Page:
    """Add a place where the person lives, works or could help."""
    form = PlaceFormWithSource(wards=wards.all_wards())
    done = submit(
        form,
        lambda: changes.add_place(http.actor(), form.to_subject(person_id), form.to_command()),
        message=_("Place saved."),
        target=_record_url(person_id),
    )
    return done or _render_form_page("place", person_id, form)


@blueprint.route("/people/<id(people):person_id>/protection", methods=["GET", "POST"])
@requires("people:change")
def protect_person(person_id: int) -> Page:
    """Protect the person and delete their postcodes."""
    form = ProtectionFormWithSource(wards=wards.all_wards())
    done = submit(
        form,
        lambda: changes.protect(http.actor(), form.to_subject(person_id), form.ward.data or None),
        message=_("We have deleted this person’s postcodes."),
        target=_record_url(person_id),
    )
    return done or _render_form_page("protection", person_id, form)


@blueprint.route("/people/<id(people):person_id>/seen", methods=["GET", "POST"])
@requires("people:change")
def edit_person_general_answer(person_id: int) -> Page:
    """Change whether the person is a general champion."""
    is_general = record.general_answer(http.actor(), person_id, http.today())
    form = GeneralChampionFormWithSource(data={"general": "yes" if is_general else "no"})
    done = submit(
        form,
        lambda: changes.set_general_champion(http.actor(), form.to_subject(person_id), form.answer),
        message=_("Saved."),
        target=_record_url(person_id),
    )
    return done or _render_form_page("general", person_id, form)


@blueprint.route("/people/<id(people):person_id>/networks", methods=["GET", "POST"])
@requires("people:change")
def edit_person_networks(person_id: int) -> Page:
    """Change the person's networks."""
    actor, on = http.actor(), http.today()
    form = NetworksFormWithSource(
        networks=record.assignable_networks(actor, on),
        data={"networks": record.network_slugs(actor, person_id, on)},
    )

    def target(questions: list[FollowUpQuestion]) -> str:
        flash(_("Saved."), "success")
        return url_for(
            _FOLLOW_UP_ENDPOINTS[questions[0]] if questions else "records.person",
            person_id=person_id,
        )

    done = submit(
        form,
        lambda: changes.choose_networks(actor, form.to_subject(person_id), form.networks.data),
        target=target,
    )
    return done or _render_form_page("networks", person_id, form)


@blueprint.route("/people/<id(people):person_id>/travel", methods=["GET", "POST"])
@requires("people:change")
def edit_person_travel_distance(person_id: int) -> Page:
    """Change how far the person would travel, and where they do not want to help."""
    actor = http.actor()
    current = record.travel_distance(actor, person_id, http.today())
    form = TravelFormWithSource(
        wards=wards.all_wards(),
        includes_wards=current.excluded is not None,
        data={"reach": current.travel_km, "excluded": current.excluded},
    )
    done = submit(
        form,
        lambda: changes.set_travel_distance(
            actor, form.to_subject(person_id), form.reach.data, form.excluded_wards
        ),
        message=_("Saved."),
        target=_record_url(person_id),
    )
    return done or _render_form_page("travel", person_id, form)


@blueprint.route("/people/<id(people):person_id>/away", methods=["GET", "POST"])
@requires("people:change")
def record_person_absence(person_id: int) -> Page:
    """Record that the person is away."""
    form = PauseFormWithSource()
    done = submit(
        form,
        lambda: changes.start_absence(http.actor(), form.to_subject(person_id), form.until.data),
        message=_("We have recorded that this person is away. We will not ask them for anything."),
        target=_record_url(person_id),
    )
    return done or _render_form_page("pause", person_id, form)


@blueprint.post("/people/<id(people):person_id>/protection/end")
@requires("people:change")
def end_person_protection(person_id: int) -> Response:
    """Request the end of the person's protection."""
    return press(
        lambda: changes.unprotect(http.actor(), person_id),
        target=next_page(
            person_id, _("Saved. We will keep the next postcode that this person gives us.")
        ),
        error_target=_record_url(person_id),
    )


@blueprint.route("/people/<id(people):person_id>/remove", methods=["GET", "POST"])
@requires("people:change")
def remove_person(person_id: int) -> Page:
    """Remove the person from the network."""
    form = StaffLeaveForm()
    done = submit(
        form,
        lambda: changes.leave_network(http.actor(), person_id, form.reason.data),
        message=_("This person has been removed from the network."),
        target=_record_url(person_id),
    )
    return done or _render_form_page("remove", person_id, form)


@blueprint.post("/people/<id(people):person_id>/not/<id(people):other_id>")
@requires("people:change")
def mark_as_different(person_id: int, other_id: int) -> Response:
    """Mark two similar records as different people."""
    return press(
        lambda: records.mark_as_different(http.actor(), person_id, other_id),
        message=_("Marked as different people."),
        target=_record_url(person_id),
    )
