"""Fields with choices: radios, checkboxes, drop-down lists and single checkboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from app.core import public_ids
from app.web.fields.base import GovField, LazyText
from app.web.fields.widgets import Look, Params


@dataclass(frozen=True)
class Choice:
    """A choice. `divider_before` is a word such as "or". `exclusive` is for "None of these"."""

    value: Any
    label: LazyText
    hint: LazyText | None = None
    divider_before: LazyText | None = None
    exclusive: bool = False


Choices = Iterable[Choice | tuple[Any, LazyText]]


class _ChoiceField(GovField):
    """The base class of fields with choices.

    `rows` is the name of a table whose rows are choices. The value of such a choice is the row's
    ID, and the page contains its public identifier. The field can have other choices too.
    """

    def __init__(
        self,
        label: LazyText = "",
        *,
        choices: Choices = (),
        coerce: Callable[[str], Any] = str,
        rows: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(label, **more)
        self.coerce = coerce
        self.rows = rows
        self._choices: list[Choice] = []
        self.choices = choices

    @property
    def choices(self) -> list[Choice]:
        """Return the choices."""
        return self._choices

    @choices.setter
    def choices(self, choices: Choices) -> None:
        self._choices = [
            choice if isinstance(choice, Choice) else Choice(*choice) for choice in choices
        ]

    def selected_keys(self) -> set[str]:
        """Return the keys of the selected choices."""
        if self.data is None:
            return set()
        return {
            self.key(value) for value in (self.data if isinstance(self.data, list) else [self.data])
        }

    def key(self, value: Any) -> str:
        """Return the text that represents a choice in the form."""
        if self.rows is not None and isinstance(value, int):
            return public_ids.encode(self.rows, value)
        return str(value.value if isinstance(value, Enum) else value)

    def pre_validate(self, form: BaseForm) -> None:
        """Raise StopValidation if the value is not one of the choices."""
        if self.selected_keys() - {self.key(choice.value) for choice in self.choices}:
            raise StopValidation(_("Choose one of the answers on this page"))

    def submitted_values(self) -> dict[str, list[str]]:
        """Return the keys of the selected choices, by input name."""
        if self.raw_data is not None:
            return super().submitted_values()
        return {self.name: sorted(self.selected_keys())} if self.selected_keys() else {}

    def _coerce(self, text: str) -> Any:
        number = public_ids.decode(self.rows, text) if self.rows is not None else None
        if number is not None:
            return number
        try:
            return self.coerce(text)
        except (TypeError, ValueError):
            raise ValueError(_("Choose one of the answers on this page")) from None


class RadiosField(_ChoiceField):
    """A field for selecting one of a few choices. Its data is the selected value, or None."""

    template = "radios"
    grouped = True

    def __init__(
        self,
        label: LazyText = "",
        *,
        inline: bool = False,
        small: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(label, look=Look(inline=inline, small=small), **more)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Set the data to the first submitted value."""
        if valuelist:
            self.data = None
            self.data = self._coerce(str(valuelist[0]))

    def component_params(self, conditional: Mapping[Any, Any] | None = None) -> Params:
        """Return the component's items, including dividers and conditional content."""
        conditional_html = {self.key(value): html for value, html in (conditional or {}).items()}
        items = self._choice_items(conditional_html)
        classes = [
            f"govuk-{self.template}--{size}"
            for size, wanted in (
                ("inline", self.look.inline),
                ("small", self.look.small),
            )
            if wanted
        ]
        return {"idPrefix": self.id, "items": items} | (
            {"classes": " ".join(classes)} if classes else {}
        )

    def _choice_items(self, conditional_html: Mapping[str, Any]) -> list[Params]:
        items: list[Params] = []
        selected = self.selected_keys()
        for choice in self.choices:
            key = self.key(choice.value)
            if choice.divider_before:
                items.append({"divider": str(choice.divider_before)})
            item: Params = {
                "value": key,
                "text": str(choice.label),
                "checked": key in selected,
            }
            if choice.hint:
                item["hint"] = {"text": str(choice.hint)}
            if choice.exclusive:
                item["behaviour"] = "exclusive"
            if key in conditional_html:
                item["conditional"] = {"html": conditional_html[key]}
            items.append(item)
        return items


class CheckboxesField(RadiosField):
    """A field for selecting any number of choices. Its data is a list."""

    template = "checkboxes"

    def process_data(self, value: Any) -> None:
        """Set the data to a list of the given values."""
        self.data = list(value) if value is not None else []

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Set the data to the submitted values, without duplicates."""
        self.data = []
        self.data = [self._coerce(text) for text in dict.fromkeys(map(str, valuelist))]

    def pre_validate(self, form: BaseForm) -> None:
        """Raise StopValidation for an invalid choice, or an exclusive choice with other choices."""
        super().pre_validate(form)
        exclusive = {self.key(choice.value): choice for choice in self.choices if choice.exclusive}
        selected_exclusive = exclusive.keys() & self.selected_keys()
        if selected_exclusive and len(self.selected_keys()) > 1:
            word = exclusive[min(selected_exclusive)].label
            raise StopValidation(
                _("Select the answers that apply, or only “%(answer)s”", answer=word)
            )


class ConfirmField(GovField, BooleanField):
    """A single checkbox. Its data is a bool."""

    template = "checkboxes"
    captioned = False
    false_values = (False, "false", "", "0")

    def component_params(self, conditional: Mapping[Any, Any] | None = None) -> Params:
        """Return the component's parameters."""
        item: Params = {
            "value": "yes",
            "text": self.caption,
            "checked": bool(self.data),
        }
        if conditional:
            item["conditional"] = {"html": next(iter(conditional.values()))}
        return {"idPrefix": self.id, "items": [item]}

    def input_text(self) -> str:
        """Return the value of the checkbox."""
        return "yes" if self.data else ""


class SelectField(_ChoiceField):
    """A drop-down list. `blank` is the text of the empty first option ("Choose")."""

    template = "select"

    def __init__(self, label: LazyText = "", *, blank: LazyText | None = None, **more: Any) -> None:
        super().__init__(label, **more)
        self.blank = blank

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Set the data to the first submitted value, or None if it is blank."""
        if valuelist:
            self.data = None
            self.data = self._coerce(str(valuelist[0])) if valuelist[0] != "" else None

    def component_params(self) -> Params:
        """Return the component's parameters."""
        selected = self.selected_keys()
        items: list[Params] = [
            {
                "value": self.key(choice.value),
                "text": str(choice.label),
                "selected": self.key(choice.value) in selected,
            }
            for choice in self.choices
        ]
        if self.blank is not None:
            items.insert(0, {"value": "", "text": str(self.blank), "selected": not selected})
        return {"items": items}
