"""Pages on which staff record the users and organisations that must never see a person."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.changes import blocks
from app.records import record
from app.records.forms.told import ToldBlockForm
from app.records.views import blueprint
from app.web import http
from app.web.form_page import submit
from app.web.http import requires

Page = str | tuple[str, int] | Response


@blueprint.route("/people/<id(people):person_id>/hidden", methods=["GET", "POST"])
@requires("people:change")
def person_blocks(person_id: int) -> Page:
    """Block an organisation or a user, at the person's word."""
    actor, on = http.actor(), http.today()
    name, found = record.blocks(actor, person_id, on)
    form = ToldBlockForm(targets=blocks.blockable_targets(on, actor.user_id))
    done = submit(
        form,
        lambda: blocks.add_block(actor, form.whose(person_id), form.to_command()),
        message=_("Saved. The organisation or user you chose can no longer see this person."),
        target=url_for("records.person", person_id=person_id),
    )
    return done or (
        render_template(
            "records/blocks.html",
            form=form,
            name=name,
            blocks=found,
            person_id=person_id,
            back_url=url_for("records.person", person_id=person_id),
        ),
        form.status,
    )


@blueprint.post("/people/<id(people):person_id>/hidden/<id(blocks):block_id>/remove")
@requires("people:change")
def end_their_block(person_id: int, block_id: int) -> Response:
    """Request the end of a block, which needs a call to the person and then waits."""
    blocks.end_block(http.actor(), person_id, block_id)
    flash(_("Nothing has changed yet. Open the change below, and call the person first."))
    return redirect(url_for("records.person", person_id=person_id))
