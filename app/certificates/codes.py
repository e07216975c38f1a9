"""Check codes: what is printed under the QR code of a paper, and what is typed from it. Pure."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
CODE_LENGTH = 28  # 5 bits each: 140 random bits can't be guessed
GROUP = 4
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


def read_code(typed: str) -> str:
    """A code as it is kept, from however it was typed: spaces, dashes, o for 0."""
    return "".join(letter for letter in typed.upper().translate(_ALIKE) if letter in ALPHABET)[:32]


def shown_code(code: str) -> str:
    """In groups, for reading aloud and typing: 7K2M-9A0C-…"""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def initials(name: str) -> str:
    """Ann Mary O'Neill-Smith → A. M. O."""
    return " ".join(f"{word[0].upper()}." for word in name.split() if word[0].isalpha())
