"""Words of the reminders room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Skip(StrEnum):
    """Why a step that is due sends nothing."""

    OLDER_STEP = "a later step is due"
    TOO_OLD = "more than 30 days late"
    LAPSED_ON_ARRIVAL = "the certificate had lapsed when it was recorded"
    RENEWED = "renewed"
    REVOKED = "revoked"
    LEFT = "left"
    AWAY = "away"
    NOT_APPROVED = "not approved"
    NO_NOTICE_YET = "the privacy notice has not been given yet"
    NO_CONTACT = "there is no way to reach the person"
    NEVER_WROTE_BEFORE = "nothing was said to the person before"


@dataclass(frozen=True)
class Due:
    """A reminder that falls due: one line of `reminders preview`."""

    person_id: int
    certificate_id: int
    step_days: int
    due_on: date
    channel: str
    reason: Skip | None = None
