"""The types used for targets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Verb(StrEnum):
    """The training that a person must have to count towards a target."""

    TRAINED_SINCE = "trained_since"
    IN_DATE = "in_date"
    ACTIVE_IN_DATE = "active_in_date"


@dataclass(frozen=True)
class Award:
    """An award made to a community, with the name and date of its source."""

    name: str
    known_by_on: date
    source: str
