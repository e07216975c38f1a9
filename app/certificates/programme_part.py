"""Certificate kinds and their dated rules in the programme file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from app.core.programme_types import Line, Many, Months, Part, Prose, Slug

Step = Annotated[int, Field(ge=-30, le=730)]  # days before expiry, or after it if negative
Window = Annotated[int, Field(ge=0, le=60)]  # months


class RulePart(Part):
    """One version of a kind's rule, in force until the next version starts.

    `validity_months` is omitted if the certificate does not expire. The anchor is then "none". The
    refresher window is before expiry, and the grace months are after expiry.
    """

    from_on: date
    validity_months: Months | None = None
    anchor: Literal["anniversary", "end_of_month", "none"]
    refresher_window_months: Window = 0
    grace_months: Window = 0
    early_renewal: Literal["from_completion", "keep_anniversary"] = "from_completion"
    note: Prose | None = None

    @model_validator(mode="after")
    def _check_expiry(self) -> Self:
        if (self.validity_months is None) != (self.anchor == "none"):
            raise ValueError('must have validity_months, or anchor = "none", but not both')
        if self.refresher_window_months > (self.validity_months or 0):
            raise ValueError("must not have a refresher window longer than its validity")
        return self


class CertificateKindPart(Part):
    """A kind of certificate.

    `own` is true for the programme's own kinds. `includes` lists the other kinds that its holders
    count as holding. A refresher for one kind renews all kinds with the same `family`, which is the
    name shown for them.
    """

    slug: Slug
    name: Line
    awarding_body: Line
    own: bool = False
    family: Line | None = None
    includes: Many[Slug] = ()
    reminder_steps: Many[Step] = ()
    rules: Annotated[Many[RulePart], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        days = [rule.from_on for rule in self.rules]
        if days != sorted(set(days)):
            raise ValueError("must have rules in order of from_on, without duplicates")
        if list(self.reminder_steps) != sorted(set(self.reminder_steps), reverse=True):
            raise ValueError("must have reminder_steps in descending order, such as [180, 90, -1]")
        return self
