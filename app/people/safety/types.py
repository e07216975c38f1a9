"""Words of safe contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from app.messages.types import Channel

Time = TypeVar("Time")
LONGEST_SENDER = 80  # characters of who we say we are


class Way(StrEnum):
    """What somebody may say is safe for us to do."""

    EMAIL = "email"
    CALL = "call"
    TEXT = "text"
    POST = "post"


class Days(StrEnum):
    """When in the week. None of them chosen: any day."""

    WEEKDAYS = "weekdays"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Hours(StrEnum):
    """When in the day. None of them chosen: any time."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


@dataclass(frozen=True)
class Wishes:
    """How somebody wants to be contacted.

    ways: what is safe to use; nothing else is used. days, hours: empty means any. say_we_are: who
    we say we are on the phone, "" where they did not say. silent: no contact at all.
    """

    ways: frozenset[Way] = frozenset()
    voicemail: bool = False
    others_may_answer: bool = False
    days: frozenset[Days] = frozenset()
    hours: frozenset[Hours] = frozenset()
    say_we_are: str = ""
    silent: bool = False

    def within(self, other: Wishes) -> Wishes:
        """What both allow: the careful answer to each question."""
        return replace(
            self,
            ways=self.ways & other.ways,
            voicemail=self.voicemail and other.voicemail,
            others_may_answer=self.others_may_answer and other.others_may_answer,
            days=_both(self.days, other.days),
            hours=_both(self.hours, other.hours),
            say_we_are=other.say_we_are or self.say_we_are,
            silent=self.silent or other.silent,
        )

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
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
    def from_plain(cls, kept: Mapping[str, Any]) -> Wishes:
        """From what `plain` gave."""
        return cls(
            ways=frozenset(map(Way, kept["ways"])),
            voicemail=kept["voicemail"],
            others_may_answer=kept["others_may_answer"],
            days=frozenset(map(Days, kept["days"])),
            hours=frozenset(map(Hours, kept["hours"])),
            say_we_are=kept["say_we_are"],
            silent=kept["silent"],
        )


def _both(one: frozenset[Time], other: frozenset[Time]) -> frozenset[Time]:
    """Times that both name; where they have none in common, the earlier ones stay."""
    if not one or not other:
        return one or other
    return (one & other) or other


class LooseningKind(StrEnum):
    """A change that makes it easier to find or reach somebody."""

    END_PROTECTION = "end protection"
    END_BLOCK = "end a block"
    ADD_CONTACT = "add a contact"
    PREFER = "another way first"
    WISHES = "other wishes"


class Stage(StrEnum):
    """How far such a change is, on the day it is looked at. Never stored."""

    ASKED = "asked"  # nobody has called or met them yet
    SEEN_ONCE = "seen once"  # one coordinator has met them; a second one has to
    WAITING = "waiting"  # takes effect at a known instant
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Change:
    """A change that was asked for. seen_by_me: this reader is the first who met the person;
    by_call: there is a number that may be called to check it.
    """

    id: int
    kind: LooseningKind
    stage: Stage
    asked_at: datetime
    due_at: datetime | None
    seen_by_me: bool
    by_call: bool


@dataclass(frozen=True)
class Waits:
    """A change was asked for and does not count yet. id: of what waits."""

    id: int


@dataclass(frozen=True)
class HowToReach:
    """How to contact somebody on a day: the one answer for letters, calls and pages.

    channel: how a message goes; None: they asked for no contact, or nobody can reach them.
    address: "" where no safe way works, and the message waits on the call list. said: they told us
    their wishes. neutral: letters have the locked wording.
    """

    person_id: int
    name: str
    user_id: int | None
    channel: Channel | None
    address: str
    wishes: Wishes
    said: bool
    neutral: bool
    numbers: tuple[str, ...] = ()
