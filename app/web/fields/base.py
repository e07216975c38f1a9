"""The base class of all fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from flask_babel import gettext as _
from wtforms import Field
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from app.core.parsing import clean_text
from app.web.fields.widgets import GovWidget, Look, Params, input_params

LazyText = object  # a str, or a lazy string that is translated for the reader


class RequiredValue:
    """A validator that stops validation if the field is empty, with `message` as the error."""

    def __init__(self, message: LazyText | None) -> None:
        self.message = message

    def __call__(self, form: BaseForm, field: Field) -> None:
        """Raise StopValidation if the field is empty or already has an error."""
        if field.errors:
            raise StopValidation()
        if field.data in (None, "", [], False):
            raise StopValidation(str(self.message) if self.message else "")


class GovField(Field):
    """The base class of all fields.

    `required` is the error message for an empty field, or None if the field can be empty.
    `optional` adds "(optional)" to the label. `hint` is the text below the label.
    """

    template = "input"
    grouped = False  # rendered as a fieldset with a legend
    captioned = True  # has its own label
    visible = True
    look = Look()

    def __init__(
        self,
        label: LazyText = "",
        *,
        required: LazyText | None = None,
        optional: bool = False,
        hint: LazyText | None = None,
        validators: Sequence[Callable[[Any, Any], None]] = (),
        look: Look | None = None,
        **wtforms: Any,
    ) -> None:
        checks = [RequiredValue(required), *validators]
        super().__init__(
            cast(str, label),  # WTForms accepts lazy text, but its type hints do not
            validators=checks,
            widget=GovWidget(self.template),
            description=cast(str, hint or ""),
            **wtforms,
        )
        self.optional = optional
        self.look = look or self.look

    @property
    def caption(self) -> str:
        """Return the label, with "(optional)" if the field is marked as optional."""
        text = str(self.label.text)
        return _("%(label)s (optional)", label=text) if self.optional else text

    @property
    def target(self) -> str:
        """Return the ID of the input that the error summary links to."""
        return self.id

    def component_params(self) -> Params:
        """Return the parameters of the GOV.UK component, except ID, name, label, hint and error."""
        return input_params(self.look, self.input_text())

    def input_text(self) -> str:
        """Return the text to show in the input: the submitted text or the current value."""
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def submitted_values(self) -> dict[str, list[str]]:
        """Return the submitted values, by input name."""
        if self.raw_data is None:
            return {self.name: [self.input_text()]} if self.input_text() else {}
        return {self.name: [clean_text(item, lines=True) for item in self.raw_data]}
