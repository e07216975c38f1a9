"""Compare names as people type them: without accents, case and punctuation, and with one mistake.

The database folds names (`fold_name` in migration 0035) and stores the result, so a name is
compared, found and sorted by the same text everywhere. A typing mistake is a letter that is wrong,
missing or added, or two neighbouring letters that are swapped: a Damerau–Levenshtein distance of 1.
A missing space or one too many is not counted as a mistake.

To find names in a table:
1. The database looks up rows whose folded name contains a word, or that have a key of the word
   (`name_keys`). The keys are the word itself and the word without one of its letters, so words
   that differ by one mistake always share a key. Trigrams would miss swapped letters:
   similarity('john', 'jhon') is 0.11.
2. The pattern of `one_mistake` decides. Python and PostgreSQL read it alike.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Computed,
    Index,
    Text,
    and_,
    cast,
    collate,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import MappedColumn, mapped_column

from app.core.db import db

Row = TypeVar("Row")
MIN_LETTERS = 3  # a shorter word must be typed without a mistake
MIN_SEARCHED_LETTERS = 4  # in all words of a search; a shorter search finds no misspelt names
MAX_WORDS = 6  # of a typed name or search; further words are ignored
MAX_COMPARED = 4  # words of a name that are looked up to find similar names


def folded_name(source: str, info: dict[str, Any]) -> MappedColumn[str]:
    """Return the generated column that holds the folded name of the column `source`.

    It sorts by code point, so Åsa is under A on every server.
    """
    return mapped_column(
        Text(collation="C"),
        Computed(f"public.fold_name({source}::text)", persisted=True),
        nullable=False,
        info=info,
    )


def name_keys(source: str, info: dict[str, Any]) -> MappedColumn[list[str]]:
    """Return the generated column that holds the keys of the name in the column `source`.

    It is only read in conditions, so it is not loaded with the row.
    """
    return mapped_column(
        ARRAY(Text),
        Computed(f"public.name_keys(public.fold_name({source}::text))", persisted=True),
        nullable=False,
        deferred=True,
        info=info,
    )


def folded_name_indexes(table: str) -> tuple[Index, Index, Index]:
    """Return the indexes by which names are sorted, searched for a part and for a mistake."""
    return (
        Index(f"ix_{table}_folded_name", "folded_name", "id"),
        Index(
            f"ix_{table}_folded_name_trigram",
            "folded_name",
            postgresql_using="gin",
            postgresql_ops={"folded_name": "gin_trgm_ops"},
        ),
        Index(f"ix_{table}_name_keys", "name_keys", postgresql_using="gin"),
    )


def name_order(name: Any) -> ColumnElement[str]:
    """Return the SQL expression by which a list is sorted by a name without a folded column.

    It sorts by code point, as `folded_name` does.
    """
    return collate(func.public.fold_name(cast(name, Text)), "C")


def sort_by_name(rows: Iterable[Row], key: Callable[[Row], tuple[str, int]]) -> list[Row]:
    """Return rows sorted by name as `name_order` sorts them.

    ``key`` returns the name and the ID of a row.
    """
    every = list(rows)
    folded = fold_names(key(row)[0] for row in every) if every else {}
    return sorted(every, key=lambda row: (folded[key(row)[0]], key(row)[1]))


def fold_names(names: Iterable[str]) -> dict[str, str]:
    """Return each name's folded text, in one statement."""
    typed = func.unnest(cast(sorted(set(names)), ARRAY(Text))).column_valued("typed")
    rows = db.session.execute(select(typed, func.public.fold_name(typed)))
    return {name: folded for name, folded in rows}


def fold_name(name: str) -> str:
    """Return the folded text of one name."""
    return fold_names([name])[name]


def one_mistake(word: str) -> str:
    """Return a regular expression for the folded spellings of a word with at most one mistake.

    It also matches the word with spaces in it. A word of fewer than MIN_LETTERS letters matches
    only itself.
    """
    letters = [re.escape(letter) for letter in word]
    spellings = {" ?".join(letters)}
    if len(word) >= MIN_LETTERS:
        spellings.add("".join(letters) + "[^ ]")
        for at, letter in enumerate(letters):
            before, after = "".join(letters[:at]), letters[at + 1 :]
            rest = "".join(after)
            spellings |= {
                before + rest,
                before + "[^ ]" + rest,
                before + "[^ ]" + letter + rest,
                before + "".join(after[:1]) + letter + "".join(after[1:]),
            }
    return "|".join(sorted(spellings))


def matches_name(table: Any, folded: str) -> ColumnElement[bool]:
    """Return the SQL condition for rows whose name contains each word of a folded search.

    ``table`` has the columns of `folded_name` and `name_keys`. One typing mistake is forgiven in
    the whole search, in a word of the name.
    """
    words = folded.split()[:MAX_WORDS]
    if not words:
        return false()  # only punctuation was typed
    contained = [table.folded_name.contains(word, autoescape=True) for word in words]
    found = [and_(*contained)]
    if sum(map(len, words)) >= MIN_SEARCHED_LETTERS:
        found += [
            and_(_misspelt(table, word), *contained[:at], *contained[at + 1 :])
            for at, word in enumerate(words)
            if len(word) >= MIN_LETTERS
        ]
    return or_(*found)


def _misspelt(table: Any, word: str) -> ColumnElement[bool]:
    pattern = f"(^| )({one_mistake(word)})( |$)"
    return and_(_shares_key(table, word), table.folded_name.op("~")(pattern))


def _keys(word: str) -> list[str]:
    """Return the keys of one word, as the function `name_keys` of the database does."""
    shorter = [word[:at] + word[at + 1 :] for at in range(len(word))]
    return [word, *shorter] if len(word) >= MIN_LETTERS else [word]


def shares_a_word(table: Any, words: Iterable[str]) -> ColumnElement[bool]:
    """Return the SQL condition for rows whose name has one of these folded words.

    Some further rows meet it as well, and all rows whose word has one typing mistake. ``table`` has
    the columns of `folded_name` and `name_keys`.
    """
    keys = {key for word in words for key in _keys(word)}
    shares: ColumnElement[bool] = table.name_keys.overlap(sorted(keys))
    return shares


def _shares_key(table: Any, word: str) -> ColumnElement[bool]:
    shares: ColumnElement[bool] = table.name_keys.overlap(_keys(word))
    return shares


def may_be_alike(table: Any, folded: str) -> ColumnElement[bool]:
    """Return the SQL condition for rows whose name `are_alike` may accept, found by the index.

    They share two words, or words that differ by one mistake, or are the same but for spaces, or
    are a single such word. ``table`` has the columns of `folded_name` and `name_keys`.
    """
    words = folded.split()
    words = [*words[: MAX_COMPARED - 1], *words[MAX_COMPARED - 1 :][-1:]]
    joined = ["".join(pair) for pair in zip(words, words[1:], strict=False)]
    shared = [_shares_key(table, word) for word in dict.fromkeys([*words, *joined])]
    whole = folded.replace(" ", "")
    wholes = _keys(whole) if len(words) == 1 else [whole]
    return or_(
        *(and_(*pair) for pair in combinations(shared, 2)),
        table.name_keys.overlap([f"={key}" for key in wholes]),
    )


def are_alike(one: str, other: str) -> bool:
    """Return whether two folded names may be those of one person, with at most one typing mistake.

    The words may be in any order. One of the names may have further words, such as a middle name,
    if the other has at least two.
    """
    if one.replace(" ", "") == other.replace(" ", ""):
        return bool(one)
    fewer, more = sorted((Counter(one.split()), Counter(other.split())), key=Counter.total)
    if fewer.total() < min(2, more.total()):
        return False
    missing, spare = [*(fewer - more).elements()], more - fewer
    if len(missing) > 1:
        return False
    return not missing or any(is_spelling(missing[0], word) for word in spare)


def share_similar_word(one: str, other: str) -> bool:
    """Return whether two folded names begin with one letter and share the first or last word.

    One typing mistake is forgiven in that word.
    """
    ours, theirs = one.split(), other.split()
    if one[:1] != other[:1] or not ours:
        return False
    return is_spelling(ours[0], theirs[0]) or is_spelling(ours[-1], theirs[-1])


def is_spelling(word: str, other: str) -> bool:
    """Return whether two folded words are the same with at most one typing mistake."""
    return re.fullmatch(one_mistake(word), other) is not None
