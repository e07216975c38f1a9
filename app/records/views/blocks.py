"""Pages for blocking users and organisations from seeing a person."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.changes import blocks
from app.records import record
from app.records.forms.with_source import BlockFormWithSource
from app.records.views import blueprint
from app.web import http
from app.web.form_page import submit
from app.web.http import requires

Page = str | tuple[str, int] | Response


@blueprint.route("/people/<id(people):person_id>/hidden", methods=["GET", "POST"])
@requires("people:change")
def edit_person_blocks(person_id: int) -> Page:
    """Block an organisation or a user from seeing the person."""
    actor, on = http.actor(), http.today()
    name, found = record.blocks(actor, person_id, on)
    form = BlockFormWithSource(targets=blocks.blockable_targets(on, actor.user_id))
    done = submit(
        form,
        lambda: blocks.add_block(actor, form.to_subject(person_id), form.to_command()),
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
def end_person_block(person_id: int, block_id: int) -> Response:
    """Request the removal of a block."""
    blocks.request_unblock(http.actor(), person_id, block_id)
    flash(
        _(
            "Nothing has changed yet. Call the person, then open the change below to record the"
            " call."
        )
    )
    return redirect(url_for("records.person", person_id=person_id))
