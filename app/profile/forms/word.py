"""Forms about the memorable word."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.changes.forms import word_field
from app.web.fields import PageForm


class WordForm(PageForm):
    """A form to enter the memorable word and see what it hides."""

    word = word_field(_l("Your memorable word"), required=_l("Enter your memorable word"))


class NewWordForm(PageForm):
    """A form to choose a new memorable word, with the current word or a code given by phone."""

    proof = word_field(
        _l("The code we gave you on the phone, or your current word"),
        required=_l("Enter the code, or your current word"),
    )
    word = word_field(
        _l("Your new word"),
        required=_l("Enter a new word"),
        hint=_l("Use 6 letters or more. Choose a word that nobody close to you would guess."),
    )
