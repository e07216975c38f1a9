"""The list of people, a person's page, and what staff do there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import proof
from app.core import http
from app.core.errors import DomainError
from app.core.fields import PageForm
from app.core.filtered import applied, around
from app.core.http import requires
from app.people.safety.types import Waits
from app.people.types import ContactKind
from app.records import exporting, listing, record
from app.records import service as records
from app.records.forms.contacting import ContactForm
from app.records.forms.staff import (
    ExportForm,
    GeneralForm,
    ListFilter,
    NameForm,
    PlaceForm,
    ProtectForm,
    RemoveForm,
    filter_form,
)
from app.records.views import blueprint, changes
from app.registration import wards

Page = str | tuple[str, int] | Response


def _filters() -> ListFilter:
    offered = listing.choices(http.actor(), http.today())
    return filter_form(offered.networks, offered.places, offered.more)


@blueprint.get("/people")
@requires("people:read")
def people() -> str:
    """Everybody this reader may read, by name."""
    form = _filters()
    values = form.values()
    page = listing.page(http.actor(), http.today(), values, request.args.get("after"))
    return render_template(
        "records/list.html",
        **around("records.people", form, page),
        export_url=url_for("records.export", **values),
    )


@blueprint.route("/people/export", methods=["GET", "POST"])
@requires("people:export")
@proof.asked_for
def export() -> Page:
    """The list as a file, for a reason that is kept."""
    filters = _filters()
    form = ExportForm()
    made = _exported(filters, form) if form.validate_on_submit() else None
    if made is not None:
        return send_file(
            made.content,
            mimetype=made.media_type,
            as_attachment=True,
            download_name=made.name,
            max_age=0,
        )
    page = render_template(
        "records/export.html",
        form=form,
        applied=[text for text, _url in applied("records.people", filters)],
        back_url=url_for("records.people", **filters.values()),
    )
    return page, form.status


def _exported(filters: ListFilter, form: ExportForm) -> exporting.Export | None:
    """The file; None when a rule forbids it, which the form then says."""
    try:
        return exporting.export(
            http.actor(), http.today(), filters.values(), form.kind.data, form.reason.data
        )
    except DomainError as error:
        form.absorb(error)
        return None


@blueprint.get("/people/<id(people):person_id>")
@requires("people:read")
def person(person_id: int) -> str:
    """One person's record. Opening it is noted."""
    found = record.open_one(http.actor(), person_id, http.today())
    return render_template("records/person.html", one=found)


def _back(person_id: int) -> Response:
    return redirect(url_for("records.person", person_id=person_id))


def _do(person_id: int, verb: Callable[[], Waits | None], said: str) -> Response:
    """Carry a button out; a rule that forbids it is said on the person's page."""
    try:
        waits = verb()
    except DomainError as error:
        if error.status == 404:
            raise
        flash(error.message, "problem")
    else:
        if waits is not None:
            return changes.to_check(person_id, waits)
        flash(said, "success")
    return _back(person_id)


def _form_page(
    person_id: int,
    template: str,
    form: PageForm,
    verb: Callable[[], Waits | None],
    said: str,
    **more: Any,
) -> Page:
    """A page with a form about a person, and what its button does."""
    name = record.name_of(http.actor(), person_id, http.today())
    if form.validate_on_submit():
        try:
            waits = verb()
        except DomainError as error:
            if error.status == 404:
                raise
            form.absorb(error)
        else:
            if waits is not None:
                return changes.to_check(person_id, waits)
            flash(said, "success")
            return _back(person_id)
    page = render_template(
        f"records/{template}.html",
        form=form,
        name=name,
        back_url=url_for("records.person", person_id=person_id),
        **more,
    )
    return page, form.status


@blueprint.post("/people/<id(people):person_id>/here")
@requires("people:change")
def person_still_here(person_id: int) -> Response:
    """Somebody spoke with them: they are still here."""
    said = _("Noted: they are still here.")
    return _do(person_id, lambda: records.still_here(http.actor(), person_id), said)


@blueprint.route("/people/<id(people):person_id>/name", methods=["GET", "POST"])
@requires("people:change")
def person_name(person_id: int) -> Page:
    """Another name."""
    form = NameForm(data={"name": record.name_of(http.actor(), person_id, http.today())})
    return _form_page(
        person_id,
        "name",
        form,
        lambda: records.rename(http.actor(), person_id, form.name.data),
        _("Name changed."),
    )


@blueprint.route("/people/<id(people):person_id>/contact", methods=["GET", "POST"])
@requires("people:change")
def person_contact(person_id: int) -> Page:
    """How they can be reached."""
    ways = record.ways(http.actor(), person_id, http.today())
    form = ContactForm(
        numbers=record.numbers(http.actor(), person_id, http.today()),
        data={
            "email": ways.of(ContactKind.EMAIL),
            "phone": ways.of(ContactKind.PHONE),
            "post": ways.of(ContactKind.POST),
            "preferred": ways.preferred,
        },
    )
    return _form_page(
        person_id,
        "contact",
        form,
        lambda: records.set_contacts(
            http.actor(), person_id, form.given(), form.wanted, form.call, meets=form.meets
        ),
        _(
            "Saved. A new email address is used once they press the button in the emails that we"
            " sent, or once you have called them."
        )
        if form.call is None
        else _("Saved."),
        how=ways.how,
    )


@blueprint.route("/people/<id(people):person_id>/place", methods=["GET", "POST"])
@requires("people:change")
def person_place(person_id: int) -> Page:
    """They live, work or could help somewhere."""
    form = PlaceForm(wards=wards.all_wards())
    return _form_page(
        person_id,
        "place",
        form,
        lambda: records.add_place(http.actor(), person_id, form.to_command()),
        _("Place saved."),
    )


@blueprint.route("/people/<id(people):person_id>/protection", methods=["GET", "POST"])
@requires("people:change")
def person_protection(person_id: int) -> Page:
    """They asked us not to keep their postcode."""
    form = ProtectForm(wards=wards.all_wards())
    return _form_page(
        person_id,
        "protection",
        form,
        lambda: records.protect(http.actor(), person_id, form.ward.data or None),
        _("Done. We keep no postcode of theirs."),
    )


@blueprint.route("/people/<id(people):person_id>/seen", methods=["GET", "POST"])
@requires("people:change")
def person_general(person_id: int) -> Page:
    """They told us whether the team may see and count them as a general champion."""
    now = record.general_answer(http.actor(), person_id, http.today())
    form = GeneralForm(data={"general": "yes" if now else "no"})
    return _form_page(
        person_id,
        "general",
        form,
        lambda: records.set_general(http.actor(), person_id, form.general.data == "yes"),
        _("Saved."),
    )


@blueprint.post("/people/<id(people):person_id>/protection/end")
@requires("people:change")
def person_unprotect(person_id: int) -> Response:
    """They told us that we may keep a postcode again."""
    said = _("Saved. The next postcode they give is kept.")
    return _do(person_id, lambda: records.unprotect(http.actor(), person_id), said)


@blueprint.route("/people/<id(people):person_id>/remove", methods=["GET", "POST"])
@requires("people:change")
def person_remove(person_id: int) -> Page:
    """They leave, or are removed."""
    form = RemoveForm()
    return _form_page(
        person_id,
        "remove",
        form,
        lambda: records.remove(http.actor(), person_id, form.reason.data),
        _("Done. They are no longer in the network."),
    )


@blueprint.post("/people/<id(people):person_id>/not/<id(people):other_id>")
@requires("people:change")
def person_not_the_same(person_id: int, other_id: int) -> Response:
    """Two who look alike are two people."""
    said = _("Noted: two people.")
    return _do(person_id, lambda: records.not_the_same(http.actor(), person_id, other_id), said)
