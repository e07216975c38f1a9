"""Check codes and initials."""

from __future__ import annotations

import pytest

from app.certificates.codes import ALPHABET, CODE_LENGTH, format_code, initials, normalise_code
from app.certificates.service import new_code


def test_a_code_holds_at_least_128_random_bits() -> None:
    assert len(ALPHABET) == 32
    assert CODE_LENGTH * 5 >= 128
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) for code in codes)


def test_a_typed_code_is_normalised() -> None:
    code = new_code()
    assert normalise_code(format_code(code)) == code
    assert normalise_code(f" {code.lower()} ") == code
    assert normalise_code("o1l i") == "0111"
    assert normalise_code("') OR 1=1 --") == "0R11"
    assert len(normalise_code("A" * 500)) == 32


def test_a_code_is_formatted_in_groups() -> None:
    assert format_code("7K2M9A0C") == "7K2M-9A0C"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ann Mary O'Neill-Smith", "A. M. O."),
        ("Zoë", "Z."),
        ("ann smith", "A. S."),
        ("Élise d’Arcy", "É. D."),
        ("", ""),
    ],
)
def test_initials_have_one_letter_for_each_name(name: str, expected: str) -> None:
    assert initials(name) == expected
