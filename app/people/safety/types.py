"""Enums and value classes for safe contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from app.messages.types import Channel

Time = TypeVar("Time")
LONGEST_SENDER = 80  # characters of the name that we give on the phone


class ContactMethod(StrEnum):
    """A contact method that a person can mark as safe."""

    EMAIL = "email"
    CALL = "call"
    TEXT = "text"
    POST = "post"


class Days(StrEnum):
    """Days of the week when we can contact a person. An empty selection means any day."""

    WEEKDAYS = "weekdays"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Hours(StrEnum):
    """Times of day when we can contact a person. An empty selection means any time."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


@dataclass(frozen=True)
class ContactPreferences:
    """How a person wants to be contacted.

    ``ways`` contains the contact methods that are safe. Do not use other methods. If ``days`` or
    ``hours`` is empty, any day or time is allowed. ``say_we_are`` is the name to give on the phone,
    or "". ``silent`` is whether the person wants no contact at all.
    """

    ways: frozenset[ContactMethod] = frozenset()
    voicemail: bool = False
    others_may_answer: bool = False
    days: frozenset[Days] = frozenset()
    hours: frozenset[Hours] = frozenset()
    say_we_are: str = ""
    silent: bool = False

    def intersection(self, other: ContactPreferences) -> ContactPreferences:
        """Return wishes that allow only what both sets of wishes allow."""
        return replace(
            self,
            ways=self.ways & other.ways,
            voicemail=self.voicemail and other.voicemail,
            others_may_answer=self.others_may_answer and other.others_may_answer,
            days=_common_times(self.days, other.days),
            hours=_common_times(self.hours, other.hours),
            say_we_are=other.say_we_are or self.say_we_are,
            silent=self.silent or other.silent,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wishes as JSON data."""
        return {
            "ways": sorted(self.ways),
            "voicemail": self.voicemail,
            "others_may_answer": self.others_may_answer,
            "days": sorted(self.days),
            "hours": sorted(self.hours),
            "say_we_are": self.say_we_are,
            "silent": self.silent,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ContactPreferences:
        """Create contact preferences from the result of `to_json`."""
        return cls(
            ways=frozenset(map(ContactMethod, data["ways"])),
            voicemail=data["voicemail"],
            others_may_answer=data["others_may_answer"],
            days=frozenset(map(Days, data["days"])),
            hours=frozenset(map(Hours, data["hours"])),
            say_we_are=data["say_we_are"],
            silent=data["silent"],
        )


def _common_times(first: frozenset[Time], second: frozenset[Time]) -> frozenset[Time]:
    """Return the times in both sets. If there are none, return the second set.

    An empty set means any time.
    """
    if not first or not second:
        return first or second
    return (first & second) or second


class DelayedChangeKind(StrEnum):
    """A type of change that makes it easier to find or contact a person."""

    END_PROTECTION = "end protection"
    END_BLOCK = "end a block"
    ADD_CONTACT = "add a contact"
    SET_PREFERENCE = "another way first"
    CHANGE_WISHES = "other wishes"


class Stage(StrEnum):
    """The stage of a pending change."""

    ASKED = "asked"  # nobody has called or met them yet
    SEEN_ONCE = "seen once"  # one coordinator has met them, and a second one must
    WAITING = "waiting"  # takes effect at a known time
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Change:
    """A pending change, as shown to one reader.

    ``seen_by_me`` is whether the reader was the first coordinator to meet the person.
    ``can_check_by_call`` is whether staff can check the change by calling the person.
    """

    id: int
    kind: DelayedChangeKind
    stage: Stage
    asked_at: datetime
    due_at: datetime | None
    seen_by_me: bool
    can_check_by_call: bool


@dataclass(frozen=True)
class PendingChange:
    """A change that was requested and has not taken effect yet."""

    id: int


@dataclass(frozen=True)
class ContactInstructions:
    """How to contact a person on a given day.

    ``channel`` is how to send a message, or None if the person cannot be contacted. ``address`` is
    "" if the message goes on the call list. ``has_wishes`` is whether the person has stated contact
    wishes. ``neutral`` is whether letters must use neutral wording. ``numbers`` are the phone
    numbers that staff can call.
    """

    person_id: int
    name: str
    user_id: int | None
    channel: Channel | None
    address: str
    wishes: ContactPreferences
    has_wishes: bool
    neutral: bool
    numbers: tuple[str, ...] = ()
