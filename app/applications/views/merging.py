"""Pages for comparing two records, and for merging them and undoing a merge."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.applications import merging, undoing
from app.applications.merged import AlreadyMerged
from app.applications.views import blueprint
from app.core.errors import Conflict
from app.web import http
from app.web.form_page import press
from app.web.http import requires


@blueprint.route(
    "/applications/<id(people):person_id>/join/<id(people):other_id>", methods=["GET", "POST"]
)
@requires("applications:decide")
def merge(person_id: int, other_id: int) -> str | Response:
    """Show two records side by side, and merge them when the form is submitted."""
    actor = http.actor()
    try:
        if request.method == "POST":
            kept_id = merging.merge_records(actor, person_id, other_id, request.form.get("seen"))
            flash(_("The two records have been merged."), "success")
            return redirect(url_for("records.person", person_id=kept_id))
        pair = merging.compare_records(actor, person_id, other_id, http.today())
    except AlreadyMerged as error:
        flash(error.message, "info")
        return redirect(url_for("records.person", person_id=error.person_id))
    except Conflict as conflict:
        flash(conflict.message, "problem")
        return redirect(url_for("applications.application", person_id=person_id))
    back = "records.person" if request.args.get("from") == "record" else "applications.application"
    return render_template(
        "applications/merge.html",
        kept=pair.kept,
        merged=pair.merged,
        in_network=pair.kept_is_in_the_network,
        counts_as_activity=pair.counts_as_activity,
        is_application=pair.is_application,
        marked_different=pair.marked_different,
        refusal=pair.refusal,
        expected_states=pair.states,
        back_url=url_for(back, person_id=person_id),
    )


@blueprint.route(
    "/applications/<id(people):person_id>/merges/<id(record_merges):merge_id>",
    methods=["GET", "POST"],
)
@requires("people:change")
def undo_merge(person_id: int, merge_id: int) -> str | Response:
    """Explain the effect of undoing a merge, and undo it when the form is submitted."""
    actor = http.actor()
    back = url_for("records.person", person_id=person_id)
    if request.method == "POST":
        return press(
            lambda: undoing.undo_merge(actor, person_id, merge_id),
            message=_("The merge has been undone. There are two records again."),
            target=back,
        )
    merge = undoing.find_undoable_merge(actor, person_id, merge_id)
    return render_template("applications/undo_merge.html", merge=merge, back_url=back)
