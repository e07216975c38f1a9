"""Forms for the queue of applications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from app.applications.approval import LONGEST_REASON
from app.web.fields import Choice, FilterForm, PageForm, SelectField, TextAreaField

UNPROVED = "unproved"


class QueueFilter(FilterForm):
    """The filter for the queue of applications."""

    network = SelectField(_l("Network"), blank=_l("Any or none"))
    show = SelectField(
        _l("Show"),
        blank=_l("Waiting for a decision"),
        choices=[Choice(UNPROVED, _l("Email address not confirmed yet"))],
    )

    def __init__(self, *, networks: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        self.network_choices = networks
        super().__init__(**kwargs)

    def validate(self, extra_validators: Any = None) -> bool:
        """Accept only the networks offered to this reader."""
        self.network.choices = self.network_choices
        return bool(super().validate(extra_validators))


class DeclineForm(PageForm):
    """The reason for declining a person."""

    reason = TextAreaField(
        _l("Why are you declining this registration?"),
        required=_l("Enter a reason"),
        hint=_l("Only staff can see this. The letter to the person does not say why."),
        max_length=LONGEST_REASON,
        rows=4,
    )
