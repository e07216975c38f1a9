"""What the forms of higher rooms ask of places in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.core.fields import PageForm, SelectField


class WardsForm(PageForm):
    """A form with a ward to choose. wards: GSS code and name of those there are."""

    ward: SelectField

    def __init__(self, *, wards: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(**more)
        self.ward.choices = wards
