"""Forms about areas, for use in other rooms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.web.fields import PageForm, SelectField


class WardsForm(PageForm):
    """A form with a list of wards. `wards` has the GSS code and name of each ward."""

    ward: SelectField

    def __init__(self, *, wards: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(**more)
        self.ward.choices = wards
