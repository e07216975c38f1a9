"""Public identifiers are unique to a row, cannot be guessed, and are valid for one table only."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import app.wiring  # noqa: F401  # loads every room's tables
from app.core.public_ids import LENGTH, PATTERN, Permutation

PEOPLE, NEEDS = "people", "needs"
ROWS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
KEYS = st.binary(min_size=16, max_size=16)
ONE = Permutation(bytes(range(16)))


@given(KEYS, ROWS)
def test_an_identifier_decodes_to_its_row_number(key: bytes, number: int) -> None:
    permutation = Permutation(key)
    identifier = permutation.encode(PEOPLE, number)
    assert re.fullmatch(PATTERN, identifier)
    assert permutation.decode(PEOPLE, identifier) == number


@given(ROWS, ROWS)
def test_two_rows_have_different_identifiers(one: int, other: int) -> None:
    assert (ONE.encode(PEOPLE, one) == ONE.encode(PEOPLE, other)) == (one == other)


@given(KEYS, ROWS)
def test_an_identifier_is_valid_for_one_table_and_one_key(key: bytes, number: int) -> None:
    permutation = Permutation(key)
    identifier = permutation.encode(PEOPLE, number)
    assert permutation.decode(NEEDS, identifier) is None
    assert Permutation(bytes(each ^ 1 for each in key)).decode(PEOPLE, identifier) is None


@given(st.text(max_size=40) | st.from_regex(PATTERN, fullmatch=True))
@example("")
@example("12")
@example("0" * LENGTH)
@example("ß" * LENGTH)
@example("a" * (LENGTH - 1) + "\n")
def test_other_text_decodes_to_nothing(text: str) -> None:
    assert ONE.decode(PEOPLE, text) is None


@given(ROWS, st.data())
def test_an_identifier_with_one_letter_changed_decodes_to_nothing(
    number: int, data: st.DataObject
) -> None:
    identifier = ONE.encode(PEOPLE, number)
    place = data.draw(st.integers(0, LENGTH - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567ABCDE01 "))
    changed = identifier[:place] + letter + identifier[place + 1 :]
    assert ONE.decode(PEOPLE, changed) == (number if changed == identifier else None)


def test_an_identifier_in_capitals_decodes_to_nothing() -> None:
    assert ONE.decode(PEOPLE, ONE.encode(PEOPLE, 7).upper()) is None


def test_identifiers_do_not_reveal_the_order_of_rows() -> None:
    given_out = [ONE.encode(PEOPLE, number) for number in range(1, 1001)]
    rising = sum(one < other for one, other in zip(given_out, given_out[1:], strict=False))
    assert 430 < rising < 570
    assert len({each[:4] for each in given_out}) > 950  # nothing in common, from the front
    assert len({each[-4:] for each in given_out}) > 900  # nor from the end


def test_a_table_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(LookupError):
        ONE.encode("persons", 1)
    with pytest.raises(LookupError):
        ONE.decode("persons", "a" * LENGTH)
