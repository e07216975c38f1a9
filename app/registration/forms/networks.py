"""The registration's page about networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.organisations.types import NetworkChoice
from app.people.types import Interest
from app.web.fields import CheckboxesField, Choice, PageForm, RadiosField

NONE = "none"
YES, NO = "yes", "no"


class NetworksForm(PageForm):
    """Which networks, and what they want to be; and whether the team may see them, asked of those
    who choose only sensitive networks.
    """

    networks = CheckboxesField(
        _l("Which of these do you belong to?"),
        hint=_l("Select all that apply. You can choose none, and change this later."),
        required=_l("Select the networks you belong to, or “None of these”"),
    )
    general = RadiosField(
        _l("May the team see you and count you as a general champion too?"),
        hint=_l("You only need to answer this if you do not select anything else."),
        choices=[
            Choice(
                YES,
                _l("Yes, the whole team may see me"),
                _l(
                    "They see your name and can invite you to courses. They do not see this answer."
                ),
            ),
            Choice(
                NO,
                _l("No, only the few people who look after this network"),
                _l("Nobody else sees you or counts you. You can change this later."),
            ),
        ],
    )
    interest = RadiosField(
        _l("What would you like to be?"),
        required=_l("Select what you would like to be"),
        choices=[
            Choice(
                Interest.CHAMPION.value,
                _l("A community champion"),
                _l("You listen, and know where to find help. It is a short course."),
            ),
            Choice(
                Interest.MHFA.value,
                _l("A Mental Health First Aider"),
                _l(
                    "You learn how to notice, start a conversation and give support. It takes two"
                    " days."
                ),
            ),
            Choice(
                Interest.TRAINED.value,
                _l("I have been trained already"),
                _l("As either of these, at any time and with anyone."),
            ),
        ],
    )

    def __init__(self, *, networks: Sequence[NetworkChoice], **more: Any) -> None:
        super().__init__(**more)
        self.sensitive = {one.slug for one in networks if one.sensitive}
        if not self.sensitive:
            del self.general
        self.networks.choices = [
            *(Choice(one.slug, one.name, one.description) for one in networks),
            Choice(NONE, _l("None of these"), divider_before=_l("or"), exclusive=True),
        ]

    def validate(self, extra_validators: Any = None) -> bool:
        """Who chooses only sensitive networks says whether the team may see them."""
        valid = bool(super().validate(extra_validators))
        if self.asks and not self.general.errors and self.general.data is None:
            self.general.errors = [_("Select yes if the team may see you and count you")]
            return False
        return valid

    @property
    def asks(self) -> bool:
        """Whether the question about the team is theirs."""
        return bool(self.chosen) and self.sensitive.issuperset(self.chosen)

    @property
    def may_be_seen(self) -> bool | None:
        """Whether the team may see and count them; None where nobody is asked."""
        return bool(self.general.data == YES) if self.asks else None

    @property
    def chosen(self) -> tuple[str, ...]:
        """Slugs of the networks."""
        return tuple(slug for slug in self.networks.data if slug != NONE)

    @property
    def wanted(self) -> Interest:
        """What they want to be."""
        return Interest(self.interest.data)
