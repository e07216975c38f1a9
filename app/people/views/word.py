"""The private word: giving it, choosing another, and the call that leads to a new one.

Every page here reads the same whether a word was chosen or not, and whether anything is behind it.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import sessions
from app.core import http
from app.core.errors import DomainError
from app.core.http import requires
from app.people import record
from app.people.forms.word import CodeForm, GiveForm, ReplaceForm
from app.people.safety import shown
from app.people.views import blueprint
from app.people.word import verbs

Page = str | tuple[str, int] | Response


def _me() -> Response:
    return redirect(url_for("people.me"))


def _own_page(template: str, form: GiveForm | ReplaceForm) -> Page:
    page = render_template(f"people/me/{template}.html", form=form, back_url=url_for("people.me"))
    return page, form.status


@blueprint.route("/me/rest", methods=["GET", "POST"])
@requires("own:read")
def my_rest() -> Page:
    """Give the word, and see for ten minutes what is behind it."""
    form = GiveForm()
    if form.validate_on_submit():
        try:
            right = verbs.give(http.actor(), form.word.data)
        except DomainError as error:
            if error.status == 404:
                raise
            form.absorb(error)
        else:
            if right:
                sessions.open_rest()
            flash(
                _(
                    "If that was your private word, your page shows everything for 10 minutes. If"
                    " not, check the word and try again."
                )
            )
            return _me()
    form.word.raw_data, form.word.data = None, ""
    return _own_page("rest", form)


@blueprint.post("/me/rest/hide")
@requires("own:read")
def hide_my_rest() -> Response:
    """Show it no longer."""
    sessions.close_rest()
    return _me()


@blueprint.route("/me/word", methods=["GET", "POST"])
@requires("own:change")
def my_word() -> Page:
    """Choose a new word."""
    form = ReplaceForm()
    if form.validate_on_submit():
        try:
            verbs.replace(http.actor(), form.proof.data, form.word.data)
        except DomainError as error:
            if error.status == 404:
                raise
            form.absorb(error)
        else:
            flash(
                _(
                    "If the code or the word was right, your new word is saved. If not, nothing has"
                    " changed."
                )
            )
            return _me()
    for field in (form.proof, form.word):
        field.raw_data, field.data = None, ""
    return _own_page("word", form)


@blueprint.route("/people/<id(people):person_id>/word", methods=["GET", "POST"])
@requires("people:change")
def person_word(person_id: int) -> Page:
    """They want a new private word, and were called on a number that is recorded as safe."""
    actor = http.actor()
    form = CodeForm(numbers=verbs.numbers(actor, person_id))
    code = None
    if form.validate_on_submit():
        try:
            code = verbs.make_code(actor, person_id, form.number.data)
        except DomainError as error:
            if error.status == 404:
                raise
            form.absorb(error)
    page = render_template(
        "people/staff_word.html",
        form=form,
        code=code,
        how=shown.how_to_contact(person_id, http.today()),
        name=record.name_of(actor, person_id, http.today()),
        back_url=url_for("people.person", person_id=person_id),
    )
    return page, form.status
