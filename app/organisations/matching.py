"""Find the registered organisation that a name entered by a user refers to.

Two names match if they are the same without accents, case, punctuation, "The" and the legal form,
such as "Ltd". Names with one typing mistake are only suggested. Names without a match are added to
a coordinator's list (app.records.named_organisations).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from app.core import folding
from app.core.actor import Scope
from app.organisations.queries import register
from app.organisations.types import OrganisationChoice

LEGAL_FORMS = frozenset(
    ["and", "cic", "cio", "co", "company", "limited", "llp", "ltd", "plc", "the", "uk"]
)
MAX_SUGGESTED = 5
MAX_LISTED = 200  # names that a page lists for the browser to complete


def simplify_name(folded: str) -> str:
    """Return a folded name without "the" and the legal form, unless nothing would be left."""
    words = [word for word in folded.split() if word not in LEGAL_FORMS]
    return " ".join(words) or folded


def match_organisations(names: Iterable[str], on: date) -> dict[str, int | None]:
    """Return the ID of the organisation that matches each name on the day `on`, or None.

    If several organisations match, the ID is None. Hidden organisations are included, so the result
    must not be shown to the person who entered the name.
    """
    folded = folding.fold_names(names)
    simple_names = {simplify_name(each) for each in folded.values()}
    found: dict[str, set[int]] = {}
    for row in register.organisations_with_words(simple_names, on):
        found.setdefault(simplify_name(row.folded_name), set()).add(row.id)
    ids = {name: found.get(simplify_name(each), set()) for name, each in folded.items()}
    return {name: next(iter(each)) if len(each) == 1 else None for name, each in ids.items()}


def suggestions(scope: Scope, name: str, on: date) -> list[OrganisationChoice]:
    """Return the organisations with the same or a similar name, exact matches first.

    Hidden organisations are left out, and do not affect the time that the queries take.
    """
    typed = simplify_name(folding.fold_name(name))
    similar = [
        (simplify_name(row.folded_name) != typed, row.folded_name, row)
        for row in register.visible_organisations_with_words(scope, [typed], on)
        if are_similar_names(typed, simplify_name(row.folded_name))
    ]
    rows = [row for _exact, _name, row in sorted(similar, key=lambda each: each[:2])]
    return [OrganisationChoice(row.id, row.name, row.kind) for row in rows[:MAX_SUGGESTED]]


def suggested_names(on: date) -> Sequence[str]:
    """Return the names of organisations that browsers suggest while a user types.

    The names are the same for everybody, without hidden organisations. If there are too many names
    for a page, the result is empty.
    """
    found = register.public_names(on, MAX_LISTED + 1)
    return found if len(found) <= MAX_LISTED else []


def did_you_mean(scope: Scope, name: str, on: date) -> list[OrganisationChoice]:
    """Return the organisations to suggest to a person who entered a name.

    There are none if the name matches an organisation exactly.
    """
    found = suggestions(scope, name, on)
    typed = simplify_name(folding.fold_name(name))
    names = folding.fold_names([each.name for each in found])
    return [] if any(simplify_name(each) == typed for each in names.values()) else found


def are_similar_names(first: str, second: str) -> bool:
    """Return whether two names could refer to the same organisation.

    Allows for one typing mistake or for further words.
    """
    if folding.are_similar_names(first, second):
        return True
    fewer, more = sorted((first.split(), second.split()), key=len)
    return (
        len(fewer) == 1
        and len(fewer[0]) >= folding.MIN_SEARCHED_LETTERS
        and _contains_similar_word(fewer[0], more)
    )


def _contains_similar_word(word: str, words: Collection[str]) -> bool:
    return any(folding.is_similar_word(word, each) for each in words)
