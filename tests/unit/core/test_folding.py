"""Two words count as the same if they differ by at most one typing mistake."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import folding

WORDS = st.text("abc", min_size=1, max_size=6)


def damerau_levenshtein(one: str, other: str) -> int:
    """Return the distance in wrong, missing, added and swapped letters, the textbook way."""
    rows = [[max(i, j) for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i, left in enumerate(one, 1):
        for j, right in enumerate(other, 1):
            rows[i][j] = min(
                rows[i - 1][j] + 1,
                rows[i][j - 1] + 1,
                rows[i - 1][j - 1] + (left != right),
            )
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@given(WORDS, WORDS)
def test_one_mistake_is_a_damerau_levenshtein_distance_of_one(one: str, other: str) -> None:
    allowed = 1 if len(one) >= folding.MIN_LETTERS else 0
    assert folding.is_similar_word(one, other) == (damerau_levenshtein(one, other) <= allowed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("john smith", "jhon smith"),
        ("john smith", "smith john"),
        ("john smith", "john william smith"),
        ("annemarie obrien", "anne marie obrien"),
        ("lukasz zolc", "lukas zolc"),
        ("madonna", "madona"),
    ],
)
def test_alike_names(one: str, other: str) -> None:
    assert folding.are_similar_names(one, other) and folding.are_similar_names(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("john smith", "jhon smiht"),
        ("john", "john smith"),
        ("john smith", "jane smith"),
        ("al wu", "ed wu"),
        ("", "john"),
        ("", ""),
    ],
)
def test_names_that_are_not_alike(one: str, other: str) -> None:
    assert not folding.are_similar_names(one, other) and not folding.are_similar_names(other, one)


@pytest.mark.parametrize("word", ["a.c+", "\\", "(((((", "[abc", "x{9}y"])
def test_special_characters_in_a_word_match_only_themselves(word: str) -> None:
    pattern = re.compile(folding.misspelling_pattern(word))
    assert pattern.fullmatch(word)
    assert not pattern.fullmatch("abcdefgh")
