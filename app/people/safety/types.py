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
    """A contact method that a person may say is safe."""

    EMAIL = "email"
    CALL = "call"
    TEXT = "text"
    POST = "post"


class Days(StrEnum):
    """Days of the week when we may contact a person. None selected means any day."""

    WEEKDAYS = "weekdays"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Hours(StrEnum):
    """Times of day when we may contact a person. None selected means any time."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


@dataclass(frozen=True)
class ContactPreferences:
    """How a person wants to be contacted.

    ``ways`` are the contact methods that are safe. No others are used. If ``days`` or ``hours`` is
    empty, any day or time will do. ``say_we_are`` is who we say we are on the phone, or "".
    ``silent`` is whether they want no contact at all.
    """

    ways: frozenset[ContactMethod] = frozenset()
    voicemail: bool = False
    others_may_answer: bool = False
    days: frozenset[Days] = frozenset()
    hours: frozenset[Hours] = frozenset()
    say_we_are: str = ""
    silent: bool = False

    def within(self, other: ContactPreferences) -> ContactPreferences:
        """Return wishes that allow only what both of these allow."""
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
    def from_json(cls, kept: Mapping[str, Any]) -> ContactPreferences:
        """Return the wishes from the data that `to_json` returned."""
        return cls(
            ways=frozenset(map(ContactMethod, kept["ways"])),
            voicemail=kept["voicemail"],
            others_may_answer=kept["others_may_answer"],
            days=frozenset(map(Days, kept["days"])),
            hours=frozenset(map(Hours, kept["hours"])),
            say_we_are=kept["say_we_are"],
            silent=kept["silent"],
        )


def _common_times(one: frozenset[Time], other: frozenset[Time]) -> frozenset[Time]:
    """Return the times in both sets, or the earlier ones if they have none in common."""
    if not one or not other:
        return one or other
    return (one & other) or other


class LooseningKind(StrEnum):
    """A kind of change that makes it easier to find or contact a person."""

    END_PROTECTION = "end protection"
    END_BLOCK = "end a block"
    ADD_CONTACT = "add a contact"
    PREFER = "another way first"
    WISHES = "other wishes"


class Stage(StrEnum):
    """How far a pending change has progressed. It is never stored."""

    ASKED = "asked"  # nobody has called or met them yet
    SEEN_ONCE = "seen once"  # one coordinator has met them, and a second one must
    WAITING = "waiting"  # takes effect at a known time
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Change:
    """A requested change, as shown to one reader.

    ``seen_by_me`` is whether the reader is the first coordinator who met the person. ``by_call`` is
    whether there is a number that staff may call to check the change.
    """

    id: int
    kind: LooseningKind
    stage: Stage
    asked_at: datetime
    due_at: datetime | None
    seen_by_me: bool
    by_call: bool


@dataclass(frozen=True)
class WaitingChange:
    """A requested change that has not taken effect yet. ``id`` is the id of its row."""

    id: int


@dataclass(frozen=True)
class ContactInstructions:
    """How to contact a person on a given day. Letters, calls and pages use the same instructions.

    ``channel`` is how a message is sent, or None if they want no contact or cannot be contacted.
    ``address`` is "" if no safe contact detail works and the message is on the call list.
    ``stated`` is whether they stated wishes. ``neutral`` is whether letters use the neutral
    wording.
    """

    person_id: int
    name: str
    user_id: int | None
    channel: Channel | None
    address: str
    wishes: ContactPreferences
    stated: bool
    neutral: bool
    numbers: tuple[str, ...] = ()
