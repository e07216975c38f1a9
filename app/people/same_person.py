"""Find out who somebody is: the people on record who may be the person with these details.

The name may be misspelt (app.core.folding). Searches, possible duplicates, entering a person,
imports and attendees of courses all compare people by these rules.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from app.core import folding
from app.core.actor import Scope
from app.people.queries import same_person as queries
from app.people.types import Likeness

__all__ = [
    "Likeness",
    "PersonDetails",
    "PossiblePerson",
    "choose_by_name",
    "find_possible_people",
    "find_possible_people_for_each",
    "find_certain_match",
]

Found = TypeVar("Found")


@dataclass(frozen=True)
class PersonDetails:
    """What is known about somebody. Contact details and postcodes are in their stored form."""

    name: str
    emails: Collection[str] = ()
    phones: Collection[str] = ()
    postcodes: Collection[str] = ()


@dataclass(frozen=True)
class PossiblePerson:
    """Somebody on record who may be the person.

    ``likeness`` says why. ``same_name`` is true if the names are alike. ``sure`` is true if the
    name is the same without a mistake and a contact detail is the same.
    """

    id: int
    name: str
    likeness: Likeness
    same_name: bool
    sure: bool


def find_possible_people(
    scope: Scope, details: PersonDetails, on: date, *, excluding: Collection[int] = ()
) -> list[PossiblePerson]:
    """Return the people who may be the person with these details, most likely first.

    The people are on record and have not left, and the scope's owner may read them. The statements
    are the same whether or not there are others.
    """
    (found,) = find_possible_people_for_each(scope, [details], on)
    return [each for each in found if each.id not in excluding]


def find_possible_people_for_each(
    scope: Scope, details: Sequence[PersonDetails], on: date
) -> list[list[PossiblePerson]]:
    """Return what `find_possible_people` finds for each of these, with the same few statements."""
    if not details:
        return []
    folded = folding.fold_names(each.name for each in details)
    rows = queries.possible_matches(
        scope,
        on,
        list(dict.fromkeys(folded[each.name] for each in details)),
        contacts={contact for each in details for contact in _contacts(each)},
        postcodes={postcode for each in details for postcode in each.postcodes},
    )
    return [_choose(folded[each.name], each, rows) for each in details]


def _choose(
    folded: str, details: PersonDetails, rows: Sequence[queries.Candidate]
) -> list[PossiblePerson]:
    contacts, postcodes = set(_contacts(details)), set(details.postcodes)
    found = []
    for row in rows:
        same_contact = not contacts.isdisjoint(row.contacts)
        alike = folding.are_similar_names(folded, row.folded_name)
        if same_contact:
            likeness = Likeness.CONTACT
        elif not postcodes.isdisjoint(row.postcodes) and (
            alike or folding.share_similar_word(folded, row.folded_name)
        ):
            likeness = Likeness.POSTCODE
        elif alike:
            likeness = Likeness.NAME
        else:
            continue
        sure = same_contact and row.folded_name == folded
        found.append(PossiblePerson(row.id, row.full_name, likeness, same_name=alike, sure=sure))
    order = list(Likeness)
    found.sort(key=lambda each: (not each.sure, order.index(each.likeness), not each.same_name))
    return found


def _contacts(details: PersonDetails) -> list[str]:
    return [each.lower() for each in (*details.emails, *details.phones)]


def choose_by_name(folded: str, known: Collection[tuple[str, Found]]) -> Found | None:
    """Return the one of these people who have the same contact detail that has this name.

    ``known`` holds each one's folded name. The same name comes before a misspelt one.
    """
    same = [each for name, each in known if name == folded]
    alike = [each for name, each in known if folding.are_similar_names(name, folded)]
    return next(iter([*same, *alike]), None)


def find_certain_match(scope: Scope, details: PersonDetails, on: date) -> int | None:
    """Return the id of the one person who is surely the person with these details, or None.

    None is returned as well if several people are.
    """
    sure = [each.id for each in find_possible_people(scope, details, on) if each.sure]
    return sure[0] if len(sure) == 1 else None
