"""Types of the targets room."""

from __future__ import annotations

from enum import StrEnum


class Verb(StrEnum):
    """What a target counts, for example the people with a certificate in date."""

    TRAINED_SINCE = "trained_since"
    IN_DATE = "in_date"
    ACTIVE_IN_DATE = "active_in_date"
