"""Forms for the memorable word."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.changes.forms import word_field
from app.web.fields import PageForm


class WordForm(PageForm):
    """A form for entering the memorable word to see private details."""

    word = word_field(_l("Your memorable word"), required=_l("Enter your memorable word"))


class NewWordForm(PageForm):
    """A form for setting a new memorable word.

    The person must enter the current word or a code that staff gave by phone.
    """

    proof = word_field(
        _l("The code we gave you on the phone, or your current memorable word"),
        required=_l("Enter the code, or your current memorable word"),
    )
    word = word_field(
        _l("Your new word"),
        required=_l("Enter a new word"),
        hint=_l("Use 6 letters or more. Choose a word that nobody close to you would guess."),
    )
