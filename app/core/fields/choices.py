"""Fields where one picks: radios, checkboxes, a list, one box to tick."""

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
from app.core.fields.base import OurField, Words
from app.core.fields.widgets import Look, Params


@dataclass(frozen=True)
class Choice:
    """One answer. divider_before: a word such as "or" above it. exclusive: "None of these"."""

    value: Any
    label: Words
    hint: Words | None = None
    divider_before: Words | None = None
    exclusive: bool = False


Choices = Iterable[Choice | tuple[Any, Words]]


class _Picking(OurField):
    """Answers and which of them are picked.

    rows: a table whose rows are chosen between. A choice's value is the row's number; the page
    carries its public identifier. Other choices may stand beside them.
    """

    def __init__(
        self,
        label: Words = "",
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
        """The answers offered."""
        return self._choices

    @choices.setter
    def choices(self, choices: Choices) -> None:
        self._choices = [one if isinstance(one, Choice) else Choice(*one) for one in choices]

    def picked(self) -> set[str]:
        """The answers picked, as they stand in the form."""
        if self.data is None:
            return set()
        return {
            self.key(one) for one in (self.data if isinstance(self.data, list) else [self.data])
        }

    def key(self, value: Any) -> str:
        """An answer as it stands in the form."""
        if self.rows is not None and isinstance(value, int):
            return public_ids.encode(self.rows, value)
        return str(value.value if isinstance(value, Enum) else value)

    def pre_validate(self, form: BaseForm) -> None:
        """Only answers that were offered."""
        if self.picked() - {self.key(choice.value) for choice in self.choices}:
            raise StopValidation(_("Choose one of the answers on this page"))

    def typed(self) -> dict[str, list[str]]:
        """Which answers were picked."""
        if self.raw_data is not None:
            return super().typed()
        return {self.name: sorted(self.picked())} if self.picked() else {}

    def _coerced(self, text: str) -> Any:
        number = public_ids.decode(self.rows, text) if self.rows is not None else None
        if number is not None:
            return number
        try:
            return self.coerce(text)
        except (TypeError, ValueError):
            raise ValueError(_("Choose one of the answers on this page")) from None


class RadiosField(_Picking):
    """One of a few answers; None when none is picked."""

    template = "radios"
    grouped = True

    def __init__(
        self,
        label: Words = "",
        *,
        inline: bool = False,
        small: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(label, look=Look(inline=inline, small=small), **more)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """The first value sent."""
        if valuelist:
            self.data = None
            self.data = self._coerced(str(valuelist[0]))

    def govuk(self, reveals: Mapping[Any, Any] | None = None) -> Params:
        """Radios (or checkboxes): items, dividers, and what an item reveals."""
        shown = {self.key(value): html for value, html in (reveals or {}).items()}
        items = self._items(shown)
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

    def _items(self, shown: Mapping[str, Any]) -> list[Params]:
        items: list[Params] = []
        picked = self.picked()
        for choice in self.choices:
            key = self.key(choice.value)
            if choice.divider_before:
                items.append({"divider": str(choice.divider_before)})
            item: Params = {
                "value": key,
                "text": str(choice.label),
                "checked": key in picked,
            }
            if choice.hint:
                item["hint"] = {"text": str(choice.hint)}
            if choice.exclusive:
                item["behaviour"] = "exclusive"
            if key in shown:
                item["conditional"] = {"html": shown[key]}
            items.append(item)
        return items


class CheckboxesField(RadiosField):
    """Any of several answers; a list, empty when none is picked."""

    template = "checkboxes"

    def process_data(self, value: Any) -> None:
        """Any iterable of values."""
        self.data = list(value) if value is not None else []

    def process_formdata(self, valuelist: list[Any]) -> None:
        """All values sent, each once."""
        self.data = []
        self.data = [self._coerced(text) for text in dict.fromkeys(map(str, valuelist))]

    def pre_validate(self, form: BaseForm) -> None:
        """ "None of these" can't stand beside one of these."""
        super().pre_validate(form)
        alone = {self.key(choice.value): choice for choice in self.choices if choice.exclusive}
        clash = alone.keys() & self.picked()
        if clash and len(self.picked()) > 1:
            word = alone[min(clash)].label
            raise StopValidation(_("Select other answers, or “%(answer)s”", answer=word))


class ConfirmField(OurField, BooleanField):
    """One box to tick: a bool. Its label stands beside the box."""

    template = "checkboxes"
    captioned = False
    false_values = (False, "false", "", "0")

    def govuk(self, reveals: Mapping[Any, Any] | None = None) -> Params:
        """A single checkbox."""
        item: Params = {
            "value": "yes",
            "text": self.caption,
            "checked": bool(self.data),
        }
        if reveals:
            item["conditional"] = {"html": next(iter(reveals.values()))}
        return {"idPrefix": self.id, "items": [item]}

    def shown(self) -> str:
        """The value of the box."""
        return "yes" if self.data else ""


class SelectField(_Picking):
    """One of many answers, from a drop-down list. blank: the first, empty entry ("Choose")."""

    template = "select"

    def __init__(self, label: Words = "", *, blank: Words | None = None, **more: Any) -> None:
        super().__init__(label, **more)
        self.blank = blank

    def process_formdata(self, valuelist: list[Any]) -> None:
        """The first value sent; the blank entry is None."""
        if valuelist:
            self.data = None
            self.data = self._coerced(str(valuelist[0])) if valuelist[0] != "" else None

    def govuk(self) -> Params:
        """A drop-down list."""
        picked = self.picked()
        items: list[Params] = [
            {
                "value": self.key(one.value),
                "text": str(one.label),
                "selected": self.key(one.value) in picked,
            }
            for one in self.choices
        ]
        if self.blank is not None:
            items.insert(0, {"value": "", "text": str(self.blank), "selected": not picked})
        return {"items": items}
