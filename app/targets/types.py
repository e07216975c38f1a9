"""Types of the targets room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Verb(StrEnum):
    """The people that a target counts, for example those with a certificate in date."""

    TRAINED_SINCE = "trained_since"
    IN_DATE = "in_date"
    ACTIVE_IN_DATE = "active_in_date"


@dataclass(frozen=True)
class Award:
    """An award that a community has, with the date and name of its source."""

    name: str
    known_by_on: date
    source: str
