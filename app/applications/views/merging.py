"""The page that compares two records and merges them."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.applications import merging
from app.applications.merged import AlreadyMerged
from app.applications.views import blueprint
from app.core.errors import Conflict
from app.web import http
from app.web.http import requires


@blueprint.route(
    "/applications/<id(people):person_id>/join/<id(people):other_id>", methods=["GET", "POST"]
)
@requires("applications:decide")
def merge(person_id: int, other_id: int) -> str | Response:
    """Compare two records, and merge them when the button is pressed."""
    actor = http.actor()
    try:
        if request.method == "POST":
            kept_id = merging.merge(actor, person_id, other_id)
            flash(_("The two records have been merged."), "success")
            return redirect(url_for("records.person", person_id=kept_id))
        pair = merging.compare(actor, person_id, other_id, http.today())
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
        refusal=pair.refusal,
        back_url=url_for(back, person_id=person_id),
    )
