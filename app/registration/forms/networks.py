"""The registration form for networks."""

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
    """A form for the networks that the person wants to join, and the role that they would like.

    People who choose only sensitive networks are also asked whether the team can see them.
    """

    networks = CheckboxesField(
        _l("Which of these do you belong to?"),
        hint=_l(
            "Select all that apply. You do not have to select any, and you can change this later."
        ),
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
                _l(
                    "Nobody else can see you. You are not counted in our figures. "
                    "You can change this later."
                ),
            ),
        ],
    )
    interest = RadiosField(
        _l("Which role would you like?"),
        required=_l("Select the role you would like"),
        choices=[
            Choice(
                Interest.CHAMPION.value,
                _l("A community champion"),
                _l("You listen, and know where to find help. The course is short."),
            ),
            Choice(
                Interest.MHFA.value,
                _l("A Mental Health First Aider"),
                _l(
                    "You learn how to notice, start a conversation and give support. The course"
                    " takes two days."
                ),
            ),
            Choice(
                Interest.TRAINED.value,
                _l("I have been trained already"),
                _l("You have trained for either role, at any time, with any trainer."),
            ),
        ],
    )

    def __init__(self, *, networks: Sequence[NetworkChoice], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sensitive = {network.slug for network in networks if network.sensitive}
        if not self.sensitive:
            del self.general
        self.networks.choices = [
            *(Choice(each.slug, each.name, each.description) for each in networks),
            Choice(NONE, _l("None of these"), divider_before=_l("or"), exclusive=True),
        ]

    def validate(self, extra_validators: Any = None) -> bool:
        """Require an answer about the team from people who choose only sensitive networks."""
        valid = bool(super().validate(extra_validators))
        if self.needs_general_answer and not self.general.errors and self.general.data is None:
            self.general.errors = [
                _("Select yes if the whole team may see you and include you in its figures")
            ]
            return False
        return valid

    @property
    def needs_general_answer(self) -> bool:
        """Whether the person must answer the question about the team."""
        return bool(self.chosen_networks) and self.sensitive.issuperset(self.chosen_networks)

    @property
    def general_answer(self) -> bool | None:
        """Whether the team can see the person, or None if the question does not apply."""
        return bool(self.general.data == YES) if self.needs_general_answer else None

    @property
    def chosen_networks(self) -> tuple[str, ...]:
        """The slugs of the chosen networks."""
        return tuple(slug for slug in self.networks.data if slug != NONE)

    @property
    def chosen_interest(self) -> Interest:
        """The role that the person would like."""
        return Interest(self.interest.data)
