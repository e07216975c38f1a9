"""Compare names without accents, case or punctuation, and allow for one typing mistake.

The database folds names (`fold_name` in migration 0035) and stores the folded text, which is used
to compare, find and sort names. A typing mistake is a letter that is wrong, missing or added, or
two neighbouring letters that are swapped (a Damerau–Levenshtein distance of 1). A missing or extra
space is not counted as a mistake.

Names in a table are found in two steps:

1. The database finds rows whose folded name contains a word, or that share a key with the word
   (`name_keys`). The keys of a word are the word itself and the word without one of its letters.
   Two words that differ by one mistake always share a key. Trigrams would not find swapped
   letters: similarity('john', 'jhon') is 0.11.
2. The regular expression from `misspelling_pattern` then selects the matches. It gives the same
   result in Python and in PostgreSQL.
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
MAX_COMPARED_WORDS = 4  # words of a name that are looked up to find similar names


def folded_name(source: str, info: dict[str, Any]) -> MappedColumn[str]:
    """Return a generated column that holds the folded name from the column `source`.

    The column sorts by code point, so Åsa is listed under A on every server.
    """
    return mapped_column(
        Text(collation="C"),
        Computed(f"public.fold_name({source}::text)", persisted=True),
        nullable=False,
        info=info,
    )


def name_keys(source: str, info: dict[str, Any]) -> MappedColumn[list[str]]:
    """Return a generated column that holds the keys of the name in the column `source`.

    The column is only used in conditions, so it is not loaded with the row.
    """
    return mapped_column(
        ARRAY(Text),
        Computed(f"public.name_keys(public.fold_name({source}::text))", persisted=True),
        nullable=False,
        deferred=True,
        info=info,
    )


def folded_name_indexes(table: str) -> tuple[Index, Index, Index]:
    """Return the indexes to sort by name, search part of a name and find misspelt names."""
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
    """Return the SQL expression to sort by a name that has no folded column.

    It sorts by code point, as `folded_name` does.
    """
    return collate(func.public.fold_name(cast(name, Text)), "C")


def sort_by_name(rows: Iterable[Row], key: Callable[[Row], tuple[str, int]]) -> list[Row]:
    """Return rows sorted by name, in the same order as `name_order`.

    ``key`` takes a row and returns its name and ID.
    """
    all_rows = list(rows)
    folded = fold_names(key(row)[0] for row in all_rows) if all_rows else {}
    return sorted(all_rows, key=lambda row: (folded[key(row)[0]], key(row)[1]))


def fold_names(names: Iterable[str]) -> dict[str, str]:
    """Return a dictionary of names and their folded text. Runs one statement."""
    typed = func.unnest(cast(sorted(set(names)), ARRAY(Text))).column_valued("typed")
    rows = db.session.execute(select(typed, func.public.fold_name(typed)))
    return {name: folded for name, folded in rows}


def fold_name(name: str) -> str:
    """Return the folded text of one name."""
    return fold_names([name])[name]


def misspelling_pattern(word: str) -> str:
    """Return a regular expression that matches a folded word with at most one mistake.

    It also matches the word with spaces in it. For a word of fewer than MIN_LETTERS letters, it
    does not allow for a mistake.
    """
    letters = [re.escape(letter) for letter in word]
    spellings = {" ?".join(letters)}
    if len(word) >= MIN_LETTERS:
        spellings.add("".join(letters) + "[^ ]")
        for index, letter in enumerate(letters):
            before, after = "".join(letters[:index]), letters[index + 1 :]
            rest = "".join(after)
            spellings |= {
                before + rest,
                before + "[^ ]" + rest,
                before + "[^ ]" + letter + rest,
                before + "".join(after[:1]) + letter + "".join(after[1:]),
            }
    return "|".join(sorted(spellings))


def matches_name(table: Any, folded: str) -> ColumnElement[bool]:
    """Return the SQL condition for rows whose name contains every word of a folded search.

    One typing mistake is allowed in the whole search. ``table`` has the columns of `folded_name`
    and `name_keys`.
    """
    words = folded.split()[:MAX_WORDS]
    if not words:
        return false()  # only punctuation was typed
    contained = [table.folded_name.contains(word, autoescape=True) for word in words]
    found = [and_(*contained)]
    if sum(map(len, words)) >= MIN_SEARCHED_LETTERS:
        found += [
            and_(_has_misspelt_word(table, word), *contained[:index], *contained[index + 1 :])
            for index, word in enumerate(words)
            if len(word) >= MIN_LETTERS
        ]
    return or_(*found)


def _has_misspelt_word(table: Any, word: str) -> ColumnElement[bool]:
    pattern = f"(^| )({misspelling_pattern(word)})( |$)"
    return and_(_shares_key(table, word), table.folded_name.op("~")(pattern))


def _word_keys(word: str) -> list[str]:
    """Return the same keys as the database function `name_keys` for one word."""
    shorter = [word[:index] + word[index + 1 :] for index in range(len(word))]
    return [word, *shorter] if len(word) >= MIN_LETTERS else [word]


def shares_word(table: Any, words: Iterable[str]) -> ColumnElement[bool]:
    """Return the SQL condition for rows whose name contains one of these folded words.

    It includes every row with a word that differs by one typing mistake, and some other rows.
    ``table`` has the columns of `folded_name` and `name_keys`.
    """
    keys = {key for word in words for key in _word_keys(word)}
    shares: ColumnElement[bool] = table.name_keys.overlap(sorted(keys))
    return shares


def _shares_key(table: Any, word: str) -> ColumnElement[bool]:
    shares: ColumnElement[bool] = table.name_keys.overlap(_word_keys(word))
    return shares


def has_similar_name(table: Any, folded: str) -> ColumnElement[bool]:
    """Return the SQL condition for rows that need to be compared with `are_similar_names`.

    It uses the index. It selects names that share two words, that differ only by spaces, or that
    consist of one shared word. Each word may have one mistake. ``table`` has the columns of
    `folded_name` and `name_keys`.
    """
    words = folded.split()
    words = [*words[: MAX_COMPARED_WORDS - 1], *words[MAX_COMPARED_WORDS - 1 :][-1:]]
    joined = ["".join(pair) for pair in zip(words, words[1:], strict=False)]
    shared = [_shares_key(table, word) for word in dict.fromkeys([*words, *joined])]
    whole = folded.replace(" ", "")
    whole_keys = _word_keys(whole) if len(words) == 1 else [whole]
    return or_(
        *(and_(*pair) for pair in combinations(shared, 2)),
        table.name_keys.overlap([f"={key}" for key in whole_keys]),
    )


def are_similar_names(first: str, second: str) -> bool:
    """Return whether two folded names could belong to the same person.

    One typing mistake is allowed, and the words may be in any order. One of the names may have
    additional words, such as a middle name, if the other has at least two.
    """
    if first.replace(" ", "") == second.replace(" ", ""):
        return bool(first)
    fewer, more = sorted((Counter(first.split()), Counter(second.split())), key=Counter.total)
    if fewer.total() < min(2, more.total()):
        return False
    missing, spare = [*(fewer - more).elements()], more - fewer
    if len(missing) > 1:
        return False
    return not missing or any(is_similar_word(missing[0], word) for word in spare)


def share_similar_word(first: str, second: str) -> bool:
    """Return whether two folded names start with the same letter and share a first or last word.

    The shared word may have one typing mistake.
    """
    first_words, second_words = first.split(), second.split()
    if first[:1] != second[:1] or not first_words:
        return False
    return is_similar_word(first_words[0], second_words[0]) or is_similar_word(
        first_words[-1], second_words[-1]
    )


def is_similar_word(word: str, other: str) -> bool:
    """Return whether two folded words differ by at most one typing mistake."""
    return re.fullmatch(misspelling_pattern(word), other) is not None
