"""Forms of one's own page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core import public_ids
from app.core.fields import (
    PageForm,
    SelectField,
)
from app.people.types import Avoided


class HideForm(PageForm):
    """An organisation, or one person, that must never see them."""

    whom = SelectField(
        _l("Never show me to"),
        required=_l("Choose an organisation or a person"),
        hint=_l("Organisations are listed first, then everybody who works with this service."),
        blank=_l("Choose"),
    )

    def __init__(self, *, whom: Sequence[tuple[Avoided, str]], **more: Any) -> None:
        super().__init__(**more)
        self._known = {_key(one): one for one, _name in whom}
        self.whom.choices = [(_key(one), name) for one, name in whom]

    def to_command(self) -> Avoided:
        """Whom."""
        return self._known[self.whom.data]


def _key(one: Avoided) -> str:
    """How the form names an organisation or a user."""
    if one.user_id is not None:
        return public_ids.encode("users", one.user_id)
    return public_ids.encode("organisations", one.organisation_id or public_ids.NO_ROW)
