"""Forms about the private word."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.changes.word import LONGEST_WORD
from app.core.fields import PageForm, TextField


class GiveForm(PageForm):
    """The word, to see what is behind it. Not a password field: browsers offer to save those."""

    word = TextField(
        _l("Your private word"),
        required=_l("Enter your private word"),
        max_length=LONGEST_WORD,
        width=20,
        autocomplete="off",
    )


class ReplaceForm(PageForm):
    """A new word, by the one before or a code from a call."""

    proof = TextField(
        _l("The code we gave you on the phone, or your current word"),
        required=_l("Enter the code, or your current word"),
        max_length=LONGEST_WORD,
        width=20,
        autocomplete="off",
    )
    word = TextField(
        _l("Your new word"),
        required=_l("Enter a new word"),
        hint=_l("6 letters or more. Choose one that nobody close to you would guess."),
        max_length=LONGEST_WORD,
        width=20,
        autocomplete="off",
    )
