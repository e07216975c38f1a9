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
    """The organisation or user to block."""

    whom = SelectField(
        _l("Hide me from"),
        required=_l("Choose an organisation or a person"),
        hint=_l("Organisations are listed first, then everybody who works with this service."),
        blank=_l("Choose"),
    )

    def __init__(self, *, whom: Sequence[tuple[BlockTarget, str]], **more: Any) -> None:
        super().__init__(**more)
        self._known = {_key(one): one for one, _name in whom}
        self.whom.choices = [(_key(one), name) for one, name in whom]

    def to_command(self) -> BlockTarget:
        """Return what to block."""
        return self._known[self.whom.data]


def _key(one: BlockTarget) -> str:
    """Return the form's value for an organisation or user."""
    if one.user_id is not None:
        return public_ids.encode("users", one.user_id)
    return public_ids.encode("organisations", one.organisation_id or public_ids.NO_ROW)
