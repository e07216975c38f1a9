"""The parts of a programme file about organisations, networks and agreements."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from app.core.programme_types import Line, Many, Part, Prose, Slug, WebAddress

OrganisationKindName = Literal[
    "council",
    "parish",
    "charity",
    "voluntary",
    "business",
    "health",
    "education",
    "farming",
    "other",
]


class AgreementPart(Part):
    """A data-sharing agreement. Without a network, it covers only the organisation's people."""

    network: Slug | None = None
    purpose: Prose
    signed_on: date
    from_on: date
    until_on: date

    @model_validator(mode="after")
    def _check_dates(self) -> Self:
        if self.until_on < self.from_on:
            raise ValueError("ends (until_on) before it starts (from_on)")
        return self


class OrganisationPart(Part):
    """An organisation in the programme. ``until_on`` is its last day in the programme."""

    slug: Slug
    name: Line
    kind: OrganisationKindName
    web: WebAddress | None = None
    confidential_location: bool = False
    until_on: date | None = None
    agreements: Many[AgreementPart] = ()


class NetworkPart(Part):
    """A network that people join.

    ``approver`` is the organisation that approves its people. ``until_on`` is the last day on which
    people can join.
    """

    slug: Slug
    name: Annotated[Line, Field(max_length=120)]
    description: Prose
    sensitive: bool = False
    approver: Slug | None = None
    until_on: date | None = None
