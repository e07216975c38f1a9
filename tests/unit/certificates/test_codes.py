"""Check codes and initials."""

from __future__ import annotations

import pytest

from app.certificates.codes import ALPHABET, CODE_LENGTH, initials, read_code, shown_code
from app.certificates.service import new_code


def test_a_code_holds_at_least_128_random_bits() -> None:
    assert len(ALPHABET) == 32
    assert CODE_LENGTH * 5 >= 128
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) for code in codes)


def test_however_it_is_typed_it_is_the_same_code() -> None:
    code = new_code()
    assert read_code(shown_code(code)) == code
    assert read_code(f" {code.lower()} ") == code
    assert read_code("o1l i") == "0111"
    assert read_code("') OR 1=1 --") == "0R11"
    assert len(read_code("A" * 500)) == 32


def test_it_is_shown_in_groups() -> None:
    assert shown_code("7K2M9A0C") == "7K2M-9A0C"


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
def test_initials(name: str, expected: str) -> None:
    assert initials(name) == expected
