"""What all fields share: a sentence for what is missing, what was typed, GOV.UK markup."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, cast

from flask_babel import gettext as _
from wtforms import Field
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from app.core.fields.widgets import GovWidget, Look, Params, input_params

Words = object  # a str, or a lazy one that becomes text in the reader's language


def clean(text: object, *, lines: bool = False) -> str:
    """Typed text without control characters and stray spaces, in one Unicode form (NFC)."""
    kept = "".join(
        letter if letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cs") else " "
        for letter in unicodedata.normalize("NFC", str(text)).replace("\r\n", "\n")
    )
    return kept.strip() if lines else " ".join(kept.split())


class Needed:
    """Says `message` when nothing was given; without one, ends the checks of an empty field."""

    def __init__(self, message: Words | None) -> None:
        self.message = message

    def __call__(self, form: BaseForm, field: Field) -> None:
        """Raises StopValidation for an empty or already wrong field."""
        if field.errors:
            raise StopValidation()
        if field.data in (None, "", [], False):
            raise StopValidation(str(self.message) if self.message else "")


class OurField(Field):
    """What all our fields share.

    required: the sentence shown when nothing is given; None lets it be empty. optional: writes
    "(optional)" behind the label. hint: a line under the label.
    """

    template = "input"
    grouped = False  # drawn as a fieldset with a legend
    captioned = True  # has a label of its own
    visible = True
    look = Look()

    def __init__(
        self,
        label: Words = "",
        *,
        required: Words | None = None,
        optional: bool = False,
        hint: Words | None = None,
        validators: Sequence[Callable[[Any, Any], None]] = (),
        look: Look | None = None,
        **wtforms: Any,
    ) -> None:
        checks = [Needed(required), *validators]
        super().__init__(
            cast(str, label),  # WTForms takes lazy text, which its types do not say
            validators=checks,
            widget=GovWidget(self.template),
            description=cast(str, hint or ""),
            **wtforms,
        )
        self.optional = optional
        self.look = look or self.look

    @property
    def caption(self) -> str:
        """The label as it is read: with "(optional)" where that is said."""
        text = str(self.label.text)
        return _("%(label)s (optional)", label=text) if self.optional else text

    @property
    def target(self) -> str:
        """Id of the input that a link in the error summary leads to."""
        return self.id

    def govuk(self) -> Params:
        """Return the GOV.UK component's parameters, without id, name, label, hint and error."""
        return input_params(self.look, self.shown())

    def shown(self) -> str:
        """What stands in the input: as typed, else the value."""
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def typed(self) -> dict[str, list[str]]:
        """Input name → what was typed or picked there."""
        if self.raw_data is None:
            return {self.name: [self.shown()]} if self.shown() else {}
        return {self.name: [clean(item, lines=True) for item in self.raw_data]}
