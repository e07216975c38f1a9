"""Forms of one's own page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from app.areas.forms import WardsForm
from app.core import clock, public_ids
from app.core.fields import (
    CheckboxesField,
    Choice,
    DateField,
    NumberField,
    PageForm,
    RadiosField,
    SelectField,
    TextAreaField,
)
from app.core.limits import LONGEST_REASON
from app.organisations.types import NetworkChoice
from app.people.types import LONGEST_TRAVEL_KM, Avoided


class ReachForm(PageForm):
    """How far they would go, and where they are never to be asked."""

    reach = NumberField(
        _l("How far would you travel to help?"),
        required=_l("Enter how far you would travel"),
        maximum=LONGEST_TRAVEL_KM,
        suffix=_l("km"),
        width=3,
    )
    excluded = CheckboxesField(_l("Never ask me to help in (optional)"), small=True)

    def __init__(self, *, wards: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(**more)
        self.excluded.choices = wards


class OwnNetworksForm(PageForm):
    """Which networks they belong to."""

    networks = CheckboxesField(
        _l("Which networks do you belong to?"),
        hint=_l("Select all that apply. You can choose none."),
    )

    def __init__(self, *, networks: Sequence[NetworkChoice], **more: Any) -> None:
        super().__init__(**more)
        self.networks.choices = [Choice(one.slug, one.name, one.description) for one in networks]


class ProtectionForm(WardsForm):
    """Whether a postcode may be kept."""

    protected = RadiosField(
        _l("May we keep your postcode?"),
        required=_l("Select whether we may keep your postcode"),
        choices=[
            Choice("no", _l("Yes, you may keep it")),
            Choice("yes", _l("No, keep only my ward")),
        ],
    )
    ward = SelectField(
        _l("The ward we keep as your home"), blank=_l("None: keep only the district")
    )


class PauseForm(PageForm):
    """Away until."""

    until = DateField(
        _l("Until when? (optional)"),
        hint=_l("The last day you are away. Leave it empty if you do not know yet."),
        earliest=clock.today,
        called=_l("The date"),
    )


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


class LeaveForm(PageForm):
    """Leaving, and why if they like to say."""

    reason = TextAreaField(
        _l("Would you like to tell us why?"), optional=True, rows=4, max_length=LONGEST_REASON
    )
