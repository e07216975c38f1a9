"""Pages that confirm a change and ask who told staff about it."""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.changes import organisations
from app.changes import service as changes
from app.changes.change_source import StaffChange
from app.changes.change_source_form import ChangeSourceForm
from app.people import wording
from app.records import record
from app.records.views import blueprint
from app.web import http
from app.web.form_page import submit
from app.web.http import requires

Page = str | tuple[str, int] | Response


def _confirm_and_change(
    change: Callable[[StaffChange], None],
    person_id: int,
    *,
    title: str,
    button: str,
    message: str,
    text: Callable[[], str],
    target: str | None = None,
) -> Page:
    """Show a confirmation page, and make the change when the page is submitted."""
    back_url = target or url_for("records.person", person_id=person_id)
    form = ChangeSourceForm()
    done = submit(
        form, lambda: change(form.to_subject(person_id)), message=message, target=back_url
    )
    return done or (
        render_template(
            "records/confirm.html",
            form=form,
            title=title,
            text=text(),
            button=button,
            back_url=back_url,
        ),
        form.status,
    )


@blueprint.route("/people/<id(people):person_id>/here", methods=["GET", "POST"])
@requires("people:change")
def confirm_person_activity(person_id: int) -> Page:
    """Record that the person still takes part."""
    name = record.find_name(http.actor(), person_id, http.today())
    return _confirm_and_change(
        lambda subject: changes.confirm_activity(http.actor(), subject),
        person_id,
        title=_("Record that %(name)s is still active", name=name),
        text=lambda: _("They count as active for another 12 months."),
        button=_("Record that they are still active"),
        message=_("We have recorded that this person is still active."),
    )


@blueprint.route("/people/<id(people):person_id>/back", methods=["GET", "POST"])
@requires("people:change")
def end_person_absence(person_id: int) -> Page:
    """Record that the person is no longer away."""
    name = record.find_name(http.actor(), person_id, http.today())
    return _confirm_and_change(
        lambda subject: changes.end_absence(http.actor(), subject),
        person_id,
        title=_("Record that %(name)s is back", name=name),
        text=lambda: _("We will send them reminders and ask them to help again."),
        button=_("They are back"),
        message=_("We have recorded that this person is back."),
    )


@blueprint.route(
    "/people/<id(people):person_id>/places/<id(presences):presence_id>/remove",
    methods=["GET", "POST"],
)
@requires("people:change")
def remove_place(person_id: int, presence_id: int) -> Page:
    """Remove a place where the person lives, works or could help."""

    def describe() -> str:
        place = record.find_removable_place(http.actor(), person_id, presence_id, http.today())
        what = f"{wording.BASES[place.basis]} {place.place}"
        return _("%(place)s. We will keep it in their history.", place=what)

    return _confirm_and_change(
        lambda subject: changes.remove_place(http.actor(), subject, presence_id),
        person_id,
        title=_("Remove a place"),
        text=describe,
        button=_("Remove this place"),
        message=_("Place removed."),
    )


@blueprint.route(
    "/people/<id(people):person_id>/organisations/<id(affiliations):affiliation_id>/remove",
    methods=["GET", "POST"],
)
@requires("people:change")
def remove_organisation(person_id: int, affiliation_id: int) -> Page:
    """End the person's affiliation with an organisation."""

    def describe() -> str:
        found = record.find_organisation_name(http.actor(), person_id, affiliation_id, http.today())
        return _("%(organisation)s. We will remove it from today.", organisation=found)

    return _confirm_and_change(
        lambda subject: organisations.leave_organisation(http.actor(), subject, affiliation_id),
        person_id,
        title=_("Remove an organisation"),
        text=describe,
        button=_("Remove this organisation"),
        message=_("Organisation removed."),
        target=url_for("records.edit_person_organisations", person_id=person_id),
    )
