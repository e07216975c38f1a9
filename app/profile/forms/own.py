"""Forms that only the person uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core import public_ids
from app.people.types import BlockTarget
from app.web.fields import (
    PageForm,
    SelectField,
)


class BlockForm(PageForm):
    """A form in which a person selects an organisation or user to block."""

    whom = SelectField(
        _l("Hide me from"),
        required=_l("Choose an organisation or a person"),
        hint=_l("Organisations are listed first, then everybody who works with this service."),
        blank=_l("Choose"),
    )

    def __init__(self, *, targets: Sequence[tuple[BlockTarget, str]], **more: Any) -> None:
        super().__init__(**more)
        self._known = {_key(target): target for target, _name in targets}
        self.whom.choices = [(_key(target), name) for target, name in targets]

    def to_command(self) -> BlockTarget:
        """Return what to block."""
        return self._known[self.whom.data]


def _key(target: BlockTarget) -> str:
    """Return the form's value for an organisation or user."""
    if target.user_id is not None:
        return public_ids.encode("users", target.user_id)
    return public_ids.encode("organisations", target.organisation_id or public_ids.NO_ROW)
