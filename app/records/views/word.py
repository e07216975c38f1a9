"""The page where staff get a code for a person who wants a new memorable word."""

from __future__ import annotations

from flask import make_response, render_template, url_for
from werkzeug.wrappers import Response

from app.changes import word
from app.records import pending_changes, record
from app.records.forms.word import CodeForm
from app.records.views import blueprint
from app.web import http
from app.web.form_page import submit
from app.web.http import requires

Page = str | tuple[str, int] | Response


@blueprint.route("/people/<id(people):person_id>/word", methods=["GET", "POST"])
@requires("people:change")
def replace_person_word(person_id: int) -> Page:
    """After staff have called a safe number, show a code for them to read to the person."""
    actor = http.actor()
    form = CodeForm(numbers=word.numbers_to_call(actor, person_id))

    def page(code: str | None = None) -> str:
        return render_template(
            "records/word.html",
            form=form,
            code=code,
            how=pending_changes.contact_instructions(person_id, http.today()),
            name=record.find_name(actor, person_id, http.today()),
            back_url=url_for("records.person", person_id=person_id),
        )

    done = submit(
        form,
        lambda: word.make_code(actor, person_id, form.number.data),
        target=lambda code: make_response(page(code)),
    )
    return done or (page(), form.status)
