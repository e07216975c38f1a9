"""Pages for entering and changing the memorable word.

The pages do not reveal whether the person has chosen a word.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.changes import word
from app.profile.forms.word import NewWordForm, WordForm
from app.profile.views import blueprint
from app.signin import sessions
from app.web import http
from app.web.form_page import submit
from app.web.http import requires

Page = str | tuple[str, int] | Response


def _render_form_page(template: str, form: WordForm | NewWordForm) -> Page:
    page = render_template(f"profile/{template}.html", form=form, back_url=url_for("profile.me"))
    return page, form.status


@blueprint.route("/me/rest", methods=["GET", "POST"])
@requires("own:read")
def show_private_details() -> Page:
    """Check the memorable word. If it is correct, show private details for ten minutes."""
    form = WordForm()

    def open_private_details() -> None:
        if word.verify_word(http.actor(), form.word.data):
            sessions.show_private_information()
        flash(
            _(
                "If the word was correct, your page will show your private details for 10 "
                "minutes. If not, check the word and try again."
            )
        )

    done = submit(form, open_private_details, target=url_for("profile.me"))
    return done or _render_form_page("rest", form)


@blueprint.post("/me/rest/hide")
@requires("own:read")
def hide_private_details() -> Response:
    """Hide the private details."""
    sessions.hide_private_information()
    return redirect(url_for("profile.me"))


@blueprint.route("/me/word", methods=["GET", "POST"])
@requires("own:change")
def edit_own_word() -> Page:
    """Set a new memorable word."""
    form = NewWordForm()

    def replace() -> None:
        word.replace_word(http.actor(), form.proof.data, form.word.data)
        flash(
            _(
                "If the code or word was correct, we have saved your new word. If not, nothing "
                "has changed."
            )
        )

    done = submit(form, replace, target=url_for("profile.me"))
    return done or _render_form_page("word", form)
