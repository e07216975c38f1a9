"""The certificates' part of a programme file: kinds, who awards them, their dated rules."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from app.core.parts import Line, Many, Months, Part, Prose, Slug

Step = Annotated[int, Field(ge=-30, le=730)]  # days before expiry; below 0: after it
Window = Annotated[int, Field(ge=0, le=60)]  # months


class RulePart(Part):
    """A version of a kind's rule, in force from a day until the next version's.

    validity_months: absent where the certificate does not expire, and then anchor is "none".
    refresher_window_months: before expiry. grace_months: after it.
    """

    from_on: date
    validity_months: Months | None = None
    anchor: Literal["anniversary", "end_of_month", "none"]
    refresher_window_months: Window = 0
    grace_months: Window = 0
    early_renewal: Literal["from_completion", "keep_anniversary"] = "from_completion"
    note: Prose | None = None

    @model_validator(mode="after")
    def _expires_or_not(self) -> Self:
        if (self.validity_months is None) != (self.anchor == "none"):
            raise ValueError('has validity_months unless its anchor is "none", and not otherwise')
        if self.refresher_window_months > (self.validity_months or 0):
            raise ValueError("has a refresher window longer than its validity")
        return self


class CertificateKindPart(Part):
    """A kind of certificate. own: the programme's own; `includes`: kinds its holder also holds."""

    slug: Slug
    name: Line
    awarding_body: Line
    own: bool = False
    includes: Many[Slug] = ()
    reminder_steps: Many[Step] = ()
    rules: Annotated[Many[RulePart], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [rule.from_on for rule in self.rules]
        if days != sorted(set(days)):
            raise ValueError("has rules that are not in the order of from_on, each day once")
        if list(self.reminder_steps) != sorted(set(self.reminder_steps), reverse=True):
            raise ValueError("has reminder_steps that do not fall, each once, e.g. [180, 90, -1]")
        return self
