"""The course catalogue in the programme file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from app.core.programme_types import Line, Part, Prose, Slug

LearnerCount = Annotated[int, Field(ge=1, le=500)]


class CourseTypePart(Part):
    """A course in the catalogue.

    `days` is the length of the course. Half a day is 0.5. `hours` is the prescribed learning time,
    if any. `minimum` is the recommended minimum number of people, and `floor` is the required
    minimum. A run with more than `maximum` people needs permission from the awarding body. `awards`
    and `prerequisite` are slugs of certificate kinds. A `refresher` renews the kind that it awards.
    `until_on` is the last day on which the course is offered.
    """

    slug: Slug
    name: Line
    description: Prose
    days: Annotated[float, Field(gt=0, le=30, multiple_of=0.5)]
    hours: Annotated[float, Field(gt=0, le=200)] | None = None
    minimum: LearnerCount
    maximum: LearnerCount
    floor: LearnerCount
    awards: Slug | None = None
    refresher: bool = False
    prerequisite: Slug | None = None
    until_on: date | None = None

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if not self.floor <= self.minimum <= self.maximum:
            raise ValueError("must have floor, minimum and maximum in ascending order")
        if self.refresher and self.awards is None:
            raise ValueError("is a refresher, so it must name the certificate kind that it awards")
        return self
