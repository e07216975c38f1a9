"""Pages for people's organisations and for unlinked organisation names."""

from __future__ import annotations

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.changes import organisations as changes
from app.organisations.forms import UnlinkedNameForm
from app.organisations.types import OrganisationKind
from app.records import named_organisations, record
from app.records.forms.with_source import OrganisationFormWithSource
from app.records.views import blueprint
from app.web import http
from app.web.form_page import press, submit
from app.web.http import requires

Page = str | tuple[str, int] | Response


@blueprint.route("/people/<id(people):person_id>/organisations", methods=["GET", "POST"])
@requires("people:change")
def edit_person_organisations(person_id: int) -> Page:
    """Show the person's organisations, and add one."""
    actor, on = http.actor(), http.today()
    form = OrganisationFormWithSource()
    name, found = record.organisations(actor, person_id, on)
    own = url_for("records.edit_person_organisations", person_id=person_id)
    done = submit(
        form,
        lambda: changes.join_organisation(actor, form.to_subject(person_id), form.chosen_name),
        message=_("Organisation added."),
        target=own,
    )
    return done or (
        render_template(
            "records/organisations.html",
            form=form,
            name=name,
            organisations=found,
            person_id=person_id,
            back_url=url_for("records.person", person_id=person_id),
        ),
        form.status,
    )


@blueprint.post(
    "/people/<id(people):person_id>/organisations/<id(affiliations):affiliation_id>/unlink"
)
@requires("organisations:change")
def unlink_organisation(person_id: int, affiliation_id: int) -> Response:
    """Remove a wrong link between a name and an organisation."""
    return press(
        lambda: changes.unlink_organisation(http.actor(), person_id, affiliation_id),
        message=_("Unlinked. The name is in the list of names to link."),
        target=url_for("records.edit_person_organisations", person_id=person_id),
    )


@blueprint.get("/people/organisations")
@requires("organisations:change")
def organisation_names() -> str:
    """List the organisation names that are not linked to an organisation."""
    return render_template(
        "records/organisation_names.html",
        rows=named_organisations.list_unlinked_names(http.actor(), http.today()),
        back_url=url_for("organisations.organisations"),
    )


@blueprint.route("/people/organisations/<id(affiliations):affiliation_id>", methods=["GET", "POST"])
@requires("organisations:change")
def organisation_name(affiliation_id: int) -> Page:
    """Link an organisation name, or mark it as unmatched."""
    actor = http.actor()
    found = named_organisations.get_unlinked_name(actor, affiliation_id, http.today())
    form = UnlinkedNameForm(
        organisations=found.organisations,
        data={
            "name": found.name,
            "what": "link" if found.suggestions else None,
            "which": found.suggestions[0].id if found.suggestions else None,
        },
    )

    def decide() -> int:
        if form.what.data == "link":
            return changes.link_organisation(actor, affiliation_id, form.which.data)
        if form.what.data == "new":
            kind = OrganisationKind(form.kind.data)
            return named_organisations.create_organisation(
                actor, affiliation_id, form.name.data, kind
            )
        return changes.leave_unmatched(actor, affiliation_id)

    done = submit(
        form,
        decide,
        message=lambda people: ngettext(
            "Saved for %(num)s person.", "Saved for %(num)s people.", people
        ),
        target=url_for("records.organisation_names"),
    )
    return done or (
        render_template(
            "records/organisation_name.html",
            form=form,
            found=found,
            back_url=url_for("records.organisation_names"),
        ),
        form.status,
    )
