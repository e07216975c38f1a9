"""Find people whose name, contact details or postcode match given details.

Names with small spelling mistakes also match (app.core.folding). Search, duplicate checks, imports
and course bookings all use these rules.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from app.core import folding
from app.core.actor import Scope
from app.people.queries import same_person as queries
from app.people.types import MatchReason

__all__ = [
    "MatchReason",
    "PersonDetails",
    "PossibleMatch",
    "match_by_name",
    "find_possible_matches",
    "find_possible_matches_for_each",
    "find_certain_match",
]

Found = TypeVar("Found")


@dataclass(frozen=True)
class PersonDetails:
    """Details to compare. Contact details and postcodes must be normalised."""

    name: str
    emails: Collection[str] = ()
    phones: Collection[str] = ()
    postcodes: Collection[str] = ()


@dataclass(frozen=True)
class PossibleMatch:
    """A person who might match the given details.

    ``reason`` is why the person might match. ``same_name`` is whether the names are similar.
    ``is_certain`` is whether the name is identical and a contact detail is the same.
    """

    id: int
    name: str
    reason: MatchReason
    same_name: bool
    is_certain: bool


def find_possible_matches(
    scope: Scope, details: PersonDetails, on: date, *, excluding: Collection[int] = ()
) -> list[PossibleMatch]:
    """Return people who might match these details, most likely first.

    People who have left, or that the reader is not allowed to see, are excluded. The statements do
    not depend on the number of hidden people.
    """
    (found,) = find_possible_matches_for_each(scope, [details], on)
    return [each for each in found if each.id not in excluding]


def find_possible_matches_for_each(
    scope: Scope, details: Sequence[PersonDetails], on: date
) -> list[list[PossibleMatch]]:
    """Return the result of `find_possible_matches` for each of these details, in the same order.

    The number of statements does not depend on the number of details.
    """
    if not details:
        return []
    folded = folding.fold_names(each.name for each in details)
    rows = queries.possible_matches(
        scope,
        on,
        list(dict.fromkeys(folded[each.name] for each in details)),
        contacts={contact for each in details for contact in _normalised_contacts(each)},
        postcodes={postcode for each in details for postcode in each.postcodes},
    )
    return [_choose_matches(folded[each.name], each, rows) for each in details]


def _choose_matches(
    folded: str, details: PersonDetails, rows: Sequence[queries.Candidate]
) -> list[PossibleMatch]:
    contacts, postcodes = set(_normalised_contacts(details)), set(details.postcodes)
    found = []
    for row in rows:
        same_contact = not contacts.isdisjoint(row.contacts)
        alike = folding.are_similar_names(folded, row.folded_name)
        if same_contact:
            reason = MatchReason.CONTACT
        elif not postcodes.isdisjoint(row.postcodes) and (
            alike or folding.share_similar_word(folded, row.folded_name)
        ):
            reason = MatchReason.POSTCODE
        elif alike:
            reason = MatchReason.NAME
        else:
            continue
        is_certain = same_contact and row.folded_name == folded
        found.append(
            PossibleMatch(row.id, row.full_name, reason, same_name=alike, is_certain=is_certain)
        )
    order = list(MatchReason)
    found.sort(key=lambda each: (not each.is_certain, order.index(each.reason), not each.same_name))
    return found


def _normalised_contacts(details: PersonDetails) -> list[str]:
    return [each.lower() for each in (*details.emails, *details.phones)]


def match_by_name(folded_name: str, candidates: Collection[tuple[str, Found]]) -> Found | None:
    """Return the candidate with this name, or None.

    ``candidates`` contains pairs of a folded name and a value. An identical name is preferred to a
    similar one.
    """
    same = [each for name, each in candidates if name == folded_name]
    alike = [each for name, each in candidates if folding.are_similar_names(name, folded_name)]
    return next(iter([*same, *alike]), None)


def find_certain_match(scope: Scope, details: PersonDetails, on: date) -> int | None:
    """Return the ID of the only person who certainly matches these details, or None."""
    certain = [each.id for each in find_possible_matches(scope, details, on) if each.is_certain]
    return certain[0] if len(certain) == 1 else None
