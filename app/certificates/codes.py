"""Pure functions for the check codes printed on documents."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32, without I, L, O and U
CODE_LENGTH = 28  # of 5 bits each, 140 random bits in total
GROUP_SIZE = 4
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


def normalise_code(text: str) -> str:
    """Return a check code without spaces and dashes, and with lookalike letters replaced."""
    return "".join(letter for letter in text.upper().translate(_LOOKALIKES) if letter in ALPHABET)[
        :32
    ]


def format_code(code: str) -> str:
    """Return the code in groups of four characters, such as 7K2M-9A0C-…"""
    return "-".join(code[start : start + GROUP_SIZE] for start in range(0, len(code), GROUP_SIZE))


def initials(name: str) -> str:
    """Return the initials of a name, such as “A. M. O.” for Ann Mary O'Neill-Smith."""
    return " ".join(f"{word[0].upper()}." for word in name.split() if word[0].isalpha())
