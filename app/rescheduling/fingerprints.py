"""Detect changes made since a page about a change was shown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import public_ids, words
from app.core.errors import Conflict
from app.courses.types import RollEntry, RunFacts
from app.rescheduling.effects import RunEffects, details_to_announce


@dataclass(frozen=True)
class Fingerprint:
    """Hashes of the contents of the page about a change, used to detect later changes."""

    details: str
    held: str
    unsuitable_groups: str
    people: frozenset[str]

    def __str__(self) -> str:
        return "_".join((self.details, self.held, self.unsuitable_groups, *sorted(self.people)))


def make_fingerprint(after: RunFacts, affected: RunEffects) -> Fingerprint:
    """Return the fingerprint of the page about a change."""
    unsuitable_groups: list[object] = [
        (each.reason, [entry.attendee_id for entry in each.people])
        for each in affected.unsuitable_groups
    ]
    unsuitable_groups += [
        (each.attendee_id, each.person_id) for each in affected.unsuitable_linked_people
    ]
    return Fingerprint(
        details=_hash(details_to_announce(after)),
        held=_hash(sorted((each.held.booking_id, each.held.headcount) for each in affected.held)),
        unsuitable_groups=_hash(unsuitable_groups),
        people=frozenset(_person_hash(entry) for entry in affected.people),
    )


def _person_hash(entry: RollEntry) -> str:
    return _hash(public_ids.encode("attendees", entry.attendee_id))


def _hash(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()[:12]


def reject_if_stale(expected: str | None, run: RunFacts, affected: RunEffects) -> None:
    """Raise Conflict if the page about a change has changed since it was shown.

    The message lists what has changed. ``expected`` is the fingerprint of the page.
    """
    current = make_fingerprint(run, affected)
    if expected is None or expected == str(current):
        return
    sentences = [
        _("Something has changed since you opened this page. Check again who is affected."),
        *_describe_changes(expected.split("_"), current, affected),
    ]
    raise Conflict(" ".join(sentences))


def _describe_changes(
    expected: list[str], current: Fingerprint, affected: RunEffects
) -> Iterable[str]:
    """Yield sentences that describe the changes since the page with this fingerprint was shown."""
    if len(expected) < 3:  # not a fingerprint
        return
    details, held, unsuitable_groups, *rest = expected
    people = frozenset(rest)
    if details != current.details:
        yield _("The days, venue or trainer have changed.")
    added = [entry.name for entry in affected.people if _person_hash(entry) not in people]
    if added:
        yield ngettext(
            "%(names)s has been added to the course.",
            "%(names)s have been added to the course.",
            len(added),
            names=words.join_list(added),
        )
    gone = len(people - current.people)
    if gone:
        yield ngettext(
            "%(num)s person is no longer on the course.",
            "%(num)s people are no longer on the course.",
            gone,
        )
    if held != current.held:
        yield _("The unnamed places have changed.")
    if unsuitable_groups != current.unsuitable_groups and people == current.people:
        yield _("The list of people who can no longer take the course has changed.")
